"""What of the earlier questions a pronoun stands for."""

from collections.abc import Sequence

from bot.frames import Frame, prepositional_phrases
from bot.phrases import (
    Token,
    is_plural,
    kind_of,
    kind_of_phrase,
    names_of,
    singular,
    tokens,
)
from bot.word_classes import (
    DETERMINERS,
)

PLURAL = frozenset("they them their these those".split())
PERSONAL = frozenset("he she him her his".split())


def same_thing(head: Token, frames: Sequence[Frame]) -> list[Token]:
    """Return the earlier phrase with this head: "the gold card" of "that card"."""
    for frame in reversed(frames):
        for start, end in frame.phrases:
            if singular(frame.tokens[end - 1].key) == singular(head.key):
                return _definite(frame.tokens[start:end])
    return []


def place_of(frames: Sequence[Frame], names: frozenset[str], *, arriving: bool) -> list[Token]:
    """Return where "there" is: a place that was named, else "at" what was asked about; or empty."""
    found = frames[-1].tokens
    for start, end in prepositional_phrases(found):
        if found[start].key in {"in", "at", "to"} and not kind_of_phrase(
            t.key for t in found[start:end]
        ):
            if arriving:
                return [*tokens("to"), *found[start + 1 : end]]
            return (
                [*tokens("in"), *found[start + 1 : end]]
                if found[start].key == "to"
                else (found[start:end])
            )
    noun = referent("it", frames, names)
    return [*tokens("to" if arriving else "at"), *noun] if noun else []


def referent(key: str, frames: Sequence[Frame], names: frozenset[str]) -> list[Token]:
    """Return the phrase of an earlier question that a pronoun stands for."""
    for frame in reversed(frames):
        nouns = [frame.tokens[s:e] for s, e in frame.phrases]
        nouns = [n for n in nouns if not all(kind_of(t.key) for t in n) or _group(n)]
        if key in PERSONAL:
            nouns = [n for n in nouns if _is_person(n, frame, names)]
        if not nouns:
            continue
        if key in PLURAL:
            return _definite(next((n for n in nouns if is_plural(n[-1].key)), nouns[0]))
        return _definite(_single(nouns, names))
    return []


def _group(noun: list[Token]) -> bool:
    return kind_of_phrase(t.key for t in noun) == "group"


def _is_person(noun: list[Token], frame: Frame, names: frozenset[str]) -> bool:
    """Tell whether a phrase may be "he" or "she": a name, unless "who" asks for another one."""
    if frame.tokens[0].key in {"who", "whom"}:
        return frame.auxiliary >= 0
    return bool(names_of(noun, names))


def _single(nouns: list[list[Token]], names: frozenset[str]) -> list[Token]:
    for noun in nouns:
        if not is_plural(noun[-1].key):
            return noun
        runs = names_of(noun, names)
        if runs and runs[0][1] < len(noun):
            return noun[runs[0][0] : runs[0][1]]
        if runs:
            return noun
    return nouns[0]


def _definite(noun: list[Token]) -> list[Token]:
    bare = [Token(t.word, "", t.key) for t in noun]
    while len(bare) > 1 and {bare[0].key, bare[1].key} <= DETERMINERS:
        bare = bare[1:]
    if bare[0].key in {"a", "an", "any", "some", "another", "this", "that", "these", "those"}:
        return [Token("the", "", "the"), *bare[1:]]
    return bare
