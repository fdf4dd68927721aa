"""The engine for many vectors: short codes in memory find candidates, rows on disk order them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import faiss
import numpy as np

from corpus.mapped import mapped
from index.lists import FEWEST, Lists
from index.recall import ASKED, DEPTHS, MOST, Tuning, strangers, true_scores, tuned
from index.rows import AT_ONCE, Rows
from index.store import (
    Held,
    Hits,
    Ids,
    Scores,
    Vectors,
    checked_count,
    checked_new_ids,
    checked_rows,
    near_hits,
)

_GROWTH = 4
"""Centres serve until there are so many times the rows they were learnt from."""
_CHANGED = 0.5
"""Recall is measured again once so many rows came or went, as a share of those there were."""
_EMPTY = 2
"""Lists are filled afresh once they have more than so many places for a row."""
_LISTS, _ROWS, _IDS, _TUNING = "lists.faiss", "rows.npy", "ids.npy", "tuning.json"


class ApproximateStore:
    """Vectors of which a search reads a few: what it returns has exact scores, not all is found.

    How many lists it scans and how many rows it compares is set from the recall that it measures
    (:mod:`index.recall`). With few rows, or where most of them are asked for, all are compared, and
    the hits are those of :class:`index.store.ExactStore`. Rows added or removed leave the others
    where they are; the centres are learnt again when there are four times as many rows.

    A row has a slot, in which it stays until the store is saved. The slot of a removed row stays
    empty, under an id below zero. What has been saved is read from its file as it is needed.

    Parameters
    ----------
    dimension
        Length of a row.

    Attributes
    ----------
    tuning
        How far a search looks and what share it finds; None while all rows are compared.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.tuning: Tuning | None = None
        self._held = Held(np.empty(0, dtype=np.int64))
        self._count = 0
        self._rows = Rows(np.empty((0, dimension), dtype=np.float32))
        self._lists: Lists | None = None
        self._learnt_from = 0
        self._changed = 0

    def __len__(self) -> int:
        """Return the number of vectors held."""
        return self._count

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; see :class:`index.store.VectorStore`. The first ones aren't copied."""
        vectors = checked_rows(vectors, self.dimension)
        ids = checked_new_ids(ids, len(vectors), self._held)
        start = len(self._rows)
        self._rows.append(vectors)
        self._changed += len(ids)
        self._hold(np.concatenate([self._held.ids, ids]))
        if self._count >= max(FEWEST, _GROWTH * self._learnt_from):
            self._learn()
        elif self._lists:
            self._fill(self._lists, start)

    def remove(self, ids: Ids) -> None:
        """Forget these ids; see :class:`index.store.VectorStore`."""
        slots = self._held.positions(ids)
        left = self._held.ids.copy()
        left[slots] = ~slots
        self._changed += len(slots)
        self._hold(left)
        if self._lists:
            self._lists.rename(np.where(left >= 0, np.arange(len(left)), -1))
            if self._lists.places > _EMPTY * max(self._count, FEWEST):
                self._lists.clear()
                self._fill(self._lists)

    def search(self, vectors: Vectors, k: int) -> list[Hits]:
        """Return good rows for each question vector; see :class:`index.store.VectorStore`."""
        vectors = checked_rows(vectors, self.dimension)
        checked_count(k)
        return [self._search_one(vector, k) for vector in vectors]

    def vectors(self, ids: Ids) -> Vectors:
        """Return the rows of these ids; see :class:`index.store.VectorStore`."""
        return self._rows.take(self._held.positions(ids))

    def rename(self, ids: Ids, names: Ids) -> None:
        """Keep the rows of ``ids``, (n,), under the ids ``names``, (n,), and forget all others.

        For an index whose views are numbered anew: nothing is compared or learnt.

        Raises
        ------
        KeyError
            An id isn't held.
        ValueError
            An id or a name is there twice, or a name is below zero.
        """
        checked_new_ids(ids, len(ids), Held(np.empty(0, dtype=np.int64)))
        names = checked_new_ids(names, len(ids), Held(np.empty(0, dtype=np.int64)))
        slots = self._held.positions(ids)
        gone = self._held.ids >= 0
        gone[slots] = False
        if gone.any():
            self.remove(self._held.ids[gone])
        renamed = self._held.ids.copy()
        renamed[slots] = names
        self._hold(renamed)

    def save(self, folder: Path) -> None:
        """Write to a new folder and read rows from there from now on; OSError if it can't be."""
        folder.mkdir()
        slots = self._slots_by_id()
        ids = self._held.ids[slots]
        self._rows.write(folder / _ROWS, slots)
        np.save(folder / _IDS, ids)
        if self._lists:
            places = np.full(len(self._held.ids), -1, dtype=np.int64)
            places[slots] = np.arange(len(slots))
            self._lists.rename(places)
        self._hold(ids)
        self._rows = Rows.mapped(folder / _ROWS)
        if self._lists:
            if self.tuning and self._changed > _CHANGED * self.tuning.rows:
                self._tune(self._lists)
            self._lists.save(folder / _LISTS)
        tuning = self.tuning._asdict() if self.tuning else None
        state = {"learnt_from": self._learnt_from, "changed": self._changed, "tuning": tuning}
        (folder / _TUNING).write_text(json.dumps(state) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote: codes into memory, rows as they are needed.

        Raises
        ------
        OSError, RuntimeError, ValueError
            A file is missing or holds something else.
        """
        rows, ids = mapped(folder / _ROWS), np.array(mapped(folder / _IDS))
        if rows.shape[:1] != ids.shape:
            raise ValueError(f"{len(ids)} ids for {len(rows)} rows in {folder.name}")
        store = cls(rows.shape[1])
        store._rows = Rows(rows)
        store._hold(ids)
        state = json.loads((folder / _TUNING).read_text(encoding="utf-8"))
        store._learnt_from, store._changed = state["learnt_from"], state["changed"]
        if state["tuning"]:
            store._lists = Lists.load(folder / _LISTS)
            recall = tuple(state["tuning"].pop("recall"))
            store.tuning = Tuning(recall=recall, **state["tuning"])
        return store

    def _hold(self, ids: Ids) -> None:
        self._held = Held(ids)
        self._count = int((ids >= 0).sum())

    def _slots_by_id(self) -> Ids:
        order = np.argsort(self._held.ids, kind="stable")
        return order[len(order) - self._count :]

    def _blocks(self, start: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """Yield the slots that are taken, from ``start`` on, and their rows, some at a time."""
        taken = start + np.flatnonzero(self._held.ids[start:] >= 0)
        for at in range(0, len(taken), AT_ONCE):
            slots = taken[at : at + AT_ONCE]
            yield slots, self._rows.take(slots)

    def _some(self, count: int) -> Ids:
        """Return slots that lie evenly among those that are taken."""
        taken = np.flatnonzero(self._held.ids >= 0)
        return taken[np.linspace(0, len(taken) - 1, min(count, len(taken))).astype(np.int64)]

    def _learn(self) -> None:
        sample = self._rows.take(self._some(Lists.sample_size(self._count)))
        self._lists = Lists.trained(sample, self._count)
        self._learnt_from = self._count
        self._fill(self._lists)
        self._tune(self._lists)

    def _fill(self, lists: Lists, start: int = 0) -> None:
        for slots, rows in self._blocks(start):
            lists.add(slots, rows)

    def _tune(self, lists: Lists) -> None:
        some = self._some(3 * ASKED)
        questions = strangers(self._rows.take(some))
        barred = some[: 3 * len(questions)].reshape(3, -1).T

        def scores_at(probes: int) -> Scores:
            scores = np.full((len(questions), MOST), -np.inf, dtype=np.float32)
            for row, slots in enumerate(lists.search(questions, MOST + 3, probes)):
                slots = slots[(slots >= 0) & ~np.isin(slots, barred[row])][:MOST]
                scores[row, : len(slots)] = self._rows.take(slots) @ questions[row]
            return scores

        self._changed = 0
        true = true_scores(questions, barred, self._blocks(), DEPTHS[-1])
        size = self.dimension * 4
        self.tuning = tuned(scores_at, true, self._count, lists.count, lists.bytes_a_row, size)

    def _search_one(self, vector: Vectors, k: int) -> Hits:
        if not self._lists or not self.tuning:
            return self._compare_all(vector, k)
        wanted = self.tuning.candidates * max(1, -(-k // DEPTHS[-1]))
        if wanted * 2 >= self._count:
            return self._compare_all(vector, k)
        places = -(-wanted * self._lists.places // self._count)  # some are empty
        probes = self.tuning.probes
        faiss.omp_set_num_threads(1)  # as in FaissStore: one thread a question
        while True:
            slots = self._lists.search(vector[None, :], places, probes)[0]
            slots = slots[slots >= 0]  # -1 stands for no row
            # Empty places lie together, where rows were changed: there, twice as many are looked at
            # until enough of them hold a row.
            everywhere = probes >= self._lists.count and places >= self._lists.places
            if 10 * len(slots) >= 9 * wanted or everywhere:
                return near_hits(vector, self._held.ids[slots], self._rows.take(slots), k)
            places = min(2 * places, self._lists.places)
            probes = min(2 * probes, self._lists.count)

    def _compare_all(self, vector: Vectors, k: int) -> Hits:
        best = Hits(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))
        for slots, rows in self._blocks():
            hits = near_hits(vector, self._held.ids[slots], rows, k)
            ids = np.concatenate([best.ids, hits.ids])
            scores = np.concatenate([best.scores, hits.scores])
            order = np.lexsort((ids, -scores))[:k]
            best = Hits(ids[order], scores[order])
        return best
