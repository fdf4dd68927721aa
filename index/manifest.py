"""What a version of an index holds, which model made it, and whether its files are whole."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus.files import Stamp, stamp_of
from index.errors import DamagedIndex, RefusedIndex
from index.versions import MANIFEST

FORMAT = 3
"""Raised when a file changes its meaning, or :func:`index.terms.terms` its words."""

MADE_WITH = ("faiss-cpu", "bm25s", "numpy")


_LARGE = 16_000_000
"""Bytes from which a file isn't read again as long as its stamp is the one it was written with."""


@dataclass(frozen=True, slots=True)
class FileSum:
    """Size in bytes and sha256 of a file, and the stamp it had when they were taken."""

    size: int
    sha256: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one version of an index holds.

    Attributes
    ----------
    model, fingerprint
        Name of the model and hash of its weights.
    dimension
        Length of a vector.
    corpus_version
        ``Corpus.version`` of what was indexed.
    content
        Hash of every text that was embedded or split into terms, in order.
    places
        Hash of where in its files each document stands, see :func:`index.sources.places_of`.
    embedded, reused
        How many distinct texts this build embedded and how many it took from the version before.
    files
        The other files of the version, by path below its folder, with ``/``.
    made_with
        Versions of the libraries that wrote the files.
    """

    model: str
    fingerprint: str
    dimension: int
    corpus_version: str
    content: str
    places: str
    documents: int
    passages: int
    views: int
    embedded: int
    reused: int
    files: dict[str, FileSum]
    made_with: dict[str, str]
    format: int = FORMAT


def write_manifest(manifest: Manifest, version: Path) -> None:
    """Write the manifest into the folder of its version."""
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (version / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_manifest(version: Path, sha256: str) -> Manifest:
    """Read the manifest of a version.

    Raises
    ------
    DamagedIndex
        It is missing or isn't the one with this sha256.
    RefusedIndex
        It is of another format.
    """
    try:
        content = (version / MANIFEST).read_bytes()
    except OSError:
        raise damaged(version, MANIFEST, "is missing") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise damaged(version, MANIFEST, "has changed")
    fields = json.loads(content)
    if fields["format"] != FORMAT:
        raise RefusedIndex(
            f"the index in {version.parent} has format {fields['format']}, "
            f"this Portello reads format {FORMAT}"
        )
    sums = {
        name: FileSum(each["size"], each["sha256"], tuple(each["stamp"]))
        for name, each in fields.pop("files").items()
    }
    return Manifest(files=sums, **fields)


def made_with() -> dict[str, str]:
    """Return the installed versions of the libraries that write the files."""
    from importlib.metadata import version as installed  # Slow to load, and only builders ask.

    return {name: installed(name) for name in MADE_WITH}


def file_sums(version: Path) -> dict[str, FileSum]:
    """Return size and hash of every file of a version but its manifest."""
    paths = (path for path in sorted(version.rglob("*")) if path.is_file())
    names = {path.relative_to(version).as_posix(): path for path in paths}
    return {name: _sum(path) for name, path in names.items() if name != MANIFEST}


def check_files(manifest: Manifest, version: Path) -> None:
    """Raise DamagedIndex unless every file is there as it was written.

    A large one that nobody has touched since isn't read for it; a copy of it is.
    """
    for name, expected in manifest.files.items():
        if expected.size >= _LARGE and stamp_of(version / name) == expected.stamp:
            continue
        try:
            found = _sum(version / name)
        except OSError:
            raise damaged(version, name, "is missing") from None
        if found.size != expected.size:
            raise damaged(version, name, f"has {found.size} bytes instead of {expected.size}")
        if found.sha256 != expected.sha256:
            raise damaged(version, name, "has changed")


def damaged(version: Path, name: str, what: str) -> DamagedIndex:
    """Return the error for one file of a version."""
    return DamagedIndex(f"the index in {version.parent} is damaged ({version.name}/{name} {what})")


def _sum(path: Path) -> FileSum:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileSum(file.tell(), digest.hexdigest(), stamp_of(path))
