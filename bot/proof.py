"""Proof that an answer stands where it is said to stand: sources are read again and compared."""

import threading
from pathlib import Path

from corpus.document import Document, Passage
from corpus.errors import CorpusError
from corpus.files import Stamp, is_settled, stamp_of
from corpus.read import text_of

_KEPT = 20_000
"""Documents whose text is kept once it has been read."""


class Proof:
    """Compares passages with what their files hold now.

    A file is read again whenever it is another one than at the last reading or its size or a time
    of change is another, and as long as it is so new that a change could leave all of them alike.
    """

    def __init__(self) -> None:
        self._read: dict[str, tuple[Stamp, str | None]] = {}
        self._lock = threading.Lock()

    def holds(self, document: Document, passage: Passage) -> bool:
        """Tell whether the passage still stands in its source, to the letter."""
        text = self._text(document)
        start, end = passage.context
        return (
            text is not None
            and text[passage.start : passage.end] == passage.text
            and text[start:end] == document.text[start:end]
        )

    def _text(self, document: Document) -> str | None:
        stamp = stamp_of(Path(document.file))
        settled = is_settled(stamp)  # before it is read: a later change would show
        with self._lock:
            known = self._read.get(document.id)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            text: str | None = text_of(document)
        except CorpusError:
            text = None
        if settled:
            with self._lock:
                if len(self._read) >= _KEPT:
                    self._read.clear()
                self._read[document.id] = (stamp, text)
        return text


class PublishedProof:
    """Compares passages with the documents that were published.

    Where the index is in Milvus there is no file to read again: the source is the version that
    counts there. A version never changes; its documents were compared with the sums taken when it
    was written, and whoever serves looks every other second which version counts, and doesn't
    answer while that can't be seen. A version that can't be used leaves the one before answering.
    """

    def holds(self, document: Document, passage: Passage) -> bool:
        """Tell whether the passage stands in the published document, to the letter."""
        start, end = passage.context
        return document.text[
            passage.start : passage.end
        ] == passage.text and 0 <= start < end <= len(document.text)
