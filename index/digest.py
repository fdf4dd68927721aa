"""Hashes of files, remembered for as long as a file stays untouched."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

Digest = Callable[[Path], str]
"""From a file to its sha256, 64 hex digits."""


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file's bytes, read now."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Digests:
    """Remembers hashes in a JSON file, so that a start need not read 90 MB of weights again.

    A hash is read anew as soon as the file's size, time of change or inode differ. What can't be
    remembered (a cache that is read-only, a memory that is damaged) is hashed each time.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory

    def of(self, file: Path) -> str:
        """Return the sha256 of a file; OSError if it can't be read."""
        known, state = self._known(), _state(file)
        entry = known.get(str(file.resolve()))
        if isinstance(entry, list) and len(entry) == 2 and entry[0] == state:
            return str(entry[1])
        digest = sha256_of(file)
        self._remember({**known, str(file.resolve()): [state, digest]})
        return digest

    def _known(self) -> dict[str, object]:
        try:
            known = json.loads(self._memory.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _remember(self, known: dict[str, object]) -> None:
        with contextlib.suppress(OSError):
            write_whole(self._memory, json.dumps(known, indent=1))


def _state(file: Path) -> str:
    stat = file.stat()
    # The time of the inode's change, unlike that of the content, can't be set by a copying tool.
    return f"{stat.st_size} {stat.st_ino} {stat.st_mtime_ns} {stat.st_ctime_ns}"


def write_whole(file: Path, content: str | bytes) -> None:
    """Write a small file so that a reader sees the old content or the new one, never a part."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        os.replace(name, file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
