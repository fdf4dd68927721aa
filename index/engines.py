"""Which engine holds the vectors of an index: chosen by how many there are when it is built."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.store import Ids, Vectors, VectorStore

if TYPE_CHECKING:
    from index.approximate_store import ApproximateStore
    from index.faiss_store import FaissStore

EXACT_UP_TO = 30_000
"""Rows of which all are compared: up to here it takes a core some two milliseconds, and misses
nothing. It takes ten times as long with ten times the rows."""

_EXACT, _APPROXIMATE = "vectors.faiss", "vectors"


def store_for(
    rows: Vectors, before: VectorStore | None = None, places: Ids | None = None
) -> "FaissStore | ApproximateStore":
    """Return a store of rows, (n, dimension), under the ids 0 to n - 1.

    Parameters
    ----------
    before
        The store of the version before. An approximate one that holds most of the rows is taken
        over, and only what is new is added to it; it isn't to be used any more.
    places
        int64, (n,): the id each row has in ``before``, -1 for a new one.
    """
    ids = np.arange(len(rows))
    if len(rows) <= EXACT_UP_TO:
        from index.faiss_store import FaissStore

        exact = FaissStore(rows.shape[1])
        exact.add(ids, rows)
        return exact
    from index.approximate_store import ApproximateStore

    old, first = np.unique(ids[:0] if places is None else places, return_index=True)
    old, first = old[old >= 0], first[old >= 0]  # once each: a text may have become two views
    if isinstance(before, ApproximateStore) and len(old) * 2 > len(rows):
        before.rename(old, ids[first])
        new = np.delete(ids, first)
        before.add(new, rows[new])
        return before
    store = ApproximateStore(rows.shape[1])
    store.add(ids, rows)
    return store


def save_store(store: "FaissStore | ApproximateStore", version: Path) -> None:
    """Write what :func:`store_for` made into the folder of a version; OSError if it can't be."""
    from index.faiss_store import FaissStore

    store.save(version / (_EXACT if isinstance(store, FaissStore) else _APPROXIMATE))


def load_store(version: Path) -> "FaissStore | ApproximateStore":
    """Read what :func:`save_store` wrote; OSError, RuntimeError or ValueError if it can't be."""
    if (version / _APPROXIMATE).is_dir():
        from index.approximate_store import ApproximateStore

        return ApproximateStore.load(version / _APPROXIMATE)
    from index.faiss_store import FaissStore

    return FaissStore.load(version / _EXACT)


def recall_of(store: VectorStore) -> str:
    """Return what a store was found to find, as a line for the operator; nothing if it is all."""
    tuning = getattr(store, "tuning", None)
    if tuning is None:
        return ""
    ten, many = (f"{share:.1%}" for share in tuning.recall)
    return f"search: approximate; finds {ten} of the 10 nearest vectors, {many} of the 64 nearest\n"
