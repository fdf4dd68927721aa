"""Pipe tables: rows as spans of the text and as (header, value) pairs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest

from corpus.lines import Span, line_spans, trim

PIPE_ROW = re.compile(r"\s*\|.*\|\s*")
_PIPE = re.compile(r"(?<!\\)\|")
_ENDS = re.compile(r"[\s|]*(.*?)(?:\s|(?<!\\)\|)*", re.DOTALL)
_SEPARATOR = re.compile(r"[\s|:]*-[\s|:-]*")


@dataclass(frozen=True, slots=True)
class Row:
    """One body row: the text from its first filled cell to its last, and its cells.

    Cells are (header, value) pairs; where both are empty the cell is left out.
    """

    start: int
    end: int
    cells: tuple[tuple[str, str], ...]


def table_rows(
    text: str, start: int, end: int, say: Callable[[str], str] = str.strip
) -> tuple[Row, ...]:
    """Return the body rows of the table ``text[start:end]`` that say anything.

    The first line is the header; a line of dashes below it is no row. ``say`` turns a cell's
    markup into words.
    """
    lines = [trim(text, *span) for span in line_spans(text, start, end)]
    header = _cells(text, lines[0], say)
    body = lines[1:]
    if body and _SEPARATOR.fullmatch(text, *body[0]):
        body = body[1:]
    rows = (Row(*_filled(text, *span), _pairs(header, _cells(text, span, say))) for span in body)
    return tuple(row for row in rows if any(value for _, value in row.cells))


def _inside(text: str, start: int, end: int) -> Span:
    """Return a trimmed line's span without its outer pipes; spaces stay, empty cells count."""
    start += text.startswith("|", start, end)
    end -= text.endswith("|", start, end) and not text.endswith("\\|", start, end)
    return start, end


def _filled(text: str, start: int, end: int) -> Span:
    """Return a trimmed line's span without the pipes and empty cells at its ends."""
    match = _ENDS.fullmatch(text, start, end)
    return match.span(1) if match else (start, end)


def _cells(text: str, span: Span, say: Callable[[str], str]) -> list[str]:
    start, end = _inside(text, *span)
    return [say(cell.replace("\\|", "|")) for cell in _PIPE.split(text[start:end])]


def _pairs(header: list[str], values: list[str]) -> tuple[tuple[str, str], ...]:
    wide = header[: len(values)]
    pairs = zip_longest(wide, values, fillvalue="")
    return tuple((name, value) for name, value in pairs if name or value)
