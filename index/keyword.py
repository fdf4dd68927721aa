"""BM25 over the same passages: exact words, where vectors only know what is alike."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from corpus.document import Passage
from corpus.mapped import mapped
from index.store import Hits, Ids, Scores, checked_count
from index.terms import stem, words

_ARRAYS = ("scores", "passages", "starts", "tops")
_TERMS = "terms.json"
_ROUNDING = 1e-4
"""Share of a score that is more than rounding can make of another order of its sum."""
_FEW = 20_000
"""Passages up to which all of them are scored: choosing among them would take longer."""
_SHORT = 4_000
"""Passages of a term that are looked at without asking whether they can matter."""
_PROBED = 4
"""Times k: passages scored in full to learn what it takes to be among the best."""


def keyword_text(passage: Passage) -> str:
    """Return what a passage can be found by its words in: all that is said in or above it."""
    headers = (header for header, _ in passage.cells)
    return "\n".join(
        [passage.title, *passage.section, *passage.questions, *headers, passage.text],
    )


class Keyword:
    """BM25 scores (Robertson and Zaragoza 2009, as Lucene computes them), by passage number.

    Made with :meth:`of` or :meth:`load`; terms are those of :func:`index.terms.terms`.

    Parameters
    ----------
    scores, passages
        float32 and int32, (m,): what each term is worth in each passage that holds it, term after
        term, the passages of one term ascending.
    starts
        int64, (terms + 1,): where each term's scores begin.
    tops
        float32, (terms,): the most that each term is worth.
    numbers
        The number of each term.
    count
        Number of passages.
    """

    def __init__(
        self,
        scores: Scores,
        passages: NDArray[np.int32],
        starts: Ids,
        tops: Scores,
        numbers: Mapping[str, int],
        count: int,
    ) -> None:
        self._scores, self._passages, self._starts, self._tops = scores, passages, starts, tops
        self._numbers = numbers
        self._count = count

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Index texts; their numbers are their positions."""
        return cls.of_words(map(words, texts))

    @classmethod
    def of_words(cls, texts: Iterable[Sequence[str]]) -> Self:
        """Index texts given as their folded words."""
        import bm25s

        numbers = _Numbers()
        vocabulary = numbers.vocabulary
        rows = [[numbers[word] for word in text] for text in texts]
        bm25 = bm25s.BM25(method="lucene", backend="numpy")
        # bm25s divides by the average length, so that a text has to hold something.
        bm25.index((rows if any(rows) else [[0]], vocabulary), show_progress=False)
        found = bm25.scores
        scores, starts = found["data"].astype(np.float32), found["indptr"].astype(np.int64)
        return cls(
            scores,
            found["indices"].astype(np.int32),
            starts,
            _tops(scores, starts),
            {term: number for term, number in vocabulary.items() if number},
            len(rows),
        )

    def __len__(self) -> int:
        """Return the number of passages."""
        return self._count

    def search(self, terms: Sequence[str], k: int) -> Hits:
        """Return the k best passages that share a term, best first, ties in number order.

        Rare terms first, and the common ones only as far as they can matter: a passage that holds
        none of the terms seen so far isn't looked at once the rest can't lift it among the best
        (Turtle and Flood 1995, "max score").
        """
        checked_count(k)
        if self._count <= _FEW:
            scores = self._all_scores(terms)
            found = np.flatnonzero(scores > 0)
            return _best(found, scores[found], k)
        found = self._contenders(terms, k)
        some = len(found) <= _FEW
        return _best(
            found, self.scores(terms, found) if some else self._all_scores(terms)[found], k
        )

    def scores(self, terms: Sequence[str], ids: Ids) -> Scores:
        """Return the score of each of these passages, (n,); 0 where no term is shared."""
        asked = np.asarray(ids, dtype=np.int32)
        total: Scores = np.zeros(len(asked), dtype=np.float32)
        for term in terms:
            held = self._held(term)
            passages = self._passages[held]
            if len(passages) == self._count:
                total += self._scores[held][asked]
            elif len(passages):
                at = np.minimum(np.searchsorted(passages, asked), len(passages) - 1)
                total += np.where(passages[at] == asked, self._scores[held][at], np.float32(0))
        return total

    def document_frequency(self, term: str) -> int:
        """Return how many passages hold the term."""
        held = self._held(term)
        return int(held.stop - held.start)

    def save(self, folder: Path) -> None:
        """Write arrays and terms into a folder, which is made."""
        folder.mkdir(parents=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, f"_{name}"))
        held = {"count": self._count, "terms": list(self._numbers)}
        (folder / _TERMS).write_text(json.dumps(held), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, *, whole: bool = False) -> Self:
        """Read what :meth:`save` wrote; the arrays stay in their files unless read ``whole``."""
        read = np.load if whole else mapped
        scores, passages, starts, tops = (read(folder / f"{name}.npy") for name in _ARRAYS)
        held = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
        numbers = {term: number for number, term in enumerate(held["terms"], start=1)}
        return cls(scores, passages, starts, tops, numbers, held["count"])

    def _held(self, term: str) -> slice:
        number = self._numbers.get(term)
        if number is None:
            return slice(0, 0)
        return slice(int(self._starts[number]), int(self._starts[number + 1]))

    def _contenders(self, terms: Sequence[str], k: int) -> Ids:
        """Return all passages that may be among the k best, ascending, and few others."""
        known = sorted((t for t in terms if t in self._numbers), key=self.document_frequency)
        left = [(term, float(self._tops[self._numbers[term]])) for term in known]
        rest = sum(top for _, top in left)
        total: Scores = np.zeros(self._count, dtype=np.float32)
        seen: list[NDArray[np.int32]] = []
        least = 0.0
        while left:
            passages = self._passages[self._held(left[0][0])]
            if len(passages) > _SHORT and seen:
                least = max(least, self._kth(terms, seen[-1], total[seen[-1]], k))
                if rest < least:
                    break
            term, top = left.pop(0)
            # A passage stands but once among those that hold a term.
            total[passages] += self._scores[self._held(term)]
            seen.append(passages)
            rest -= top
        found = _union([passages[total[passages] >= least - rest] for passages in seen])
        return self._chosen(found, total[found], left, least)

    def _chosen(
        self, found: Ids, partial: Scores, left: Sequence[tuple[str, float]], least: float
    ) -> Ids:
        """Return those of some passages that can still reach a score with the terms left."""
        rest = sum(top for _, top in left)
        for term, top in left:
            if len(found) <= _SHORT:
                break
            partial += self.scores([term], found)
            rest -= top
            kept = partial >= least - rest
            found, partial = found[kept], partial[kept]
        return found

    def _kth(
        self, terms: Sequence[str], passages: NDArray[np.int32], partial: Scores, k: int
    ) -> float:
        """Return what at least k of some passages reach, near the highest there is; else 0."""
        if len(passages) < k:
            return 0.0
        some = min(len(passages), _PROBED * k)
        promising = np.argpartition(partial, len(passages) - some)[len(passages) - some :]
        scores = self.scores(terms, passages[promising].astype(np.int64))
        return float(np.partition(scores, some - k)[some - k]) * (1 - _ROUNDING)

    def _all_scores(self, terms: Sequence[str]) -> Scores:
        total: Scores = np.zeros(self._count, dtype=np.float32)
        for term in terms:
            held = self._held(term)
            total[self._passages[held]] += self._scores[held]
        return total


class _Numbers(dict[str, int]):
    """The number of each folded word's stem, given when it is met first."""

    def __init__(self) -> None:
        super().__init__()
        # The empty term comes first, so that no corpus has an empty vocabulary.
        self.vocabulary: dict[str, int] = {"": 0}

    def __missing__(self, word: str) -> int:
        self[word] = self.vocabulary.setdefault(stem(word), len(self.vocabulary))
        return self[word]


def _tops(scores: Scores, starts: Ids) -> Scores:
    tops = np.zeros(len(starts) - 1, dtype=np.float32)
    held = np.diff(starts) > 0
    if held.any():
        tops[held] = np.maximum.reduceat(scores, starts[:-1][held])
    return tops


def _best(ids: Ids, scores: Scores, k: int) -> Hits:
    """Return the k best of some passages, given in ascending order."""
    if len(ids) > k:
        kth = np.partition(scores, len(ids) - k)[len(ids) - k]
        better, even = np.flatnonzero(scores > kth), np.flatnonzero(scores == kth)
        chosen = np.concatenate([better, even[: k - len(better)]])
        ids, scores = ids[chosen], scores[chosen]
    best = np.lexsort((ids, -scores))
    return Hits(ids[best], scores[best])


def _union(parts: Sequence[NDArray[np.int32]]) -> Ids:
    # Not np.union1d: it loads all of numpy.ma.
    together = np.sort(np.concatenate([np.empty(0, dtype=np.int32), *parts]))
    return together[np.diff(together, prepend=-1) > 0].astype(np.int64)
