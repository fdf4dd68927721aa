"""Lines and trimmed spans of a raw text, with offsets that stay true to the file."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

LINE_END = r"(?:\r\n?+|\n)"
"""CRLF, a lone CR or LF, as a part of a pattern: never the first half of a CRLF."""

NEWLINE = re.compile(LINE_END)
BOM = "\ufeff"


def line_starts(text: str, start: int = 0) -> list[int]:
    """Return the offset of each line after ``start``, and ``len(text)`` as the last item.

    A line ends with CRLF, LF or a lone CR, as Markdown counts lines; form feeds, U+2028 and the
    like end none.
    """
    starts = [start, *(match.end() for match in NEWLINE.finditer(text, start))]
    if starts[-1] != len(text):
        starts.append(len(text))
    return starts


def line_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the span of each line of ``text[start:end]``, line ends left out."""
    for match in NEWLINE.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without the whitespace at its ends; an empty span where nothing is left."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, max(start + left, start + len(piece.rstrip()))
