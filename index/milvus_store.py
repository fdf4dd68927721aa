"""The distributed engine: vectors in a collection of Milvus, searched there, all of them."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from index.errors import DamagedIndex
from index.milvus_client import PUBLISH, WORK_SECONDS, Milvus
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
_MOST = 16_384
"""Rows that Milvus finds for a question at most."""
_AT_ONCE = 1000
"""Rows read in one request."""
_KEPT_BYTES = 64 * 1024 * 1024


class MilvusStore:
    """Vectors in a collection of Milvus with a flat index over inner products.

    Milvus finds the candidates; their order and scores come from the same sums as in
    :class:`index.store.ExactStore`, so that both engines give the same hits. Rows that were read
    are kept, up to 64 MiB of them: a published collection never changes.

    Parameters
    ----------
    collection
        Its name; made with :meth:`create`, found with :meth:`open`.
    count
        Number of rows in it.
    """

    def __init__(self, milvus: Milvus, collection: str, dimension: int, count: int) -> None:
        self.dimension = dimension
        self.collection = collection
        self._milvus = milvus
        self._count = count
        # What others wrote lasts and is loaded; what this store writes takes Milvus a moment.
        self._consistency = "Eventually"
        self._kept = _Kept(_KEPT_BYTES // (4 * dimension + 200))

    @classmethod
    def create(cls, milvus: Milvus, collection: str, dimension: int) -> Self:
        """Make an empty collection; :meth:`finish` makes it ready for questions."""
        from pymilvus import DataType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        milvus.call(
            "create_collection",
            collection,
            schema=schema,
            consistency_level="Strong",
            seconds=WORK_SECONDS,
        )
        return cls(milvus, collection, dimension, 0)

    @classmethod
    def open(cls, milvus: Milvus, collection: str, dimension: int, count: int) -> Self:
        """Return the store in a collection, loaded by Milvus.

        Raises
        ------
        DamagedIndex
            It is gone, has other fields, another dimension or metric, or other than ``count`` rows.
        StoreAway
            Milvus doesn't answer.
        """
        check_schema(milvus, collection, dimension)
        milvus.call("load_collection", collection, seconds=WORK_SECONDS)
        found = milvus.count(collection)
        if found != count:
            raise damaged(milvus, f"{collection} has {found} rows instead of {count}")
        return cls(milvus, collection, dimension, count)

    def keep_rows(self) -> None:
        """Read the rows 0 to n - 1, all there are, if they are few enough to be kept.

        Then a search is one short request, and rows cost none.
        """
        if len(self) <= self._kept.most:
            self._rows(np.arange(len(self)))

    def finish(self) -> None:
        """Have everything written to last, indexed and loaded."""
        finish(self._milvus, self.collection, "IP")
        self._consistency = "Eventually"

    def __len__(self) -> int:
        """Return the number of vectors held."""
        return self._count

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; see :class:`index.store.VectorStore`."""
        vectors = checked_rows(vectors, self.dimension)
        ids = checked_new_ids(ids, len(vectors), Held(self._held(ids)))
        self._consistency = "Strong"
        rows = [{"id": int(name), "vector": row} for name, row in zip(ids, vectors, strict=True)]
        self._milvus.insert(self.collection, rows, 4 * self.dimension + 64)
        self._count += len(ids)

    def remove(self, ids: Ids) -> None:
        """Forget these ids; see :class:`index.store.VectorStore`."""
        ids = np.asarray(ids, dtype=np.int64)
        _check_held(ids, self._held(ids))
        self._consistency = "Strong"
        if len(ids):
            self._milvus.call("delete", self.collection, ids=ids.tolist(), seconds=WORK_SECONDS)
        self._kept.forget(ids.tolist())
        self._count -= len(np.unique(ids))

    def search(self, vectors: Vectors, k: int) -> list[Hits]:
        """Return the k best rows for each question vector; see :class:`index.store.VectorStore`.

        Raises
        ------
        StoreAway
            Milvus doesn't answer in time.
        DamagedIndex
            It gives fewer rows than there are.
        ValueError
            Also if more rows would have to be fetched than Milvus finds, 16,384.
        """
        vectors = checked_rows(vectors, self.dimension)
        checked_count(k)
        fetched = min(k + _SPARE, len(self))
        if not len(vectors) or fetched == 0:
            return [Hits(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in vectors]
        found = self._nearest(vectors, fetched)
        candidates = [
            self._untied(vector, one, k) for vector, one in zip(vectors, found, strict=True)
        ]
        rows = self._rows(np.unique(np.concatenate(candidates)))
        return [
            best_hits(vector, ids, np.stack([rows[name] for name in ids.tolist()]), k)
            for vector, ids in zip(vectors, candidates, strict=True)
        ]

    def vectors(self, ids: Ids) -> Vectors:
        """Return the rows of these ids; see :class:`index.store.VectorStore`."""
        ids = np.asarray(ids, dtype=np.int64)
        if not len(ids):
            return np.empty((0, self.dimension), dtype=np.float32)
        rows = self._rows(ids)
        return np.stack([rows[name] for name in ids.tolist()])

    def check(self) -> None:
        """Find a row, as questions do, loading the collection again if Milvus has let it go.

        Raises
        ------
        StoreAway
            Milvus doesn't answer, or isn't ready for questions yet.
        DamagedIndex
            The collection is gone or holds nothing any more.
        """
        check_schema(self._milvus, self.collection, self.dimension)
        self._milvus.call("load_collection", self.collection)
        found = self._nearest(np.eye(1, self.dimension, dtype=np.float32), 1)
        if len(self) and not len(found[0][0]):
            raise damaged(self._milvus, f"{self.collection} gives no rows")

    def _nearest(self, vectors: Vectors, limit: int) -> list[tuple[Ids, NDArray[np.float32]]]:
        """Return ids and scores as Milvus finds them, best first, for each question vector."""
        if limit > _MOST:
            raise ValueError(f"Milvus finds at most {_MOST} rows for a question, asked for {limit}")
        found = self._milvus.call(
            "search",
            self.collection,
            data=list(vectors),
            limit=limit,
            search_params={"metric_type": "IP"},
            # In the same answer, unless all are here: a second request costs as much as the first.
            output_fields=["vector"] if len(self._kept) < len(self) else [],
            consistency_level=self._consistency,
        )
        for hits in found:
            self._kept.keep(
                {
                    int(hit["id"]): np.array(hit["entity"]["vector"], dtype=np.float32)
                    for hit in hits
                    if "vector" in hit["entity"]
                }
            )
        return [
            (
                np.array([hit["id"] for hit in hits], dtype=np.int64),
                np.array([hit["distance"] for hit in hits], dtype=np.float32),
            )
            for hits in found
        ]

    def _untied(self, vector: Vectors, found: tuple[Ids, NDArray[np.float32]], k: int) -> Ids:
        """Fetch until nothing left out could tie with the k-th hit; return the candidates."""
        ids, scores = found
        while k < len(ids) < len(self) and scores[-1] >= scores[k - 1] - SCORE_SLACK:
            before = len(ids)
            ((ids, scores),) = self._nearest(vector[None, :], min(2 * before, len(self)))
            if len(ids) <= before:
                raise damaged(
                    self._milvus, f"{self.collection} gives {len(ids)} of {len(self)} rows"
                )
        return ids

    def _rows(self, ids: Ids) -> dict[int, Vectors]:
        """Return rows by id, those not kept read from Milvus; KeyError if one isn't held."""
        wanted = dict.fromkeys(ids.tolist())
        rows = self._kept.find(wanted)
        missing = [name for name in wanted if name not in rows]
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            read = {
                int(row["id"]): np.array(row["vector"], dtype=np.float32)
                for row in self._get(part, ["id", "vector"])
            }
            self._kept.keep(read)
            rows |= read
        _check_held(ids, np.array(list(rows), dtype=np.int64))
        return rows

    def _held(self, ids: Ids) -> Ids:
        """Return those of some ids that are held."""
        names = np.unique(np.asarray(ids, dtype=np.int64)).tolist()
        parts = [names[start : start + _MOST] for start in range(0, len(names), _MOST)]
        held = [row["id"] for part in parts if len(self) for row in self._get(part, ["id"])]
        return np.array(held, dtype=np.int64)

    def _get(self, ids: Sequence[int], fields: list[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._milvus.call(
            "get",
            self.collection,
            ids=list(ids),
            output_fields=fields,
            consistency_level=self._consistency,
        )
        return found


class _Kept:
    """Rows lately read, at most so many; the ones longest unused go first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._rows: OrderedDict[int, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, ids: "dict[int, None]") -> dict[int, Vectors]:
        with self._lock:
            found = {name: self._rows[name] for name in ids if name in self._rows}
            for name in found:
                self._rows.move_to_end(name)
        return found

    def keep(self, rows: dict[int, Vectors]) -> None:
        with self._lock:
            self._rows |= rows
            while len(self._rows) > self.most:
                self._rows.popitem(last=False)

    def forget(self, ids: Sequence[int]) -> None:
        with self._lock:
            for name in ids:
                self._rows.pop(name, None)


def check_schema(milvus: Milvus, collection: str, dimension: int) -> None:
    """Raise DamagedIndex unless a collection has the fields and the index of a store."""
    described = milvus.call("describe_collection", collection)
    fields = {one["name"]: one for one in described["fields"]}
    found = {name: one["params"].get("dim") for name, one in fields.items()}
    if found != {"id": None, "vector": dimension} or not fields["id"].get("is_primary"):
        raise damaged(
            milvus,
            f"{collection} has the fields {found} instead of id and vector, of dimension"
            f" {dimension}",
        )
    index = milvus.call("describe_index", collection, index_name="vector") or {}
    if index.get("metric_type") != "IP":
        raise damaged(
            milvus, f"{collection} is searched by {index.get('metric_type')} instead of IP"
        )


def finish(milvus: Milvus, collection: str, metric: str) -> None:
    """Have a collection's rows written to last, indexed without approximation, and loaded."""
    from pymilvus import MilvusClient

    flat = MilvusClient.prepare_index_params()
    flat.add_index("vector", index_name="vector", index_type="FLAT", metric_type=metric)
    milvus.call("flush", collection, seconds=WORK_SECONDS)
    milvus.call("create_index", collection, flat, seconds=WORK_SECONDS)
    milvus.call("load_collection", collection, seconds=WORK_SECONDS)


def damaged(milvus: Milvus, found: str) -> DamagedIndex:
    """Return the error for a published index that isn't as it was written."""
    return DamagedIndex(f"the index {milvus.place} is damaged ({found})", PUBLISH)


def _check_held(ids: Ids, held: Ids) -> None:
    missing = ids[~np.isin(ids, held)]
    if len(missing):
        raise KeyError(f"id {missing[0]} isn't held")
