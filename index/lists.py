"""Rows in lists of like ones, two dimensions in four bits: where approximate search looks.

An inverted file with product quantization of what a row differs from its list's centre, scanned
with the registers of the processor (André et al. 2017, "Accelerated Nearest Neighbor Search with
Quick ADC"), as FAISS does it. Candidates come in the order of their estimated products.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np

from index.store import Ids, Vectors

FEWEST = 1_000
"""Rows below which there is nothing to gain, and too little to learn centres from."""
_ROWS_A_CENTRE = 40
_ROUNDS = 8
"""Points that k-means sees a centre, and its rounds: more of either find no more neighbours."""


class Lists:
    """Where each slot's row lies, and its short code.

    Parameters
    ----------
    index
        FAISS's index, trained; its labels are slots.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self.count = int(index.nlist)
        self.bytes_a_row = int(index.code_size)

    @property
    def places(self) -> int:
        """Number of rows added, those that were taken away included."""
        return int(self._index.ntotal)

    @staticmethod
    def wanted(rows: int) -> int:
        """Return how many lists so many rows go into: a power of two near 3 times the root.

        A question is compared with all centres, then with the rows of some lists; so both are few.
        """
        return int(2 ** round(np.log2(max(3 * rows**0.5, 1))))

    @classmethod
    def trained(cls, sample: Vectors, rows: int) -> Self:
        """Learn centres and codes for so many rows from some of them, (n, dimension)."""
        _use_all_cores()
        dimension, count = sample.shape[1], cls.wanted(rows)
        centres = faiss.IndexFlatIP(dimension)
        clustering = faiss.Clustering(dimension, count)
        clustering.niter = _ROUNDS
        clustering.spherical = True
        clustering.min_points_per_centroid = 1
        clustering.max_points_per_centroid = _ROWS_A_CENTRE
        clustering.train(sample, centres)
        parts = dimension // 2 if dimension % 2 == 0 else dimension
        product = faiss.METRIC_INNER_PRODUCT
        index: Any = faiss.IndexIVFPQFastScan(centres, dimension, count, parts, 4, product)
        index.pq.cp.min_points_per_centroid = 1
        index.train(sample)
        return cls(index)

    @staticmethod
    def sample_size(rows: int) -> int:
        """Return how many rows :meth:`trained` makes use of."""
        return Lists.wanted(rows) * _ROWS_A_CENTRE

    def add(self, slots: Ids, rows: Vectors) -> None:
        """Add rows, (n, dimension), by their slots, (n,)."""
        _use_all_cores()
        self._index.add_with_ids(rows, slots)

    def clear(self) -> None:
        """Forget all rows; centres and codes stay."""
        self._index.reset()

    def search(self, vectors: Vectors, count: int, probes: int) -> Ids:
        """Return candidates from the nearest lists, slots, (q, count), best first, -1 for none."""
        which: Any = faiss.SearchParametersIVF()
        which.nprobe = min(probes, self.count)
        slots: Ids = self._index.search(vectors, count, params=which)[1]
        return slots

    def rename(self, names: Ids) -> None:
        """Let slot s be ``names[s]`` from now on; -1 empties its place.

        The place itself stays: FAISS takes rows out of such lists, but what it then adds in their
        place gets the bits of both.
        """
        names = np.append(names, -1)  # for what is -1 already
        for slots in self._slots():
            slots[:] = names[slots]

    def save(self, path: Path) -> None:
        """Write to one file; OSError if the system refuses."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise OSError(f"FAISS couldn't write {path.name}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote; RuntimeError if it can't be read."""
        return cls(faiss.read_index(str(path)))

    def _slots(self) -> Iterable[Ids]:
        lists = self._index.invlists
        for number in range(self.count):
            if size := lists.list_size(number):
                yield faiss.rev_swig_ptr(lists.get_ids(number), size)


def _use_all_cores() -> None:
    """Undo for this thread what a search set: see :class:`index.faiss_store.FaissStore`."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
