"""Which files a corpus is read from, and whether they may have changed, without reading them."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorpusError

SUFFIXES = (".md", ".txt", ".jsonl", ".csv")

Stamp = tuple[int, int, int, int]
"""Of a file: inode, size, times of change of content and inode; -1 each where it is gone."""

_SETTLED = 2_000_000_000
"""Nanoseconds after which a second change gets another time in every common file system."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read, its path below its root and that root's name."""

    file: Path
    below: str
    root: str

    @property
    def suffix(self) -> str:
        """The suffix in lower case."""
        return self.file.suffix.lower()


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


def found_files(paths: Sequence[Path]) -> Iterator[Found]:
    """Yield every file once, in the order of the paths, folders in sorted order.

    Raises
    ------
    CorpusError
        A path isn't there, can't be read or has a suffix that no format is known for.
    """
    seen: set[Path] = set()
    for path in paths:
        root = path if path.is_dir() else path.parent
        for file in _walk(path) if path.is_dir() else [_named(path)]:
            real = file.resolve()
            if real not in seen:
                seen.add(real)
                yield Found(file, file.relative_to(root).as_posix(), root.resolve().name)


def _named(path: Path) -> Path:
    if not path.exists():
        raise CorpusError(f"{path}: no such file or folder; check the path")
    if path.suffix.lower() not in SUFFIXES:
        raise CorpusError(
            f"{path}: no format is known for {path.suffix or 'a name without suffix'!r}; "
            f"save it as one of {', '.join(SUFFIXES)}"
        )
    return path


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the folder's files of known formats in sorted order, hidden ones left out."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise CorpusError(
            f"{folder}: can't be read ({error.strerror}); check its permissions"
        ) from error
    for path in inside:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        elif path.suffix.lower() in SUFFIXES and not path.is_dir():
            yield path
