"""Files and folders become documents: the only file input."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.document import Corpus, Document, Passage
from corpus.errors import CorpusError
from corpus.readers.common import Ids, read_text
from corpus.readers.jsonl import read_jsonl, read_line
from corpus.readers.markdown import read_markdown
from corpus.readers.plain import read_plain
from corpus.readers.spreadsheet import read_spreadsheet
from corpus.split import split_document
from corpus.version import version

SUFFIXES = (".md", ".txt", ".jsonl", ".csv")
_PAGES = (".md", ".txt")


@dataclass(frozen=True, slots=True)
class _Found:
    """A file to read, its path below its root and that root's name."""

    file: Path
    below: str
    root: str

    @property
    def suffix(self) -> str:
        return self.file.suffix.lower()


def read_corpus(paths: Sequence[Path]) -> Corpus:
    """Return the documents and passages of files and folders.

    Raises
    ------
    CorpusError
        A path isn't there, a file isn't what its suffix says, an id is given twice, or there is no
        passage at all.
    """
    documents = _read(paths)
    passages = tuple(_passages(documents))
    if not passages:
        places = ", ".join(map(str, paths)) or "no path"
        raise CorpusError(
            f"{places}: nothing to answer from; put {', '.join(SUFFIXES)} files with text there"
        )
    return Corpus(tuple(documents), passages, version(documents, passages))


def read_documents(path: Path) -> list[Document]:
    """Return the documents of one file or folder; CorpusError as for :func:`read_corpus`."""
    return _read([path])


def text_of(document: Document) -> str:
    """Return what the document's file holds now where the document was read.

    Raises
    ------
    CorpusError
        The file can't be read any more, or the entry is no longer where it was.
    """
    file = Path(document.file)
    if document.field is None:
        return read_text(file)
    now = _entry_at(file, document.line or 1)
    if now is None or (now.field, now.questions) != (document.field, document.questions):
        raise CorpusError(f"{file}, line {document.line}: {document.id} is gone; index again")
    return now.text


def _read(paths: Sequence[Path]) -> list[Document]:
    found = list(_files(paths))
    twice = {name for name, count in Counter(each.below for each in found).items() if count > 1}
    ids = Ids()
    documents: list[Document] = []
    for each in found:
        if each.suffix in _PAGES:
            name = f"{each.root}/{each.below}" if each.below in twice else each.below
            documents.append(_page(each, ids.derive(name, str(each.file))))
        else:
            documents.extend(_entries(each.file, ids))
    return documents


def _passages(documents: Sequence[Document]) -> Iterator[Passage]:
    """Yield the passages of all documents; an id that looks like another's part stays its own."""
    ids = Ids({document.id: document.file for document in documents})
    for number, document in enumerate(documents):
        for passage in split_document(document, number):
            if passage.id == document.id:
                yield passage
                continue
            name = ids.derive(passage.id, document.file)
            yield replace(passage, id=name, source_id=document.id if document.field else name)


def _page(found: _Found, name: str) -> Document:
    read = read_markdown if found.suffix == ".md" else read_plain
    return read(found.file, read_text(found.file), name)


def _entry_at(file: Path, line: int) -> Document | None:
    text = read_text(file)
    if file.suffix.lower() == ".jsonl":
        return read_line(file, text, line)
    return next(
        (entry for entry in read_spreadsheet(file, text, Ids()) if entry.line == line), None
    )


def _entries(file: Path, ids: Ids) -> Iterator[Document]:
    read = read_jsonl if file.suffix.lower() == ".jsonl" else read_spreadsheet
    return read(file, read_text(file), ids)


def _files(paths: Sequence[Path]) -> Iterator[_Found]:
    """Yield every file once, in the order of the paths, folders in sorted order."""
    seen: set[Path] = set()
    for path in paths:
        root = path if path.is_dir() else path.parent
        for file in _walk(path) if path.is_dir() else [_named(path)]:
            real = file.resolve()
            if real not in seen:
                seen.add(real)
                yield _Found(file, file.relative_to(root).as_posix(), root.resolve().name)


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
