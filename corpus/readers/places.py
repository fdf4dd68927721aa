"""Single lines of a large file, without reading the others each time."""

import codecs
import mmap
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CorpusError
from corpus.files import Stamp, is_settled, stamp_of
from corpus.readers.common import read_text, unreadable

_NEWLINE = re.compile(r"\r\n?|\n")
_NEWLINE_BYTES = re.compile(rb"\r\n?|\n")
_LF = 10
_PART = 1 << 24
_BOM = "\ufeff".encode()


def line_at(file: Path, number: int) -> str:
    """Return a line of a UTF-8 file, from 1, without its end; "" where there is none.

    Raises
    ------
    CorpusError
        The file can't be read or isn't UTF-8.
    """
    return _NEWLINE.sub("", next(lines_from(file, number), ""))


def lines_from(file: Path, number: int) -> Iterator[str]:
    """Yield the lines of a UTF-8 file from one on, with their ends; errors as in :func:`line_at`.

    Where lines begin is found out once for as long as the file stays as it is.
    """
    try:
        starts = remembered(file, _starts)
        with file.open("rb") as stream:
            for at in range(number, len(starts)):
                stream.seek(starts[at - 1])
                line = stream.read(starts[at] - starts[at - 1])
                yield (line.removeprefix(_BOM) if at == 1 else line).decode("utf-8")
    except OSError as error:
        raise unreadable(file, error) from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: it has changed while it was read; index again") from error


def remembered(file: Path, look: Callable[[Path], NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return what a look at a file finds, as at the last look if the file is still the same."""
    stamp = stamp_of(file)
    return _looked(file, look, stamp) if is_settled(stamp) else look(file)


@lru_cache(maxsize=32)
def _looked(
    file: Path,
    look: Callable[[Path], NDArray[np.int64]],
    stamp: Stamp,  # noqa: ARG001
) -> NDArray[np.int64]:
    return look(file)


def _starts(file: Path) -> NDArray[np.int64]:
    """Return the offset of each line of a file, and the file's end."""
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
                ends[1:] = [np.array([match.end() for match in _NEWLINE_BYTES.finditer(content)])]
    return np.concatenate([*ends, np.array([read], dtype=np.int64)])
