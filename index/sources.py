"""Whether an index was built from these very files, told without reading them.

Size, inode and times of every file are compared, and the code that reads and splits them. What
that can't notice: a change that leaves all of them alike, which needs the system's clock set back
or the disk written to beneath its file system. Whatever differs, the files are read, and only
their content counts.
"""

import contextlib
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import Stemmer

from corpus.document import Corpus
from corpus.files import found_files, is_settled, stamp_of
from index.digest import write_whole

_NAME = "sources.json"
_OURS = ("corpus", "index")
_OTHERS = ("markdown_it", "yaml")


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a corpus as they are now.

    Attributes
    ----------
    files
        Their names, in reading order.
    stamp
        Hash that is another when a file or what reads it is.
    settled
        Whether no file is so new that a further change could leave its times alike.
    """

    files: tuple[str, ...]
    stamp: str
    settled: bool


def sources_of(paths: Sequence[Path]) -> Sources:
    """Return the files that a corpus is read from; CorpusError as for reading them."""
    found = list(found_files(paths))
    stamps = [stamp_of(each.file) for each in found]
    places = [(each.below, each.root) for each in found]
    told = json.dumps([places, stamps, code()])
    return Sources(
        tuple(str(each.file) for each in found),
        hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest(),
        all(map(is_settled, stamps)),
    )


def remember(folder: Path, version: str, sources: Sources, corpus: Corpus) -> None:
    """Note that a version of an index was built from these files, which were read as ``corpus``.

    Where it can't be noted, they are read again at the next start.
    """
    numbers = {name: number for number, name in enumerate(sources.files)}
    files = [numbers[name] for name in files_of(corpus)]
    told = json.dumps({"version": version, "stamp": sources.stamp, "files": files})
    with contextlib.suppress(OSError):
        write_whole(folder / _NAME, told)


def remembered(folder: Path, version: str, sources: Sources) -> list[str] | None:
    """Return which files hold documents, if this version is known to be built from them all."""
    try:
        known = json.loads((folder / _NAME).read_text("utf-8"))
        if (known["version"], known["stamp"]) != (version, sources.stamp):
            return None
        return [sources.files[number] for number in known["files"]]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def files_of(corpus: Corpus) -> list[str]:
    """Return the files that documents come from, in order."""
    return list(dict.fromkeys(document.file for document in corpus.documents))


def places_of(corpus: Corpus) -> str:
    """Return a hash of where in its files each document stands, whatever they are called."""
    numbers = {name: number for number, name in enumerate(files_of(corpus))}
    places = [(numbers[document.file], document.line) for document in corpus.documents]
    return hashlib.sha256(json.dumps(places).encode()).hexdigest()


@cache
def code() -> str:
    """Return a hash of all that reads and splits texts, ours and others'."""
    hashed = hashlib.sha256(f"{sys.version} {Stemmer.version()}".encode())
    for name in _OURS:
        for file in sorted(_folder(name).rglob("*.py")):
            hashed.update(file.read_bytes())
    for name in _OTHERS:
        hashed.update((_folder(name) / "__init__.py").read_bytes())
    return hashed.hexdigest()


def _folder(package: str) -> Path:
    found = find_spec(package)
    return Path(found.origin).parent if found and found.origin else Path()
