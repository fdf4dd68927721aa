"""A corpus on disk: documents and passages are made when they are asked for.

Each is one record of MessagePack, all records one array of bytes that stays in its file. A
passage's record leaves out what its document says, too.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, overload

import msgpack
import numpy as np

from corpus.document import Corpus, Document, Passage
from corpus.mapped import mapped
from corpus.outline import Outline

_KEPT = 20_000
"""Documents, and as many passages, that are kept once they have been asked for."""
_FACTS = "corpus.json"
_OUTLINE = tuple(column.name for column in fields(Outline))

T = TypeVar("T")


def save_corpus(corpus: Corpus, files: Sequence[str], folder: Path) -> None:
    """Write a corpus into a folder, which is made.

    Parameters
    ----------
    files
        The names of all files that documents come from.
    """
    folder.mkdir(parents=True)
    numbers = {name: number for number, name in enumerate(files)}
    _save(folder / "documents", (_pack(_of_document(d, numbers)) for d in corpus.documents))
    documents = corpus.documents
    _save(folder / "passages", (_pack(_of_passage(p, documents)) for p in corpus.passages))
    for name in _OUTLINE:
        np.save(folder / f"{name}.npy", getattr(corpus.outline, name))
    facts = json.dumps({"version": corpus.version, "files": len(files)})
    (folder / _FACTS).write_text(facts, encoding="utf-8")


def open_corpus(folder: Path, files: Sequence[str]) -> Corpus:
    """Open what :func:`save_corpus` wrote; its files may bear other names now.

    Raises
    ------
    OSError
        A file can't be read.
    ValueError
        There are more or fewer files than were saved.
    """
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    if facts["files"] != len(files):
        raise ValueError(f"the corpus has {facts['files']} files, found {len(files)}")
    names = tuple(files)
    documents = _Records(folder / "documents", lambda packed: _to_document(packed, names))
    passages = _Records(folder / "passages", lambda packed: _to_passage(packed, documents))
    outline = Outline(**{name: mapped(folder / f"{name}.npy") for name in _OUTLINE})
    return Corpus(documents, passages, facts["version"], outline)


class _Records(Sequence[T]):
    """Values that are made from their records, the last ones kept."""

    def __init__(self, path: Path, make: Callable[[list[Any]], T]) -> None:
        # Memory views give one number or a few bytes faster than arrays do.
        self._starts = mapped(path.with_suffix(".starts.npy")).data
        self._packed = mapped(path.with_suffix(".npy")).data
        self._count = len(self._starts) - 1
        self._make = make
        self._kept = lru_cache(maxsize=_KEPT)(self._one)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return tuple(self._kept(number) for number in range(*at.indices(self._count)))
        if not -self._count <= at < self._count:
            raise IndexError(f"number {at} of {self._count}")
        return self._kept(int(at) % self._count)

    def __iter__(self) -> Iterator[T]:
        return map(self._one, range(self._count))  # Nothing of it is kept.

    def _one(self, number: int) -> T:
        packed = self._packed[self._starts[number] : self._starts[number + 1]]
        return self._make(msgpack.unpackb(packed, unicode_errors="surrogatepass"))


def _save(path: Path, records: Iterator[bytes]) -> None:
    packed = list(records)
    starts = np.zeros(len(packed) + 1, dtype=np.int64)
    np.cumsum([len(record) for record in packed], out=starts[1:])
    np.save(path.with_suffix(".starts.npy"), starts)
    np.save(path.with_suffix(".npy"), np.frombuffer(b"".join(packed), dtype=np.uint8))


def _pack(record: list[Any]) -> bytes:
    packed: bytes = msgpack.packb(record, unicode_errors="surrogatepass")
    return packed


def _of_document(document: Document, files: dict[str, int]) -> list[Any]:
    days = [day and day.isoformat() for day in (document.valid_until, document.review_by)]
    return [
        document.id,
        files[document.file],
        document.text,
        document.title,
        document.format,
        document.field,
        document.questions,
        document.url,
        document.lang,
        *days,
        document.line,
    ]


def _to_document(record: list[Any], files: Sequence[str]) -> Document:
    name, file, text, title, form, field, questions, url, lang, until, review, line = record
    return Document(
        name,
        files[file],
        text,
        title,
        form,
        field,
        tuple(questions),
        url,
        lang,
        until and date.fromisoformat(until),
        review and date.fromisoformat(review),
        line,
    )


def _of_passage(passage: Passage, documents: Sequence[Document]) -> list[Any]:
    document = documents[passage.document]
    own = [
        None if mine == its else mine
        for mine, its in (
            (passage.id, document.id),
            (passage.source_id, document.id),
            (passage.text, document.text),
            (passage.title, document.title),
            (passage.questions, document.questions),
        )
    ]
    places = (passage.start, passage.end, *passage.context)
    return [passage.document, passage.kind, *places, *own, passage.section, passage.cells]


def _to_passage(record: list[Any], documents: Sequence[Document]) -> Passage:
    number, kind, start, end, left, right, name, source, text, title, asked, section, cells = record
    its = documents[number]
    return Passage(
        its.id if name is None else name,
        its.id if source is None else source,
        number,
        kind,
        start,
        end,
        its.text if text is None else text,
        its.title if title is None else title,
        tuple(section),
        its.questions if asked is None else tuple(asked),
        tuple((header, value) for header, value in cells),
        (left, right),
    )
