"""A metric of the corpus's own: what all its texts have in common counts for less.

In a corpus about one subject all vectors lie close together, and the directions in which they
vary most say least about which text is meant. Whitening evens those directions out; shrinkage
keeps it mild, and sound where there are fewer texts than dimensions. After Huang et al. 2021,
"WhiteningBERT", with the shrinkage of Ledoit and Wolf 2004 at a fixed strength.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.store import Vectors

SHRINKAGE = 10.0
"""Weight of the identity beside a covariance whose mean eigenvalue is 1."""
CENTRING = 0.5
"""Share of the mean that is taken off: all of it hurts where a corpus has few texts."""
SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class Whitening:
    """Cosines after whitening, from raw vectors.

    Attributes
    ----------
    mean
        float32, (dimension,): what is taken off every vector.
    metric
        float32, (dimension, dimension): inverse of the shrunken covariance.
    lengths
        float32, (n_views,): length of each view's vector under the metric.
    """

    mean: NDArray[np.float32]
    metric: NDArray[np.float32]
    lengths: NDArray[np.float32]

    @classmethod
    def of(cls, rows: Vectors) -> Self:
        """Fit to the rows of a corpus, (n_views, dimension)."""
        if not len(rows):
            nothing = np.zeros(rows.shape[1], dtype=np.float32)
            return cls(nothing, np.eye(rows.shape[1], dtype=np.float32), np.zeros(0, np.float32))
        sample = rows[:: max(1, len(rows) // SAMPLE)].astype(np.float64)
        mean = sample.mean(axis=0)
        off = sample - mean
        dimension = rows.shape[1]
        covariance = off.T @ off / len(off)
        trace = float(np.trace(covariance))
        scaled = covariance * (dimension / trace) if trace > 0 else covariance
        metric = np.linalg.inv(scaled + SHRINKAGE * np.eye(dimension)).astype(np.float32)
        share = (CENTRING * mean).astype(np.float32)
        return cls(share, metric, _lengths(rows - share, metric))

    def cosines(
        self, questions: Vectors, rows: Vectors, views: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the cosine of each question with each row, (n_questions, n_rows), -1 to 1.

        ``views`` are the rows' view numbers, (n_rows,).
        """
        off = questions - self.mean
        images = off @ self.metric
        inner = images @ rows.T - (images @ self.mean)[:, None]
        scale = _lengths(off, self.metric)[:, None] * self.lengths[views][None, :]
        cosines: NDArray[np.float32] = inner / np.maximum(scale, np.float32(1e-12))
        return cosines

    def save(self, path: Path) -> None:
        """Write all of it to one file."""
        with path.open("wb") as file:
            np.savez(file, mean=self.mean, metric=self.metric, lengths=self.lengths)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as saved:
            return cls(saved["mean"], saved["metric"], saved["lengths"])


def _lengths(off: Vectors, metric: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.sqrt(np.einsum("nd,nd->n", off @ metric, off))
    return lengths
