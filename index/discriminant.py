"""What tells one passage from all others of its corpus: directions that few texts share count most.

In a corpus about one subject all vectors lie close together ("I want to …", "Alfa Romeo …"), and
what they have in common says nothing about which passage is meant. Ridge regression on one
indicator a passage (Hastie, Buja and Tibshirani 1995, "Penalized discriminant analysis") finds what
does; it needs nothing but the corpus's own texts, and of them only their scatter.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.store import Ids, Vectors

RIDGE = 0.1
"""Penalty of the squared weights, where rows have length 1; it binds less, the more rows there are.

From 0.03 to 0.3 it ranks alike on public sets and on pages and bots of our own.
"""
SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Scores of passages from the vectors of their views.

    Attributes
    ----------
    mean
        float32, (dimension,): mean of the corpus's rows.
    metric
        float32, (dimension, dimension): inverse of the rows' scatter about it plus the ridge.
    """

    mean: NDArray[np.float32]
    metric: NDArray[np.float32]

    @classmethod
    def of(cls, rows: Vectors) -> Self:
        """Fit to the rows of a corpus, (n_views, dimension); of many, to a sample."""
        dimension = rows.shape[1]
        sample = rows[:: max(1, len(rows) // SAMPLE)].astype(np.float64)
        mean = sample.mean(axis=0) if len(sample) else np.zeros(dimension)
        off = sample - mean
        scatter = off.T @ off * (len(rows) / max(len(sample), 1))
        metric = np.linalg.inv(scatter + RIDGE * np.eye(dimension))
        return cls(mean.astype(np.float32), metric.astype(np.float32))

    def scores(self, questions: Vectors, rows: Vectors, counts: Ids) -> NDArray[np.float32]:
        """Return how much speaks for each passage, (n_questions, n_passages), mostly 0 to 1.

        It is the regression's prediction for the passage, by the square root of its views: their
        sum speaks for long passages, their mean for short ones.

        Parameters
        ----------
        questions
            float32, (n_questions, dimension).
        rows
            The views of all these passages, passage after passage.
        counts
            How many views each of them has, (n_passages,), at least 1.
        """
        images = (questions - self.mean) @ self.metric
        inner = images @ rows.T - (images @ self.mean)[:, None]
        sums = np.add.reduceat(inner, np.cumsum(counts) - counts, axis=1)
        scores: NDArray[np.float32] = (sums / np.sqrt(counts)).astype(np.float32)
        return scores

    def save(self, path: Path) -> None:
        """Write both to one file."""
        with path.open("wb") as file:
            np.savez(file, mean=self.mean, metric=self.metric)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as saved:
            return cls(saved["mean"], saved["metric"])
