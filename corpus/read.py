"""Files and folders become documents: the only file input."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpus.document import Corpus, Document, Passage
from corpus.errors import CorpusError
from corpus.files import SUFFIXES, Found, found_files
from corpus.readers.common import Ids, read_text
from corpus.readers.jsonl import read_jsonl, read_line
from corpus.readers.markdown import read_markdown
from corpus.readers.plain import read_plain
from corpus.readers.spreadsheet import read_row, read_spreadsheet
from corpus.split import split_document
from corpus.version import version

_PAGES = (".md", ".txt")


def read_corpus(paths: Sequence[Path]) -> Corpus:
    """Return the documents and passages of files and folders.

    Raises
    ------
    CorpusError
        A path isn't there, a file isn't what its suffix says, an id is given twice, or there is no
        passage at all.
    """
    corpus = corpus_of(_read(paths))
    if not corpus.passages:
        places = ", ".join(map(str, paths)) or "no path"
        raise CorpusError(
            f"{places}: nothing to answer from; put {', '.join(SUFFIXES)} files with text there"
        )
    return corpus


def corpus_of(documents: Sequence[Document]) -> Corpus:
    """Return documents with their passages."""
    passages = tuple(_passages(documents))
    return Corpus(tuple(documents), passages, version(documents, passages))


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
    named = file.suffix.lower() != ".jsonl" or (now is not None and now.id == document.id)
    same = now is not None and (now.field, now.questions) == (document.field, document.questions)
    if now is None or not same or not named:
        raise CorpusError(f"{file}, line {document.line}: {document.id} is gone; index again")
    return now.text


def _read(paths: Sequence[Path]) -> list[Document]:
    found = list(found_files(paths))
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


def _page(found: Found, name: str) -> Document:
    read = read_markdown if found.suffix == ".md" else read_plain
    return read(found.file, read_text(found.file), name)


def _entry_at(file: Path, line: int) -> Document | None:
    return (read_line if file.suffix.lower() == ".jsonl" else read_row)(file, line)


def _entries(file: Path, ids: Ids) -> Iterator[Document]:
    read = read_jsonl if file.suffix.lower() == ".jsonl" else read_spreadsheet
    return read(file, read_text(file), ids)
