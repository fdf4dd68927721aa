"""Evidence for each passage, and the passages in the order it speaks for them.

Dense views and keywords propose candidates; a linear model over the evidence, the same for every
corpus, orders them. Its weights stand in ``ranking.json``, with what they were fitted on.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.build import Index
from index.spelling import Speller
from index.store import Ids, Scores, Vectors
from index.terms import terms
from index.views import VIEW_KINDS

EVIDENCE: tuple[str, ...] = ("nearest", "keyword", "discriminant")
"""What is known of a candidate, all of it without a unit and about 0 to 1.

nearest
    Cosine of the question with the nearest view of the passage.
keyword
    BM25 as a share of what a passage with all of the question's terms could reach.
discriminant
    What tells the passage from the others of its corpus: see :mod:`index.discriminant`.
"""

_MARKS = " ?!.,"
_VIEWS = 64
_KEYWORDS = 20


@dataclass(frozen=True, eq=False)
class Ranking:
    """Candidates for one question, best first.

    Attributes
    ----------
    question
        The question as it was compared: spelling mended.
    passages
        int64, (n,): passage numbers.
    scores
        float32, (n,): the linear model's, higher is better.
    evidence
        float32, (n, len(EVIDENCE)).
    vectors
        float32, (1 or 2, dimension): the question's, as asked and with its spelling mended, without
        the marks at its end.
    """

    question: str
    passages: Ids
    scores: NDArray[np.float32]
    evidence: NDArray[np.float32]
    vectors: Vectors

    def only(self, kept: Sequence[bool]) -> "Ranking":
        """Return the ranking of some of its candidates: those for which ``kept``, (n,), is true."""
        mask = np.array(kept, dtype=bool)
        return replace(
            self,
            passages=self.passages[mask],
            scores=self.scores[mask],
            evidence=self.evidence[mask],
        )


def load_weights() -> NDArray[np.float32]:
    """Return the shipped weights, (len(EVIDENCE),)."""
    shipped = json.loads(Path(__file__).with_name("ranking.json").read_text(encoding="utf-8"))
    return np.array([shipped["weights"][name] for name in EVIDENCE], dtype=np.float32)


class Ranker:
    """Ranks the passages of an index.

    Parameters
    ----------
    weights
        One weight for each of :data:`EVIDENCE`; the shipped ones if left out.
    """

    def __init__(self, index: Index, weights: NDArray[np.float32] | None = None) -> None:
        self._index = index
        self._weights = load_weights() if weights is None else weights
        self.speller = Speller(index.words)

    def rank(self, question: str, encode: Callable[[Sequence[str]], Vectors]) -> Ranking:
        """Return the candidates for a question; at least one."""
        mended = self.speller.correct(question)
        # Many leave the mark out, and it draws a vector towards whatever is a question.
        vectors = encode(list(dict.fromkeys(each.rstrip(_MARKS) for each in (question, mended))))
        # Each term once: a word said ten times is no tenfold evidence.
        asked = list(dict.fromkeys(terms(mended)))
        candidates = self._candidates(vectors, asked)
        nearest, apart = self._dense(vectors, candidates)
        evidence = np.column_stack([nearest, self._keyword(asked, candidates), apart])
        scores = evidence @ self._weights
        order = np.lexsort((candidates, -scores))
        return Ranking(mended, candidates[order], scores[order], evidence[order], vectors)

    def view_cosines(self, ranking: Ranking, passage: int, kind: str) -> list[float]:
        """Return how near each view of one kind of a passage is to the question, in order."""
        owners = self._index.view_passage
        # As int32, or NumPy would copy all owners into int64 to compare them.
        start, end = np.searchsorted(owners, np.array([passage, passage + 1], dtype=np.int32))
        views = np.arange(start, end)
        views = views[self._index.view_kind[views] == VIEW_KINDS.index(kind)]
        if not len(views):
            return []
        cosines = self._index.store.vectors(views) @ ranking.vectors.T
        return [float(cosine) for cosine in cosines.max(axis=1)]

    def rarity(self, term: str) -> float:
        """Return how rare a term is in the corpus, 0 to 1; 1 for one that it doesn't hold."""
        count, held = len(self._index.keyword), self._index.keyword.document_frequency(term)
        idf = np.log1p((count - held + 0.5) / (held + 0.5))
        return float(idf / np.log1p((count + 0.5) / 0.5))

    def _candidates(self, vectors: Vectors, asked: Sequence[str]) -> Ids:
        views = np.concatenate([hits.ids for hits in self._index.store.search(vectors, _VIEWS)])
        worded = self._index.keyword.search(asked, _KEYWORDS).ids
        found = {*self._index.view_passage[views].tolist(), *worded.tolist()}
        # Not np.union1d: it loads all of numpy.ma, thirty milliseconds, and is slower for so few.
        return np.array(sorted(found), dtype=np.int64)

    def _dense(self, vectors: Vectors, candidates: Ids) -> tuple[Scores, Scores]:
        owners = self._index.view_passage
        asked = candidates.astype(np.int32)
        starts = np.searchsorted(owners, asked)
        counts = np.searchsorted(owners, asked, side="right") - starts
        offsets = np.cumsum(counts) - counts
        views = np.arange(counts.sum()) + np.repeat(starts - offsets, counts)
        rows = self._index.store.vectors(views)
        nearest = np.maximum.reduceat((rows @ vectors.T).max(axis=1), offsets)
        apart = self._index.discriminant.scores(vectors, rows, counts).max(axis=0)
        return nearest, apart

    def _keyword(self, asked: Sequence[str], candidates: Ids) -> Scores:
        scores = self._index.keyword.scores(asked, candidates)
        total = sum(map(self.rarity, asked)) or 1.0
        # In Lucene's BM25 a term's weight tends to its idf in a passage full of it.
        reach = max(total * np.log1p((len(self._index.keyword) + 0.5) / 0.5), 1e-9)
        share: Scores = (scores / np.float32(reach)).astype(np.float32)
        return share
