"""Where vectors live: the contract every engine keeps, and the exact engine as its reference.

An engine sees only ids and vectors. What an id means is known to :mod:`index.build` alone.
"""

from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

UNIT_TOLERANCE = 1e-3
"""How far from 1 the length of a row may be: float32 rounding and no more."""

SCORE_SLACK = 1e-5
"""More than float32 sums of one product can differ between engines and shapes of matrices."""


_AT_ONCE = 16_384
"""Rows that are checked at a time: it takes a copy of them."""


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


class Held:
    """The ids of some rows, in the order of the rows, and where each of them stands.

    What finding them takes is worked out once, so that it costs a question nothing.

    Parameters
    ----------
    ids
        int64, (n,), unique.
    """

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        # Ids that count up from 0, as an index's do, are positions.
        self._count_up = len(ids) > 0 and ids[0] == 0 and bool((np.diff(ids) == 1).all())

    def positions(self, ids: Ids) -> Ids:
        """Return where each of ``ids`` stands; KeyError if one isn't held."""
        ids = np.asarray(ids, dtype=np.int64)
        found = self.contains(ids)
        if not found.all():
            raise KeyError(f"id {ids[~found][0]} isn't held")
        return ids if self._count_up else self._order[self._ranks(ids)]

    def contains(self, ids: Ids) -> NDArray[np.bool_]:
        """Return which of ``ids``, (n,), are held."""
        if self._count_up:
            return (ids >= 0) & (ids < len(self.ids))
        ranks = self._ranks(ids)
        found = ranks < len(self.ids)
        found[found] = self.ids[self._order[ranks[found]]] == ids[found]
        return found & (ids >= 0)

    def _ranks(self, ids: Ids) -> Ids:
        return np.searchsorted(self.ids, ids, sorter=self._order)

    @cached_property
    def _order(self) -> Ids:
        return np.argsort(self.ids)


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
        """Return the k best rows for each question vector, (q, dimension), q long.

        Raises
        ------
        ValueError
            A dimension, shape or length of row is off, or k is less than 1.
        """
        ...

    def vectors(self, ids: Ids) -> Vectors:
        """Return the rows of these ids, (n, dimension), in order; KeyError if one isn't held."""
        ...


class ExactStore:
    """Every vector in one array, compared one by one: the reference for all other engines.

    Parameters
    ----------
    dimension
        Length of a row.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._held = Held(np.empty(0, dtype=np.int64))
        self._rows: Vectors = np.empty((0, dimension), dtype=np.float32)

    def __len__(self) -> int:
        """Return the number of vectors held."""
        return len(self._held.ids)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; see :class:`VectorStore`."""
        vectors = checked_rows(vectors, self.dimension)
        ids = checked_new_ids(ids, len(vectors), self._held)
        self._held = Held(np.concatenate([self._held.ids, ids]))
        self._rows = np.concatenate([self._rows, vectors])

    def remove(self, ids: Ids) -> None:
        """Forget these ids; see :class:`VectorStore`."""
        kept = np.ones(len(self), dtype=bool)
        kept[self._held.positions(ids)] = False
        self._held, self._rows = Held(self._held.ids[kept]), self._rows[kept]

    def search(self, vectors: Vectors, k: int) -> list[Hits]:
        """Return the k best rows for each question vector; see :class:`VectorStore`."""
        vectors = checked_rows(vectors, self.dimension)
        checked_count(k)
        return [near_hits(vector, self._held.ids, self._rows, k) for vector in vectors]

    def vectors(self, ids: Ids) -> Vectors:
        """Return the rows of these ids; see :class:`VectorStore`."""
        return self._rows[self._held.positions(ids)]

    def save(self, path: Path) -> None:
        """Write ids and rows to one file."""
        with path.open("wb") as file:
            np.savez(file, ids=self._held.ids, rows=self._rows)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote, wholly into memory."""
        with np.load(path, allow_pickle=False) as saved:
            ids, rows = saved["ids"], saved["rows"]
        store = cls(rows.shape[1])
        store.add(ids, rows)
        return store


def near_hits(vector: Vectors, ids: Ids, rows: Vectors, k: int) -> Hits:
    """Return what :func:`best_hits` does, without exact sums for rows that can't be among them."""
    rough = rows @ vector
    if k < len(rough):
        cut = np.partition(rough, len(rough) - k)[len(rough) - k] - SCORE_SLACK
        near = np.flatnonzero(rough >= cut)
        ids, rows = ids[near], rows[near]
    return best_hits(vector, ids, rows, k)


def best_hits(vector: Vectors, ids: Ids, rows: Vectors, k: int) -> Hits:
    """Return the k best of some rows, best first, equal scores in the order of their ids.

    Sums run in float64 and are rounded once, so that a score depends on its two vectors alone:
    not on the engine, and not on the shape of the matrix it was computed in.
    """
    scores = (rows.astype(np.float64) @ vector.astype(np.float64)).astype(np.float32)
    order = np.lexsort((ids, -scores))[:k]
    return Hits(ids[order], scores[order])


def checked_rows(vectors: Vectors, dimension: int) -> Vectors:
    """Return ``vectors`` as float32, (n, dimension), rows of unit length; else ValueError."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != dimension:
        raise ValueError(f"vectors must have the shape (n, {dimension}), found {rows.shape}")
    parts = [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]
    lengths = np.concatenate(
        [np.empty(0, np.float32), *(np.linalg.norm(part, axis=1) for part in parts)]
    )
    off = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))
    if len(off):
        raise ValueError(f"row {off[0]} must have length 1, found {lengths[off[0]]}")
    return rows


def checked_new_ids(ids: Ids, count: int, held: Held) -> Ids:
    """Return ``ids`` as int64, (count,), if they are unique and none is held; else ValueError."""
    ids = np.ascontiguousarray(ids, dtype=np.int64)
    if ids.shape != (count,):
        raise ValueError(f"{count} vectors need as many ids, found the shape {ids.shape}")
    if len(ids) and ids.min() < 0:
        raise ValueError(f"ids must not be negative, found {ids.min()}")
    unique, counts = np.unique(ids, return_counts=True)
    twice = np.concatenate([unique[counts > 1], ids[held.contains(ids)]])
    if len(twice):
        raise ValueError(f"id {twice[0]} is held already")
    return ids


def checked_count(k: int) -> None:
    """Raise ValueError unless k hits can be asked for."""
    if k < 1:
        raise ValueError(f"k must be at least 1, found {k}")
