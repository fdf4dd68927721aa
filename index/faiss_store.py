"""The default engine: FAISS, exact inner products over one flat array."""

from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np

from index.store import (
    SCORE_SLACK,
    Held,
    Hits,
    Ids,
    Vectors,
    best_hits,
    checked_count,
    checked_new_ids,
    checked_rows,
)

_SPARE = 16
"""Rows fetched beyond k: most often enough to see that no further one ties with the k-th."""


class FaissStore:
    """Vectors in a FAISS index that is loaded wholly into memory.

    FAISS finds the candidates; their order and scores come from the same sums as in
    :class:`index.store.ExactStore`, so that both engines give the same hits.

    Parameters
    ----------
    dimension
        Length of a row.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index: Any = faiss.IndexIDMap(faiss.IndexFlatIP(dimension))
        self._held = Held(np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        """Return the number of vectors held."""
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; see :class:`index.store.VectorStore`."""
        vectors = checked_rows(vectors, self.dimension)
        self._index.add_with_ids(vectors, checked_new_ids(ids, len(vectors), self._held))
        self._held = self._held_now()

    def remove(self, ids: Ids) -> None:
        """Forget these ids; see :class:`index.store.VectorStore`."""
        ids = np.ascontiguousarray(ids, dtype=np.int64)
        self._held.positions(ids)
        self._index.remove_ids(ids)
        self._held = self._held_now()

    def search(self, vectors: Vectors, k: int) -> list[Hits]:
        """Return the k best rows for each question vector; see :class:`index.store.VectorStore`."""
        vectors = checked_rows(vectors, self.dimension)
        checked_count(k)
        return [self._search_one(vector, k) for vector in vectors]

    def vectors(self, ids: Ids) -> Vectors:
        """Return the rows of these ids; see :class:`index.store.VectorStore`."""
        return self._rows(ids)

    def save(self, path: Path) -> None:
        """Write the index to one file; OSError if the system refuses."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise OSError(f"FAISS couldn't write {path.name}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote, wholly into memory; RuntimeError if it can't be read."""
        index: Any = faiss.read_index(str(path))
        store = cls(index.d)
        store._index = index
        store._held = store._held_now()
        return store

    def _held_now(self) -> Held:
        return Held(np.array(faiss.vector_to_array(self._index.id_map), dtype=np.int64))

    def _rows(self, ids: Ids) -> Vectors:
        """Copy rows straight from FAISS's own array."""
        flat: Any = faiss.downcast_index(self._index.index)
        held = faiss.rev_swig_ptr(flat.get_xb(), len(self) * self.dimension)
        rows: Vectors = held.reshape(len(self), self.dimension)[self._held.positions(ids)]
        return rows

    def _search_one(self, vector: Vectors, k: int) -> Hits:
        """Fetch until nothing left out could tie with the k-th hit, then order exactly."""
        # One thread a question: several wait for each other on a busy machine, and a server has
        # several questions at a time. The setting holds for the calling thread alone.
        faiss.omp_set_num_threads(1)
        fetched = k + _SPARE
        while True:
            fetched = min(fetched, len(self))
            if fetched == 0:
                return Hits(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))
            scores, ids = self._index.search(vector[None, :], fetched)
            if fetched == len(self) or scores[0, -1] < scores[0, k - 1] - SCORE_SLACK:
                break
            fetched *= 2
        found = ids[0][ids[0] >= 0]  # -1 stands where FAISS found no more
        return best_hits(vector, found, self._rows(found), k)
