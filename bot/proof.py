"""Proof that an answer stands where it is said to stand: sources are read again and compared."""

import os
import threading
import time
from pathlib import Path

from corpus.document import Document, Passage
from corpus.errors import CorpusError
from corpus.read import text_of

Stamp = tuple[int, int, int, int]
"""Of a file: inode, size, times of change of content and inode; -1 each where it is gone."""

_SETTLED = 2_000_000_000
"""Nanoseconds after which a second change gets another time in every common file system."""


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
        with self._lock:
            known = self._read.get(document.id)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            text: str | None = text_of(document)
        except CorpusError:
            text = None
        if is_settled(stamp):
            with self._lock:
                self._read[document.id] = (stamp, text)
        return text


def stamp_of(file: Path) -> Stamp:
    """Return a file's stamp, which is another when the file is."""
    try:
        found = os.stat(file)
    except OSError:
        return (-1, -1, -1, -1)
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def is_settled(stamp: Stamp) -> bool:
    """Tell whether a file is so old that no further change could leave its stamp alike."""
    return time.time_ns() - max(stamp[-2:]) > _SETTLED
