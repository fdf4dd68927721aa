"""One line of a large file, without reading the others each time."""

import codecs
import mmap
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.files import Stamp, is_settled, stamp_of
from corpus.readers.common import read_text, unreadable

_NEWLINE = re.compile(rb"\r\n?|\n")
_LF = 10
_PART = 1 << 24
_BOM = "\ufeff".encode()


def line_at(file: Path, number: int) -> str:
    """Return a line of a UTF-8 file, from 1, without its end; "" where there is none.

    Where its lines begin is found out once for as long as the file stays as it is.

    Raises
    ------
    CorpusError
        The file can't be read or isn't UTF-8.
    """
    try:
        stamp = stamp_of(file)
        starts = (_kept_starts if is_settled(stamp) else _starts)(file, stamp)
        if number >= len(starts):
            return ""
        with file.open("rb") as stream:
            stream.seek(starts[number - 1])
            line = stream.read(starts[number] - starts[number - 1])
    except OSError as error:
        raise unreadable(file, error) from error
    return _NEWLINE.sub(b"", line.removeprefix(_BOM) if number == 1 else line).decode("utf-8")


def _starts(file: Path, stamp: Stamp) -> NDArray[np.int64]:  # noqa: ARG001
    """Return the offset of each line of a file with this stamp, and the file's end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    ends, read, plain = [np.zeros(1, dtype=np.int64)], 0, True
    with file.open("rb") as stream:
        try:
            for part in iter(lambda: stream.read(_PART), b""):
                decoder.decode(part)
                ends.append(np.flatnonzero(np.frombuffer(part, np.uint8) == _LF) + (read + 1))
                read += len(part)
                plain = plain and b"\r" not in part
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            read_text(file)
        if not plain:
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                ends[1:] = [np.array([match.end() for match in _NEWLINE.finditer(content)])]
    return np.concatenate([*ends, np.array([read], dtype=np.int64)])


_kept_starts = lru_cache(maxsize=16)(_starts)
