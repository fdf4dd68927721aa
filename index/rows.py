"""Rows by their slots: in a file, from which they are read as they are needed, or in memory."""

from pathlib import Path
from typing import Self

import numpy as np

from corpus.mapped import mapped
from index.store import Ids, Vectors

AT_ONCE = 16_384
"""Rows that are copied at a time where all of them are gone through."""


class Rows:
    """Rows in slots from 0 on; they stay where they are, and more may follow.

    Parameters
    ----------
    first
        (n, dimension); not copied.
    """

    def __init__(self, first: Vectors) -> None:
        self._first = first
        self._more = first[:0]

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self._first) + len(self._more)

    def append(self, rows: Vectors) -> None:
        """Put rows into the next slots."""
        if len(self._first):
            self._more = np.concatenate([self._more, rows])
        else:
            self._first = rows

    def take(self, slots: Ids) -> Vectors:
        """Return a copy of the rows in these slots, (n, dimension)."""
        late = slots >= len(self._first)
        if not late.any():
            return self._first[slots]
        rows = np.empty((len(slots), self._first.shape[1]), dtype=np.float32)
        rows[~late] = self._first[slots[~late]]
        rows[late] = self._more[slots[late] - len(self._first)]
        return rows

    def write(self, path: Path, slots: Ids) -> None:
        """Write the rows in these slots to a file for :meth:`mapped`."""
        shape = (len(slots), self._first.shape[1])
        head = {"descr": "<f4", "fortran_order": False, "shape": shape}
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, head)
            for start in range(0, len(slots), AT_ONCE):
                file.write(self.take(slots[start : start + AT_ONCE]).astype("<f4").tobytes())

    @classmethod
    def mapped(cls, path: Path) -> Self:
        """Return the rows of a file; OSError or ValueError if they can't be read."""
        return cls(mapped(path))
