"""BM25 over the same passages: exact words, where vectors only know what is alike."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from corpus.document import Passage
from index.store import Hits, Ids, Scores, checked_count
from index.terms import terms

_ARRAYS = ("scores", "passages", "starts")
_TERMS = "terms.json"


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
        term.
    starts
        int64, (terms + 1,): where each term's scores begin.
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
        numbers: Mapping[str, int],
        count: int,
    ) -> None:
        self._scores, self._passages, self._starts = scores, passages, starts
        self._numbers = numbers
        self._count = count

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Index texts; their numbers are their positions."""
        import bm25s

        # The empty term comes first, so that no corpus has an empty vocabulary.
        vocabulary: dict[str, int] = {"": 0}
        rows = [
            [vocabulary.setdefault(term, len(vocabulary)) for term in terms(text)] for text in texts
        ]
        bm25 = bm25s.BM25(method="lucene", backend="numpy")
        # bm25s divides by the average length, so that a text has to hold something.
        bm25.index((rows if any(rows) else [[0]], vocabulary), show_progress=False)
        found = bm25.scores
        return cls(
            found["data"].astype(np.float32),
            found["indices"].astype(np.int32),
            found["indptr"].astype(np.int64),
            {term: number for term, number in vocabulary.items() if number},
            len(rows),
        )

    def __len__(self) -> int:
        """Return the number of passages."""
        return self._count

    def search(self, terms: Sequence[str], k: int) -> Hits:
        """Return the k best passages that share a term, best first, ties in number order."""
        checked_count(k)
        scores = self._all_scores(terms)
        found = np.flatnonzero(scores > 0)
        best = found[np.lexsort((found, -scores[found]))[:k]]
        return Hits(best.astype(np.int64), scores[best])

    def scores(self, terms: Sequence[str], ids: Ids) -> Scores:
        """Return the score of each of these passages, (n,); 0 where no term is shared."""
        return self._all_scores(terms)[ids]

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
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote, wholly into memory."""
        scores, passages, starts = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in _ARRAYS
        )
        held = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
        numbers = {term: number for number, term in enumerate(held["terms"], start=1)}
        return cls(scores, passages, starts, numbers, held["count"])

    def _held(self, term: str) -> slice:
        number = self._numbers.get(term)
        if number is None:
            return slice(0, 0)
        return slice(int(self._starts[number]), int(self._starts[number + 1]))

    def _all_scores(self, terms: Sequence[str]) -> Scores:
        total: Scores = np.zeros(self._count, dtype=np.float32)
        for term in terms:
            held = self._held(term)
            # A passage stands but once among those that hold a term.
            total[self._passages[held]] += self._scores[held]
        return total
