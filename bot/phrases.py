"""Phrases of a question, told by closed word classes: enough to take one out and put another in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.word_classes import (
    ADJECTIVES,
    ADVERBS,
    AUXILIARIES,
    CLAUSES,
    DAYS,
    DETERMINERS,
    GROUPS,
    MONTHS,
    PERSONS,
    PREPOSITIONS,
    TIMES,
    VERBS,
    WH,
)
from index.frequency import frequency
from index.terms import fold

Span = tuple[int, int]

_CONTRACTION = re.compile(r"(?:i|you|we|they|he|she|it)'(?:d|ll|m|ve|re|s)|[a-z]+n't")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_EDGES = re.compile(r"^([\"“”'‘’(\[]*)(.*?)([\"“”’')\]?!.,;:…]*)$", re.DOTALL)
_SHORT = re.compile(
    r"(?i)\b(what|where|who|when|how|it|that|there)(?:['’]s|s(?=\s+(?:the|it|that|your|their|a)\b))"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word as written, the punctuation behind it, and the word folded for comparing."""

    word: str
    tail: str
    key: str


def tokens(text: str) -> list[Token]:
    """Return the words of a text; "what's" is two of them."""
    found: list[Token] = []
    for piece in _SHORT.sub(r"\1 is", text).split():
        matched = _EDGES.match(piece)
        word = matched.group(2) if matched else piece
        tail = matched.group(3) if matched else ""
        if word:
            comma = "," if tail[:1] in {",", ";"} else ""
            possessive = tail[:1] if tail[:1] in {"'", "’"} and word.endswith("s") else ""
            found.append(Token(word + possessive, comma, fold(word).replace("’", "'")))
    return found


def text_of(found: Iterable[Token]) -> str:
    """Return the words as one line."""
    return " ".join(token.word + token.tail for token in found).rstrip(",")


def singular(key: str) -> str:
    """Return a word without the s of its plural."""
    return key[:-1] if is_plural(key) and key.endswith("s") else key


def is_plural(key: str) -> bool:
    """Tell whether a noun looks like a plural."""
    endings = ("ss", "us", "is", "'s")
    return key in {"people", "children", "men", "women"} or (
        len(key) > 2 and key.endswith("s") and not key.endswith(endings)
    )


def kind_of(key: str) -> str:
    """Return "time", "year", "number", "group" of people or ""."""
    if _YEAR.fullmatch(key):
        return "year"
    if key[:1].isdigit():
        return "number"
    base = singular(key)
    if {key, base} & (DAYS | TIMES | MONTHS):
        return "time"
    return "group" if base in GROUPS else ""


def kind_of_phrase(keys: Iterable[str]) -> str:
    """Return the kind of a phrase's words; of a year also "time"."""
    kinds = {kind_of(key) for key in keys}
    for kind in ("time", "year", "group", "number"):
        if kind in kinds:
            return kind
    return ""


def is_verbal(token: Token) -> bool:
    """Tell whether a word looks like a verb or participle rather than a noun."""
    key = token.key
    return (
        key in VERBS or key in ADJECTIVES or (len(key) > 4 and key.endswith("ed") and key.isalpha())
    )


def is_edge(token: Token) -> bool:
    """Tell whether a word of a closed class ends a noun phrase."""
    key = token.key
    if _CONTRACTION.fullmatch(key):
        return True
    return (
        key in PREPOSITIONS or key in AUXILIARIES or key in ADVERBS or key in CLAUSES or key in WH
    ) and key != "may"


def names_of(found: list[Token], names: frozenset[str]) -> list[Span]:
    """Return the spans of names: capitals within a sentence, else uncommon words of the topic."""
    small = PREPOSITIONS | DETERMINERS | AUXILIARIES | WH | CLAUSES
    titled = any(t.word[:1].isupper() for t in found[1:] if t.key in small)
    spans: list[Span] = []
    for at, token in enumerate(found):
        key = token.key
        if key in small | PERSONS or kind_of(key) == "time":
            continue
        capital = token.word[:1].isupper() and not titled
        known = key in names and key.isalpha() and frequency(key) < 4.5
        follows = bool(spans) and spans[-1][1] == at and not found[at - 1].tail
        if capital or known or (follows and kind_of(key) == "number"):
            spans = [*spans[:-1], (spans[-1][0], at + 1)] if follows else [*spans, (at, at + 1)]
    return spans


def is_clause(body: list[Token]) -> bool:
    """Tell whether there is more than a fragment: an auxiliary, or a word that asks."""
    keys = [t.key for t in body]
    return any(k in AUXILIARIES and k != "may" for k in keys) or keys[0] in WH
