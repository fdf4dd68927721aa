"""Fragments that take the place of a phrase: "and in Mexico?", "what about BMW", "sunday?"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.frames import Frame, frame_of, prepositional_phrases
from bot.leads import Said
from bot.phrases import (
    Span,
    Token,
    is_clause,
    is_edge,
    is_plural,
    is_verbal,
    kind_of,
    kind_of_phrase,
    names_of,
    singular,
    text_of,
    tokens,
)
from bot.referents import referent
from bot.word_classes import (
    ADJECTIVES,
    ADVERBS,
    ATTRIBUTES,
    AUXILIARIES,
    BE,
    DETERMINERS,
    PREPOSITIONS,
    SELF_STANDING,
    VERBS,
)
from index.frequency import frequency

Alike = Callable[[str, Sequence[str]], Sequence[float]]
"""How near in meaning a phrase is to each of some others; the greater, the nearer."""
_UNCOMMON = 4.3
"""Frequency (Zipf) below which a lone lower-case word may be a name: "bmw", "toluca"."""
_LONGEST = 6
"""Words of the longest fragment that takes the place of a phrase."""
_BARE = 2
"""Words, but for articles, of the longest fragment that nothing has to introduce."""
_PRESENT = frozenset("today now nowadays currently".split())
_PAST = frozenset("originally initially formerly previously yesterday past".split())
_DEFINITE = frozenset("last next previous this every".split())
"""Words that make a time of a day or a month: "last week", in place of "next week"."""
_COMPARED = frozenset("before earlier later afterwards".split())
"""Words that alone are another time: "and before?"."""
_CLOSE = 0.5
"""Cosine from which a fragment that nothing introduces takes the place of a phrase."""
_RARE = 3.0
"""The same for a word that nothing introduces."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the words: names of the site's topic, nearness of phrases."""

    names: frozenset[str]
    alike: Alike | None


def read_fragment(said: Said, frames: Sequence[Frame], known: Known) -> list[Token] | None:
    """Return the earlier question with the fragment put in its place; None for no fragment."""
    body, frame = said.body, frames[-1]
    keys = [t.key for t in body]
    led = bool(said.lead) or said.corrected
    if is_clause(body) or len(body) > 8 or set(keys) & {"you", "your", "i", "my", "we", "our"}:
        return None
    if keys[0] in PREPOSITIONS and len(body) > 1:
        return _with_preposition(frame, body)
    timed = all(
        kind_of(k) in {"time", "year"} or k in {"the", *_DEFINITE, *_COMPARED} for k in keys
    )
    if timed and kind_of_phrase(keys):
        return with_time(frame.tokens, body)
    if led and len(keys) == 1 and keys[0] in _COMPARED:
        return with_time(frame.tokens, body)
    if led and set(keys) <= ADVERBS | {"back"}:
        return [*frame.tokens, *tokens("and"), *body]
    led |= _names_one(keys)
    if led and singular(keys[-1]) in ATTRIBUTES | {"warranty"} and said.lead and len(body) < 3:
        return _about_attribute(said, frames, known.names)
    if led and keys[0] in VERBS and frame.action and frame.before_verb:
        return frame.before_verb + body
    if not frame.asks or len(body) > _LONGEST:
        return None
    swapped = _said_of_subject(body, frame) if led else None
    swapped = swapped or _swapped(body, frame, known, certain=led)
    if swapped or not led:
        return swapped
    return [*frame.tokens, *tokens("and"), *body] if said.lead else None


def _said_of_subject(body: list[Token], frame: Frame) -> list[Token] | None:
    """Return "where are they sold" of "where are they made" and "sold"; None for other phrases."""
    (start, end), found = frame.subject, frame.tokens
    if start == end or found[frame.auxiliary].key not in BE:
        return None
    said = [*found[end : end + 1], *body]
    if len(said) == len(body) or any(t.key in VERBS - ADJECTIVES or not is_verbal(t) for t in said):
        return None
    return found[:end] + body + found[end + 1 :]


def _about_attribute(
    said: Said, frames: Sequence[Frame], names: frozenset[str]
) -> list[Token] | None:
    noun = referent("it", frames, names)
    if not noun or any(t.key == said.body[-1].key for t in frames[-1].tokens):
        return None
    return [*tokens("what about"), *said.body, *tokens("of"), *noun]


def _broad(keys: Sequence[str]) -> str:
    kind = kind_of_phrase(keys)
    return "time" if kind == "year" else kind


def _with_preposition(frame: Frame, body: list[Token]) -> list[Token]:
    found = frame.tokens
    kind = _broad([t.key for t in body])
    for start, end in reversed(prepositional_phrases(found)):
        inside = _broad([t.key for t in found[start:end]])
        same = found[start].key == body[0].key
        if body[-1].key in {"one", "ones"} and same:
            return found[:start] + body[:-1] + found[end - 1 :]
        if (kind == inside == "time") or (same and kind == inside):
            return found[:start] + body + found[end:]
    if kind == "time":
        return with_time(found, body)
    return [*found, *body]


def with_time(found: list[Token], time: list[Token]) -> list[Token]:
    """Return the question at another time: in place of its own, else at its end."""
    found = _in_tense(found, frozenset(t.key for t in time))
    own = time[0].key in PREPOSITIONS | SELF_STANDING | _DEFINITE | _COMPARED
    for start in range(len(found)):
        end = start
        while end < len(found) and kind_of(found[end].key) in {"time", "year"}:
            end += 1
        if end > start and not (own and end < len(found) and _goes_on(found[end])):
            whole = own or time[0].key in DETERMINERS
            if whole and start and _is_definite(found[start - 1], found[start]):
                start -= 1
            while start and found[start - 1].key in DETERMINERS:
                start -= 1
            if start and own and found[start - 1].key in PREPOSITIONS:
                start -= 1
            return found[:start] + time + found[end:]
    if [t.key for t in found[-2:]] == ["at", "first"]:
        return found[:-2] + time
    return [*found, *time]


def _is_definite(token: Token, time: Token) -> bool:
    """Tell "last week" from what may "last today"."""
    return token.key in _DEFINITE and time.key not in SELF_STANDING


def _goes_on(token: Token) -> bool:
    """Tell whether a phrase goes on after a time: "winter tyres"."""
    return not (is_edge(token) or is_verbal(token) or token.key in DETERMINERS)


def _in_tense(found: list[Token], time: frozenset[str]) -> list[Token]:
    """Return a question about the past in the present tense for "now", and the other way."""
    at = next((i for i, t in enumerate(found) if t.key in AUXILIARIES), -1)
    if at < 0:
        return found
    there, following = found[at], {t.key for t in found[at + 1 : at + 2]}
    if time & _PRESENT:
        plural = following & {"i", "you", "we", "they"} or _plural_subject(found)
        word = {"was": "is", "were": "are", "did": "do" if plural else "does"}.get(there.key)
    elif time & _PAST or time == {"before"}:
        word = {"is": "was", "are": "were", "do": "did", "does": "did"}.get(there.key)
    else:
        word = None
    if word is None:
        return found
    word = word.capitalize() if there.word[:1].isupper() else word
    return [*found[:at], Token(word, there.tail, word.lower()), *found[at + 1 :]]


def _plural_subject(found: list[Token]) -> bool:
    start, end = frame_of(found).subject
    return end > start and is_plural(found[end - 1].key)


def _swapped(body: list[Token], frame: Frame, known: Known, *, certain: bool) -> list[Token] | None:
    """Return the earlier question with its parallel phrase replaced; None where there is none."""
    found, keys = frame.tokens, [t.key for t in body]
    if _names_one(keys) and frame.phrases:
        start, end = frame.phrases[0]
        return found[:start] + body[:-1] + found[end - 1 :]
    if not certain and sum(k not in DETERMINERS for k in keys) > _BARE:
        return None
    span = _parallel(body, frame, known, certain=certain)
    if span is None:
        return None
    start, end = span
    if start and {keys[0], found[start - 1].key} <= DETERMINERS:
        start -= 1
    return found[:start] + body + found[end:]


def _names_one(keys: Sequence[str]) -> bool:
    """Tell "the annual one" from "fitting one"."""
    return len(keys) > 1 and keys[-1] in {"one", "ones"} and not keys[0].endswith("ing")


def _parallel(body: list[Token], frame: Frame, known: Known, *, certain: bool) -> Span | None:
    found, keys, names = frame.tokens, [t.key for t in body], known.names
    kind = kind_of_phrase(keys)
    if kind == "year" or (kind == "number" and certain):
        return next(((i, i + 1) for i, t in enumerate(found) if kind_of(t.key) == kind), None)
    if kind == "group":
        for start, end in frame.phrases:
            if kind_of_phrase(t.key for t in found[start:end]) == "group":
                return start, end
    runs = [(s, e) for s, e in names_of(found, names) if s or e > 1 or found[0].key in names]
    if runs and _like_name(body, names, certain=certain):
        return _name_to_replace(found, runs, names)
    if not certain:
        return _close(body, frame, known)
    for start, end in frame.phrases:
        if singular(found[end - 1].key) == singular(keys[-1]):
            return start, end
    return _nearest(body, frame, known)


def _nearest(body: list[Token], frame: Frame, known: Known) -> Span | None:
    if not frame.phrases or known.alike is None or len(frame.phrases) == 1:
        return frame.phrases[0] if frame.phrases else None
    phrases = [text_of(frame.tokens[start:end]) for start, end in frame.phrases]
    near = known.alike(text_of(body), phrases)
    return frame.phrases[max(range(len(phrases)), key=lambda at: near[at])]


def _close(body: list[Token], frame: Frame, known: Known) -> Span | None:
    """Return a phrase so near in meaning that a bare fragment can only stand for it.

    "Switzerland?" after Austria, "the cargo bike?" after the city bike; but not "Parking?".
    """
    if known.alike is None or not frame.phrases:
        return None
    phrases = [text_of(frame.tokens[start:end]) for start, end in frame.phrases]
    near = known.alike(text_of(body), phrases)
    best = max(range(len(phrases)), key=lambda at: near[at])
    return frame.phrases[best] if near[best] >= _CLOSE else None


def _like_name(body: list[Token], names: frozenset[str], *, certain: bool) -> bool:
    if body[0].key in DETERMINERS - {"the"}:
        return False
    if not certain and (len(body[0].word) < 4 or frequency(body[-1].key) >= _UNCOMMON):
        return False
    if certain and any(t.word[:1].isupper() and t.key not in DETERMINERS for t in body):
        return True
    words = [t.key for t in body if t.key not in DETERMINERS]
    if not all(word.isalpha() or certain for word in words):
        return False
    limit = _UNCOMMON if certain else _RARE
    return bool(words) and all(
        (w in names and frequency(w) < 4.5) or (frequency(w) < limit and not is_plural(w))
        for w in words
    )


def _name_to_replace(found: list[Token], runs: list[Span], names: frozenset[str]) -> Span:
    """Return the name that is least what the site itself is about, of those the last."""
    foreign = [(s, e) for s, e in runs if any(t.key not in names for t in found[s:e])]
    start, end = (foreign or runs)[-1]
    while foreign and names and found[start].key in names and start + 1 < end:
        start += 1
    return start, end
