"""What is asked of all documents or passages of a corpus at once, as arrays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from corpus.document import Document, Passage

KINDS: tuple[str, ...] = ("entry", "paragraph", "row", "table")


@dataclass(frozen=True, eq=False)
class Outline:
    """Facts of a corpus that need no text.

    Attributes
    ----------
    kind
        uint8, (n_passages,): position in :data:`KINDS`.
    asked
        int32, (n,): the passages that have questions, ascending.
    phrasings
        int32, (n_documents,): how many questions a document has.
    valid_until, review_by
        int32, (n_documents,): days as :meth:`datetime.date.toordinal` counts them, 0 for none.
    """

    kind: NDArray[np.uint8]
    asked: NDArray[np.int32]
    phrasings: NDArray[np.int32]
    valid_until: NDArray[np.int32]
    review_by: NDArray[np.int32]

    @classmethod
    def of(cls, documents: Sequence["Document"], passages: Sequence["Passage"]) -> "Outline":
        """Return the outline of documents and their passages."""
        asked = (number for number, passage in enumerate(passages) if passage.questions)
        return cls(
            kind=np.array([KINDS.index(passage.kind) for passage in passages], dtype=np.uint8),
            asked=np.fromiter(asked, dtype=np.int32),
            phrasings=_column(len(document.questions) for document in documents),
            valid_until=_column(_ordinal(document.valid_until) for document in documents),
            review_by=_column(_ordinal(document.review_by) for document in documents),
        )

    def counts(self) -> dict[str, int]:
        """Return how many passages there are of each kind that there is."""
        counts = np.bincount(self.kind, minlength=len(KINDS)).tolist()
        return {kind: count for kind, count in zip(KINDS, counts, strict=True) if count}

    def expiring(self) -> Iterator[tuple[int, date]]:
        """Yield the number of each document that expires, and its last day."""
        for number in np.flatnonzero(self.valid_until).tolist():
            yield number, date.fromordinal(int(self.valid_until[number]))

    def dated(self) -> list[int]:
        """Return the numbers of the documents that expire or are to be reviewed, ascending."""
        numbers: list[int] = np.flatnonzero(self.valid_until | self.review_by).tolist()
        return numbers


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0


def _column(values: Iterator[int]) -> NDArray[np.int32]:
    return np.fromiter(values, dtype=np.int32)
