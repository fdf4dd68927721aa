"""BM25 over the same passages: exact words, where vectors only know what is alike."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from corpus.document import Passage
from index.store import Hits, Ids, Scores, checked_count
from index.terms import terms

_COUNT = "count.json"


def keyword_text(passage: Passage) -> str:
    """Return what a passage can be found by its words in: all that is said in or above it."""
    headers = (header for header, _ in passage.cells)
    return "\n".join(
        [passage.title, *passage.section, *passage.questions, *headers, passage.text],
    )


class Keyword:
    """BM25 scores (Robertson and Zaragoza 2009, as Lucene computes them), by passage number.

    Made with :meth:`of` or :meth:`load`; terms are those of :func:`index.terms.terms`.
    """

    def __init__(self, bm25: Any, count: int) -> None:
        self._bm25 = bm25
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
        if any(rows):
            bm25.index((rows, vocabulary), show_progress=False)
        else:  # bm25s divides by the average length
            bm25.index(([[0]], vocabulary), show_progress=False)
        return cls(bm25, len(rows))

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
        number = self._bm25.vocab_dict.get(term)
        if not number:
            return 0
        starts = self._bm25.scores["indptr"]
        return int(starts[number + 1] - starts[number])

    def save(self, folder: Path) -> None:
        """Write the files of BM25 into a folder, which is made."""
        self._bm25.save(folder, show_progress=False)
        (folder / _COUNT).write_text(json.dumps(self._count), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote, wholly into memory."""
        import bm25s

        bm25 = bm25s.BM25.load(folder, show_progress=False)
        return cls(bm25, json.loads((folder / _COUNT).read_text(encoding="utf-8")))

    def _all_scores(self, terms: Sequence[str]) -> Scores:
        known = [term for term in terms if self._bm25.vocab_dict.get(term)]
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        scores: Scores = self._bm25.get_scores(known)
        return scores
