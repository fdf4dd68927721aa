"""A folder in which one version of an index takes the place of another, whole or not at all.

Each version has a folder of its own; the file ``current`` names the one that counts and the sha256
of its manifest. A new version is written beside the old one and made to last before ``current``
is replaced, so that a crash at any moment leaves the old version or the new one. Readers take no
lock.
"""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from index.errors import DamagedIndex, MissingIndex, UnwritableIndex

MANIFEST = "manifest.json"
_CURRENT = "current"
_CURRENT_DRAFT = "current.new"
_LOCK = "build.lock"
_VERSION = re.compile(r"version-[0-9a-f]{16}")
_POINTER = re.compile(rf"({_VERSION.pattern}) ([0-9a-f]{{64}})\n")


class Pointer(NamedTuple):
    """Which version counts: its folder's name and the sha256 of its manifest."""

    name: str
    sha256: str


def current(folder: Path) -> Pointer:
    """Return the version that counts.

    Raises
    ------
    MissingIndex
        Nothing has been built here.
    DamagedIndex
        The file that names it holds something else.
    """
    try:
        text = (folder / _CURRENT).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        raise MissingIndex(f"there is no index in {folder}") from None
    except OSError as error:
        raise DamagedIndex(f"the index in {folder} can't be read ({error.strerror})") from error
    found = _POINTER.fullmatch(text)
    if not found:
        raise DamagedIndex(f"the index in {folder} is damaged ({_CURRENT} names no version)")
    return Pointer(found[1], found[2])


@contextmanager
def building(folder: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the folder as its only builder; the system lets go of it when a process dies.

    Parameters
    ----------
    waiting
        Called once if another builder has to be waited for.

    Raises
    ------
    UnwritableIndex
        The folder can't be made or written to.
    """
    from filelock import FileLock, Timeout  # Slow to load, and only builders wait.

    lock = FileLock(folder / _LOCK)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def new_version(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write a version into, which counts when the block ends well.

    Only for the folder's only builder, see :func:`building`: what dead builders and the version
    before left behind is removed.
    """
    with writing(folder):
        _sweep(folder)
        version = folder / f"version-{secrets.token_hex(8)}"
        version.mkdir()
        try:
            yield version
            _make_last(version)
            _point_to(version)
        finally:
            _sweep(folder)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say what an operator can do where the system refuses to write."""
    try:
        yield
    except OSError as error:
        raise UnwritableIndex(
            f"can't write the index to {folder} ({error.strerror or error}); "
            "make room or name another folder with --index"
        ) from error


def _point_to(version: Path) -> None:
    folder = version.parent
    sha256 = hashlib.sha256((version / MANIFEST).read_bytes()).hexdigest()
    draft = folder / _CURRENT_DRAFT
    draft.write_text(f"{version.name} {sha256}\n", encoding="utf-8", newline="\n")
    _flush(draft)
    os.replace(draft, folder / _CURRENT)
    _flush(folder)


def _sweep(folder: Path) -> None:
    """Remove every version but the one that counts; a reader of another one tries again."""
    try:
        kept = current(folder).name
    except (MissingIndex, DamagedIndex):
        kept = ""
    for path in folder.iterdir():
        if _VERSION.fullmatch(path.name) and path.name != kept:
            shutil.rmtree(path, ignore_errors=True)


def _make_last(folder: Path) -> None:
    """Have everything in a folder written to the disk itself."""
    for path in sorted(folder.rglob("*"), reverse=True):
        _flush(path)
    _flush(folder)


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows can't open a folder
        return
    number = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)
