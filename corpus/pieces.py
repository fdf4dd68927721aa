"""Long text in pieces that fit an encoder and a reader: cut between sentences, then words."""

import math
import re
from collections.abc import Iterator

from corpus.lines import Span, trim
from corpus.sentences import sentences

LONGEST = 1000
"""Characters a piece may have: about what the default model reads of a passage."""


def pieces(text: str, start: int, end: int, longest: int = LONGEST) -> list[Span]:
    """Return the spans of ``text[start:end]`` cut into pieces of about equal length.

    Pieces are cut between sentences; a sentence longer than ``longest`` between words; a word
    longer than that stays whole. All text but whitespace lies in a piece.
    """
    if end - start <= longest:
        return [trim(text, start, end)]
    units = [
        unit
        for first, last in sentences(text[start:end])
        for unit in _words_of_long(text, start + first, start + last, longest)
    ]
    return _balanced(units, longest)


def _words_of_long(text: str, start: int, end: int, longest: int) -> Iterator[Span]:
    if end - start <= longest:
        yield start, end
    else:
        words = [match.span() for match in re.compile(r"\S+").finditer(text, start, end)]
        yield from _balanced(words, longest)


def _balanced(units: list[Span], longest: int) -> list[Span]:
    """Join neighbours into as few spans of at most ``longest`` as are needed, evenly filled."""
    joined: list[Span] = []
    number = 0
    while number < len(units):
        first = units[number][0]
        left = units[-1][1] - first
        target = left / math.ceil(left / longest)
        number += 1
        while number < len(units) and _fits(units, number, first, target, longest):
            number += 1
        joined.append((first, units[number - 1][1]))
    return joined


def _fits(units: list[Span], number: int, first: int, target: float, longest: int) -> bool:
    """Tell whether taking the unit ``number`` too comes nearer to the target length."""
    without, with_it = units[number - 1][1] - first, units[number][1] - first
    return with_it <= longest and abs(with_it - target) <= abs(without - target)
