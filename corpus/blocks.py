"""A text's blocks in reading order: headings, rules, tables, lists and everything else as text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.front_matter import body_start
from corpus.lines import LINE_END, Span, line_spans, line_starts, trim
from corpus.tables import PIPE_ROW, Row, table_rows

_parser = MarkdownIt("commonmark").enable("table").disable("inline")
_inline = MarkdownIt("commonmark")

Kind = Literal["heading", "rule", "table", "list", "text"]

_KINDS: dict[str, Kind] = {
    "heading_open": "heading",
    "hr": "rule",
    "table_open": "table",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
}
_BLANK_LINES = re.compile(rf"{LINE_END}(?:[^\S\r\n]*{LINE_END})+")
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<name>script|style)\b.*?(?:</(?P=name)\s*>|\Z)|<[^>]*>",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block, ``text[start:end]``, without the whitespace around it.

    Attributes
    ----------
    level
        1 to 6 for a heading, else 0.
    heading
        A heading's words without their markup.
    rows
        A table's body rows.
    """

    kind: Kind
    start: int
    end: int
    level: int = 0
    heading: str = ""
    rows: tuple[Row, ...] = ()


def markdown_blocks(text: str) -> list[Block]:
    """Return the blocks of a Markdown text, front matter, comments and scripts left out."""
    body = body_start(text)
    starts = line_starts(text, body)
    tokens = _parser.parse(text[body:])
    found = (
        _markdown_block(text, starts, token, tokens[number + 1 : number + 2])
        for number, token in enumerate(tokens)
        if token.level == 0 and token.map
    )
    return [block for block in found if block.start < block.end]


def _markdown_block(text: str, starts: list[int], token: Token, after: list[Token]) -> Block:
    first, last = token.map or (0, 0)
    start, end = trim(text, starts[first], starts[min(last, len(starts) - 1)])
    kind = _KINDS.get(token.type, "text")
    if kind == "heading":
        return Block("heading", start, end, int(token.tag[1:]), plain(after[0].content))
    if kind == "table":
        return Block("table", start, end, rows=table_rows(text, start, end, plain))
    if token.type == "html_block" and not _UNSEEN.sub("", text[start:end]).strip():
        return Block(kind, start, start)
    return Block(kind, start, end)


def plain(markdown: str) -> str:
    """Return one run of Markdown as the words a reader sees, whitespace normalised."""
    tokens = _inline.parseInline(markdown)[0].children or []
    words = "".join(" " if "break" in token.type else _words(token) for token in tokens)
    return " ".join(words.split()) or " ".join(markdown.split())


def _words(token: Token) -> str:
    return "" if token.type == "html_inline" else token.content


def text_blocks(text: str) -> list[Block]:
    """Return the paragraphs and pipe tables of a plain text."""
    return [
        block
        for start, end in _paragraphs(text)
        for block in _tables_and_text(text, start, end)
        if block.start < block.end
    ]


def _paragraphs(text: str) -> Iterator[Span]:
    start = 0
    for match in _BLANK_LINES.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _tables_and_text(text: str, start: int, end: int) -> Iterator[Block]:
    """Split one paragraph where two or more lines of pipe rows stand in a row."""
    if "|" not in text[start:end]:
        yield Block("text", *trim(text, start, end))
        return
    rest = start
    for first, last in _pipe_runs(text, start, end):
        yield Block("text", *trim(text, rest, first))
        first, rest = trim(text, first, last)
        yield Block("table", first, rest, rows=table_rows(text, first, rest))
    yield Block("text", *trim(text, rest, end))


def _pipe_runs(text: str, start: int, end: int) -> Iterator[Span]:
    run: list[Span] = []
    for span in [*line_spans(text, start, end), (end, end)]:
        if PIPE_ROW.fullmatch(text, *span):
            run.append(span)
            continue
        if len(run) > 1:
            yield run[0][0], run[-1][1]
        run = []
