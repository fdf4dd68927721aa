"""Whether two sources tell a visitor different things: other places, dates or numbers. Pure.

Sources of one owner contradict each other more often than owners think. No rule can tell which of
them is right; that they differ can be told from what was asked for and from the values given.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.agreement_kinds import asked_kinds
from bot.agreement_numbers import numbers
from bot.agreement_words import named_words
from index.terms import fold, words

_PLACE = re.compile(
    r"\bwhere\b|\b(?:which|what) (?:\w+ )?(?:countr(?:y|ies)|cit(?:y|ies)|towns?|villages?|places?|"
    r"plants?|factor(?:y|ies)|locations?|sites?)\b"
)
_TABLE = re.compile(r"\s*\|")
_CAPITAL = re.compile(r"\b[^\W\d_a-z][^\W\d_]+")
_STEM = 4
"""Letters that a country and its adjective share: Italy and Italian, Mexico and Mexican."""
_TIMES = frozenset({"when", "time"})
_AMOUNTS = frozenset({"how many", "price", "how long", "how far"})


def differing(question: str, title: str, answers: Sequence[str]) -> str | None:
    """Return in what the first answer and another one differ: places, dates or numbers, or None.

    Places differ if two answers each name more of their own than the other shares; dates and
    numbers if both have some and share none. What the question or the title names is no answer,
    and "Italian" is no other place than "Italy".

    Parameters
    ----------
    answers
        Texts that all answer the question, best first; a table row as its cells.
    """
    kind = compared(question)
    said = frozenset(words(f"{question} {title}"))
    if kind == "places":
        return kind if _each_its_own([_names(each, said) for each in answers]) else None
    return kind if kind and _apart([_numbers(each, said) for each in answers]) else None


def compared(question: str) -> str | None:
    """Return what a question asks for of which answers can differ: places, dates, numbers."""
    asked = fold(question).strip()
    kinds = set(asked_kinds(asked))
    if kinds & _TIMES:
        return "dates"
    if kinds & _AMOUNTS:
        return "numbers"
    return "places" if _PLACE.search(asked) else None


def tells_more(question: str, title: str, answer: str, other: str) -> bool:
    """Tell whether another text names a place, a date or a number, if asked for, not in an answer.

    Only such a text can differ from it.
    """
    kind = compared(question)
    said = frozenset(words(f"{question} {title}"))
    if kind == "places":
        return bool(_own(_names(other, said), _names(answer, said)))
    return kind is not None and not _numbers(other, said) <= _numbers(answer, said)


def telling(question: str, title: str, answer: str, sentences: Sequence[str], nearest: int) -> int:
    """Return which sentence of a text is to be shown beside an answer.

    The nearest one; but where a place is asked for and it names none that the answer doesn't name,
    too, the one that names most of its own.
    """
    if not _PLACE.search(fold(question)):
        return nearest
    said = frozenset(words(f"{question} {title}"))
    known = _names(answer, said)
    own = [len(_own(_names(each, said), known)) for each in sentences]
    return nearest if own[nearest] else max(range(len(own)), key=own.__getitem__)


def _numbers(answer: str, said: frozenset[str]) -> frozenset[str]:
    return numbers(fold(answer)) - said


def _names(answer: str, said: frozenset[str]) -> frozenset[str]:
    return _marked(answer) - said


@lru_cache(maxsize=2048)  # The same passages come up again and again.
def _marked(answer: str) -> frozenset[str]:
    """Return the folded words of an answer that are written with a capital within a sentence.

    In a table, which is no sentence, all that are; its header names no places.
    """
    if _TABLE.match(answer):
        cells = " ".join(answer.splitlines()[2:])
        return frozenset(fold(word) for word in _CAPITAL.findall(cells))
    return frozenset(word.folded for word in named_words(answer) if word.marked)


def _apart(values: Sequence[frozenset[str]]) -> bool:
    first = values[0] if values else frozenset()
    return any(first and other and not first & other for other in values[1:])


def _each_its_own(values: Sequence[frozenset[str]]) -> bool:
    first = values[0] if values else frozenset()
    return any(
        len(first) - len(own := _own(first, other)) < min(len(own), len(_own(other, first)))
        for other in values[1:]
    )


def _own(names: frozenset[str], others: frozenset[str]) -> list[str]:
    """Return the names that begin like none of the others."""
    known = {other[:_STEM] for other in others}
    return [name for name in names if name[:_STEM] not in known]
