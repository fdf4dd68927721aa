"""Documents and the passages they are split into: plain values with character spans."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from corpus.outline import Outline

Kind = Literal["entry", "paragraph", "row", "table"]


@dataclass(frozen=True, slots=True)
class Document:
    """One text in which spans are counted.

    A whole ``.md`` or ``.txt`` file, or one field of a ``.jsonl`` or ``.csv`` entry (there text is
    escaped, so that offsets in the file itself would mean nothing).

    Attributes
    ----------
    id
        Unique in a corpus: the file's path below its root, or the entry's own id.
    file
        The file's path as the owner named it, so that ``open(file)`` works where Portello was
        started.
    text
        What spans count in: the file as read with ``newline=""``, or the field's value.
    field
        ``"answer"`` or ``"text"`` for ``.jsonl`` and ``.csv``, else None.
    questions
        The phrasings, where the whole document is one FAQ entry (``.jsonl``, ``.csv``).
    line
        Where in ``file`` the entry begins, from 1 (``.jsonl``, ``.csv``), else None.
    """

    id: str
    file: str
    text: str
    title: str
    format: Literal["markdown", "text"] = "text"
    field: Literal["answer", "text"] | None = None
    questions: tuple[str, ...] = ()
    url: str | None = None
    lang: str | None = None
    valid_until: date | None = None
    review_by: date | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document that can be shown as a snippet: ``document.text[start:end] == text``.

    Attributes
    ----------
    id
        Unique in a corpus, stable as long as the document's structure is.
    source_id
        What a reply names as its source: the entry's own id for ``.jsonl`` and ``.csv`` (several
        passages of one long text share it), else ``id``.
    document
        Position of its document in ``Corpus.documents``.
    kind
        ``entry``: an FAQ answer, with its ``questions``. ``paragraph``: running text or a list.
        ``row``: one table row, with its ``cells``. ``table``: the whole table.
    section
        Heading path, outermost first, without the document's title.
    questions
        An entry's phrasings, the first as the owner's main one; empty for other kinds.
    cells
        A row's (header, value) pairs, in order; empty for other kinds.
    context
        Span of the text to show around this one: the whole table for a row, the whole paragraph for
        a piece of it, a lead-in with its table or list; else its own span.
    """

    id: str
    source_id: str
    document: int
    kind: Kind
    start: int
    end: int
    text: str
    title: str
    section: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    context: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Corpus:
    """Everything that was read, in reading order, and a hash of it.

    Documents and passages may be made from a file only when they are asked for: going through all
    of them is for building an index; what a question or a start needs of all is in ``outline``.
    """

    documents: Sequence[Document]
    passages: Sequence[Passage]
    version: str
    given: "Outline | None" = field(default=None, compare=False, repr=False)

    @cached_property
    def outline(self) -> "Outline":
        """What is asked of all documents and passages at once."""
        from corpus.outline import Outline  # NumPy, which `--help` can do without.

        return self.given or Outline.of(self.documents, self.passages)
