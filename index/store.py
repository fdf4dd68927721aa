"""Where vectors live: the contract every engine keeps, and the exact engine as its reference.

An engine sees only ids and vectors. What an id means is known to :mod:`index.build` alone.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]
Scores = NDArray[np.float32]


class Hits(NamedTuple):
    """The best rows of one question, best first; at most k, fewer where fewer exist.

    Attributes
    ----------
    ids
        int64, (n,), n <= k.
    scores
        float32, (n,), inner products of unit rows, -1 to 1, higher is better; equal scores stand
        in the order of their ids.
    """

    ids: Ids
    scores: Scores


class VectorStore(Protocol):
    """Vectors by id, searched by inner product.

    All vectors are float32 rows of unit length and of one dimension; ids are non-negative int64
    and unique. Every engine returns the ids and scores that :class:`ExactStore` returns (an
    approximate engine: those it finds, with exact scores).
    """

    dimension: int

    def __len__(self) -> int:
        """Return the number of vectors held."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows, (n,) and (n, dimension).

        Raises
        ------
        ValueError
            A dimension, shape or length of row is off, or an id is held already.
        """
        ...

    def remove(self, ids: Ids) -> None:
        """Forget these ids; KeyError if one isn't held."""
        ...

    def search(self, vectors: Vectors, k: int) -> list[Hits]:
        """Return the k best rows for each question vector, (q, dimension), q long."""
        ...

    def vectors(self, ids: Ids) -> Vectors:
        """Return the rows of these ids, (n, dimension), in their order; KeyError if one isn't held."""
        ...
