"""The parts of a question: what is asked with, its auxiliary, subject and noun phrases."""

from dataclasses import dataclass

from bot.phrases import Span, Token, is_edge, is_verbal, kind_of, singular
from bot.word_classes import (
    ADJECTIVES,
    ATTRIBUTES,
    AUXILIARIES,
    BE,
    DETERMINERS,
    PERSONS,
    PREPOSITIONS,
    PRONOUNS,
    SELF_STANDING,
    VERBS,
    WH,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a question.

    Attributes
    ----------
    wh
        Number of tokens of the phrase asked with ("how many bags"); 0 in a yes-or-no question.
    auxiliary
        Where the auxiliary stands; -1 where there is none ("who owns Alfa Romeo", keywords).
    subject
        Span of the subject; empty where the wh-phrase is the subject.
    phrases
        Noun phrases, the one that the question is likeliest about first.
    """

    tokens: list[Token]
    wh: int
    auxiliary: int
    subject: Span
    phrases: tuple[Span, ...]

    @property
    def personal(self) -> bool:
        """Whether the subject is "I", "you", "there" and the like."""
        start, end = self.subject
        return end - start == 1 and self.tokens[start].key in PERSONS

    @property
    def asks(self) -> bool:
        """Whether it is a question or keywords rather than a statement ("I hope that ...")."""
        closed = AUXILIARIES | PERSONS
        return self.auxiliary >= 0 or self.wh > 0 or not {t.key for t in self.tokens} & closed

    @property
    def action(self) -> list[Token]:
        """What "I" or "we" want to do: "renew a book" of "how do I renew a book"; else empty."""
        start, end = self.subject
        keys = {token.key for token in self.tokens[start:end]}
        return self.tokens[end:] if keys and keys <= {"i", "we", "one", "people"} else []

    @property
    def before_verb(self) -> list[Token]:
        """What another verb may follow: "how do I", "what do I need to", "how to"; or empty."""
        keys = [token.key for token in self.tokens]
        for at in range(len(keys) - 1, 1, -1):
            if keys[at - 1] == "to" and keys[at] in VERBS:
                return self.tokens[:at]
        asks = self.personal and keys[self.auxiliary] not in BE
        return self.tokens[: self.subject[1]] if asks else []


def frame_of(found: list[Token]) -> Frame:
    """Return the parts of a question."""
    keys = [token.key for token in found]
    asks = bool(keys) and (
        keys[0] in WH or (keys[0] in PREPOSITIONS and keys[1:2] != [] and keys[1] in WH)
    )
    reach = len(keys) if asks else 1
    auxiliary = next((at for at in range(min(reach, len(keys), 9)) if keys[at] in AUXILIARIES), -1)
    if asks and auxiliary > 1 and any(is_verbal(t) for t in found[1:auxiliary] if t.key in VERBS):
        auxiliary = -1
    wh = (auxiliary if auxiliary >= 0 else 1) if asks else 0
    start = auxiliary + 1 if auxiliary >= 0 else wh
    subject = (start, start)
    if auxiliary >= 0 and start < len(found) and keys[start] not in PREPOSITIONS:
        if keys[start] in PERSONS | {"it", "they"}:
            subject = (start, start + 1)
        elif not _asks_for_subject(found, start):
            before_verb = keys[auxiliary] not in BE
            end = phrase_end(found, start, before_verb=before_verb, after_verb=not before_verb)
            subject = (start, end)
    return Frame(found, wh, auxiliary, subject, _phrases(found, wh, auxiliary, subject, asks))


def _asks_for_subject(found: list[Token], start: int) -> bool:
    """Tell whether the verb follows at once: "what is included", "who can open an account"."""
    if not is_verbal(found[start]):
        return False
    return found[0].key in {"who", "what", "which"} and (
        start + 1 == len(found)
        or is_edge(found[start + 1])
        or (found[0].key == "who" and found[start + 1].key in DETERMINERS)
    )


def _phrases(
    found: list[Token], wh: int, auxiliary: int, subject: Span, asks: bool
) -> tuple[Span, ...]:
    start, end = subject
    spans: list[Span] = []
    personal = end - start == 1 and found[start].key in PERSONS | PRONOUNS
    if end > start and not personal:
        spans += _inner(found, subject)
    at = end
    verb_due = (personal and found[start].key != "there") or (asks and auxiliary < 0)
    if verb_due and at < len(found):
        at += 1
    if not asks and auxiliary < 0 and found and found[0].key in PERSONS:
        at = _after_verb(found)
    while at < len(found):
        token = found[at]
        closed = is_edge(token) or token.key in PRONOUNS | PERSONS | {"of"}
        skip = closed or (is_verbal(token) and at > 0 and (auxiliary >= 0 or asks))
        after_verb = personal and at > end
        skipped = skip and token.key not in DETERMINERS
        stop = at + 1 if skipped else phrase_end(found, at, after_verb=after_verb)
        if stop == at:
            stop = at + 1
        elif not (skip and token.key not in DETERMINERS) and any(
            t.key not in DETERMINERS | PRONOUNS for t in found[at:stop]
        ):
            spans += _inner(found, (at, stop))
        at = stop
    if wh > 1:
        first = 2 if found[1].key in {"many", "much"} or found[0].key in PREPOSITIONS else 1
        if found[0].key in {"which", "what"} or (found[1].key == "many"):
            spans += [(first, wh)] if wh > first else []
    return tuple(span for span in spans if _is_noun(found, span))


def _after_verb(found: list[Token]) -> int:
    """Return where a statement's verb ends: "I have ordered" a mattress."""
    helped = len(found) > 1 and found[1].key in AUXILIARIES | {"have"}
    following = found[2].key if helped and len(found) > 2 else "the"
    return 3 if following not in DETERMINERS | PREPOSITIONS else min(2, len(found))


def _is_noun(found: list[Token], span: Span) -> bool:
    start, end = span
    determined = any(token.key in DETERMINERS for token in found[start : end - 1])
    head = found[end - 1]
    return determined or not (is_edge(head) or head.key in VERBS | PERSONS)


def _inner(found: list[Token], span: Span) -> list[Span]:
    """Return a phrase, behind what its attribute belongs to ("the price of a ticket")."""
    start, end = span
    for at in range(start + 1, end - 1):
        if found[at].key == "of" and singular(found[at - 1].key) in ATTRIBUTES:
            return [(at + 1, end), span]
    return [span]


def phrase_end(
    found: list[Token], start: int, *, before_verb: bool = False, after_verb: bool = False
) -> int:
    """Return where the noun phrase that starts at a token ends.

    With `before_verb` the phrase is the subject of a base verb ("does a day pass cost"): of a run
    of words that may be verbs the last is the verb. With `after_verb` no base verb can follow it:
    at its end such a word is a noun ("is an oil change").
    """
    at = start
    while at < len(found) and found[at].key in DETERMINERS:
        at += 1
    first = at
    while at < len(found):
        token = found[at]
        if token.key == "of" and at > first:
            at += 1
            while at < len(found) and found[at].key in DETERMINERS:
                at += 1
            first = at
            continue
        verbal = is_verbal(token) or _predicate(found, at)
        if verbal and after_verb and _noun_at_end(found, at):
            verbal = found[start].key not in DETERMINERS
        if at > first and (verbal or token.key in DETERMINERS | PERSONS):
            break
        timed = token.key in SELF_STANDING or kind_of(token.key) == "time"
        if is_edge(token) or (timed and at > first):
            break
        at += 1
        if found[at - 1].tail:
            break
    if before_verb:
        while at + 1 < len(found) and is_verbal(found[at]) and is_verbal(found[at + 1]):
            at += 1
    return at


def _predicate(found: list[Token], at: int) -> bool:
    """Tell whether a word that ends a phrase looks like what is said of it: "dimmable"."""
    key = found[at].key
    endings = ("able", "ible", "less", "proof")
    ends = at + 1 == len(found) or is_edge(found[at + 1])
    return ends and len(key) > 5 and key.endswith(endings) and not key.endswith("table")


def _noun_at_end(found: list[Token], at: int) -> bool:
    """Tell whether a word is a verb by its form, but may be a noun where a phrase ends."""
    key = found[at].key
    ends = at + 1 == len(found) or is_edge(found[at + 1])
    return ends and key in VERBS and key not in ADJECTIVES


def prepositional_phrases(found: list[Token]) -> list[Span]:
    """Return the spans of prepositional phrases, their prepositions with them."""
    spans: list[Span] = []
    for at in range(1, len(found)):
        if found[at].key in PREPOSITIONS and at + 1 < len(found):
            end = max(phrase_end(found, at + 1), _time_end(found, at + 1))
            if end > at + 1:
                spans.append((at, end))
    return spans


def _time_end(found: list[Token], start: int) -> int:
    at = start
    while at < len(found) and (
        kind_of(found[at].key) in {"time", "year", "number"} or found[at].key in DETERMINERS
    ):
        at += 1
    return at
