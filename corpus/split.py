"""A document becomes passages: FAQ entries, paragraphs, lists, tables and their rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from corpus.blocks import Block, markdown_blocks, text_blocks
from corpus.document import Document, Kind, Passage
from corpus.faq import answer_start
from corpus.lines import Span
from corpus.parts import Part, markdown_parts
from corpus.pieces import LONGEST, pieces
from corpus.slug import slug

SHOWN_WHOLE = 1500
"""Characters up to which a paragraph is shown whole around one of its pieces."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A passage that has no id yet; ``suffix`` tells rows and tables from running text."""

    kind: Kind
    span: Span
    context: Span
    suffix: str = ""
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Names:
    """Ids within a document: a heading's slug, then the slug with "-2", "-3"."""

    count: Counter[str] = field(default_factory=Counter)
    taken: set[str] = field(default_factory=set)

    def new(self, base: str, numbered: bool) -> str:
        name = ""
        while not name or name in self.taken:
            self.count[base] += 1
            number = self.count[base]
            name = f"{base}-{number}" if numbered or number > 1 else base
        self.taken.add(name)
        return name


def split_document(document: Document, number: int) -> list[Passage]:
    """Return the passages of the document at position ``number`` of a corpus, in reading order.

    For each, ``document.text[start:end] == text``. Nothing is lost: all text that isn't Markdown's
    own structure (headings, front matter, comments, link definitions) lies in some passage.
    """
    names = _Names()
    drafts = [(part, draft) for part in _parts(document) for draft in _drafts(document, part)]
    # An entry or a short text of a .jsonl or .csv file is one passage and bears its plain id.
    whole = document.field is not None and len(drafts) == 1
    return [
        _passage(
            document,
            number,
            part,
            draft,
            document.id
            if whole or (document.questions and draft.kind == "entry")
            else f"{document.id}#{names.new(slug(part.name) + draft.suffix, draft.kind == 'row')}",
        )
        for part, draft in drafts
    ]


def _parts(document: Document) -> list[Part]:
    if document.format == "markdown":
        return markdown_parts(document.text, document.title, markdown_blocks(document.text))
    return [Part((), "text", text_blocks(document.text), document.questions)]


def _passage(document: Document, number: int, part: Part, draft: _Draft, name: str) -> Passage:
    return Passage(
        id=name,
        source_id=document.id if document.field else name,
        document=number,
        kind=draft.kind,
        start=draft.span[0],
        end=draft.span[1],
        text=document.text[slice(*draft.span)],
        title=document.title,
        section=part.section,
        questions=part.questions if draft.kind == "entry" else (),
        cells=draft.cells,
        context=draft.context,
    )


def _drafts(document: Document, part: Part) -> Iterator[_Draft]:
    text = document.text
    if not part.questions:
        yield from _running(text, [block for block in part.blocks if block.kind != "heading"])
    elif ends := [block.end for block in part.blocks if block.kind != "heading"]:
        start, end = part.blocks[0].start, ends[-1]
        span = (answer_start(text, start, end) if document.field is None else start), end
        yield _Draft("entry", span, span)
        for block in part.blocks:
            yield from _rows(block)


def _running(text: str, blocks: Sequence[Block]) -> Iterator[_Draft]:
    number = 0
    while number < len(blocks):
        block, after = blocks[number], blocks[number + 1 : number + 2]
        number += 1
        span = block.start, block.end
        led = after[0] if after and _leads_in(text, block, after[0]) else None
        whole = (block.start, led.end) if led else span
        if led and led.kind == "list" and whole[1] - whole[0] <= LONGEST:
            number += 1
            yield _Draft("paragraph", whole, whole)
        elif block.kind == "table":
            yield _Draft("table", span, span, "-table")
            yield from _rows(block)
        else:
            yield from _pieces(text, span, whole)


def _leads_in(text: str, block: Block, after: Block) -> bool:
    """Tell whether a block announces the list or table right after it."""
    return (
        block.kind == "text"
        and after.kind in ("list", "table")
        and text[block.start : block.end].endswith((":", "："))
        and not text[block.end : after.start].strip()
    )


def _pieces(text: str, span: Span, whole: Span) -> Iterator[_Draft]:
    shown = next((each for each in (whole, span) if each[1] - each[0] <= SHOWN_WHOLE), None)
    for piece in pieces(text, *span):
        yield _Draft("paragraph", piece, shown or piece)


def _rows(block: Block) -> Iterator[_Draft]:
    for row in block.rows:
        span = row.start, row.end
        yield _Draft("row", span, (block.start, block.end), "-row", row.cells)
