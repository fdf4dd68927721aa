"""Pronouns that stand for something in an earlier question: "who owns them?", "is it free?"."""

from collections.abc import Sequence

from bot.frames import Frame, frame_of
from bot.leads import Said
from bot.phrases import (
    Token,
    is_clause,
    is_plural,
    is_verbal,
    kind_of,
    names_of,
    singular,
    tokens,
)
from bot.referents import PERSONAL, PLURAL, place_of, referent, same_thing
from bot.word_classes import (
    ADVERBS,
    ATTRIBUTES,
    AUXILIARIES,
    BE,
    CLAUSES,
    DETERMINERS,
    PERSONS,
    PREPOSITIONS,
    SELF_STANDING,
    VERBS,
    WH,
)

_NAMED = frozenset("name brand company".split())
_ATTRIBUTES_ASKED = frozenset("name brand company price cost fee owner meaning".split())
_OF_AN_ACT = frozenset(
    "free possible allowed easy hard difficult expensive cheap safe ok okay legal necessary "
    "required mandatory worth".split()
)
_WEATHER = frozenset("rain rains snow snows raining snowing matter".split())
_IMPERSONAL = frozenset("take takes matter cost costs feel like mean hurt seem help far".split())
"""With "to": "what is it like to drive"."""
_COMPLETE = 8
"""Words from which on a question with a noun before its pronoun is taken for complete."""
_POSSESSIVES = frozenset("its their".split())


def read_pronouns(said: Said, frames: Sequence[Frame], names: frozenset[str]) -> list[Token] | None:
    """Return the question with the first pronoun that needs it replaced; None without one."""
    body = said.body
    if not _asks(said):
        return None
    for at in range(len(body)):
        if not _refers(body, at) or _antecedent(body, at):
            continue
        read = _act(body, at, frames[-1]) or _put(body, at, frames, names)
        if read is None:
            return None
        if said.lead in {"what about", "how about"} and not is_clause(body):
            return [*tokens(said.lead), *read]
        if said.lead and body[0].key in VERBS:
            return frames[-1].before_verb + read
        return read
    return None


def _asks(said: Said) -> bool:
    """Tell a question or a fragment of one from a statement ("it hurts when I run")."""
    keys = [t.key for t in said.body]
    if said.lead or keys[0] in WH | AUXILIARIES | VERBS or (keys[1:2] and keys[1] in WH):
        return True
    inflected = any(is_verbal(t) or t.key.endswith("ing") for t in said.body)
    return keys[0] in _POSSESSIVES | PREPOSITIONS and not is_clause(said.body) and not inflected


def _refers(body: list[Token], at: int) -> bool:
    """Tell whether the word at a place points back to something said before."""
    key = body[at].key
    before = body[at - 1].key if at else ""
    after = body[at + 1] if at + 1 < len(body) else None
    ends = PREPOSITIONS | ADVERBS | SELF_STANDING
    if key in _POSSESSIVES | {"they", "them", "he", "him", "his", "her", "she"}:
        return True
    if key == "one":
        return at > 1 and before in VERBS and (after is None or after.key in PREPOSITIONS)
    if key == "it":
        return not _pleonastic(body, at)
    if key == "there":
        return before not in BE and at > 0 and (after is None or after.key in ends)
    if key in {"that", "this", "these", "those"}:
        if key == "that" and any(t.key in AUXILIARIES for t in body[at + 1 :]):
            return False
        if after is None or after.key in PREPOSITIONS | ADVERBS or is_verbal(after):
            return before in AUXILIARIES | PREPOSITIONS or after is None or at == 0
        return not kind_of(after.key)
    return False


def _pleonastic(body: list[Token], at: int) -> bool:
    """Tell whether "it" stands for nothing: "is it safe to swim", "what time is it"."""
    if at == 0:
        return False
    after = [t.key for t in body[at + 1 :] if t.key not in ADVERBS]
    if not after:
        return body[at - 1].key in BE and "time" in {t.key for t in body[:at]}
    if after[0] in _WEATHER or (
        after[0] in _IMPERSONAL | _OF_AN_ACT and {"to", "if", "that"} & set(after)
    ):
        return True
    for ahead in range(at + 2, min(at + 5, len(body) - 1)):
        if body[ahead].key in {"that", "if"} and body[at - 1].key in BE:
            return True
        following = body[ahead + 1]
        if body[ahead].key == "to" and body[at - 1].key in AUXILIARIES:
            return following.key not in DETERMINERS and following.word.islower()
    return False


def _antecedent(body: list[Token], at: int) -> bool:
    """Tell whether the question itself says what its pronoun stands for.

    An object pronoun can't stand for the subject of its own clause, a possessive can; in a long
    question the nouns are too many to tell, and it is taken for complete.
    """
    key = body[at].key
    if len(body) >= _COMPLETE and frame_of(body[:at]).phrases:
        return True
    breaks = [i for i in range(1, at) if body[i].key in CLAUSES or body[i].tail]
    if 0 < at < len(body) - 1 and body[at - 1].key in {"before", "after", "until", "since"}:
        breaks.append(at - 1)
    end = at if key in _POSSESSIVES | {"his", "her"} else (breaks[-1] if breaks else 0)
    if body[0].key in {"if", "once", "because"}:
        end = max((i for i in range(at) if body[i].key in AUXILIARIES), default=end)
    spans = frame_of(body[:end]).phrases if end else ()
    heads = [body[e - 1].key for s, e in spans if singular(body[e - 1].key) not in ATTRIBUTES]
    if key in PERSONAL or key == "there":
        return bool(heads)
    if key in PLURAL:
        return any(is_plural(head) for head in heads) or (key == "their" and bool(heads))
    return any(not is_plural(head) for head in heads)


def _act(body: list[Token], at: int, frame: Frame) -> list[Token] | None:
    """Read "it" as what the visitor wants to do: "is it free" to "rent a bike"."""
    keys = [t.key for t in body]
    if keys[at] not in {"it", "that", "this"} or not frame.action:
        return None
    action = frame.action
    before, after = keys[:at], keys[at + 1 :]
    if before[-1:] == ["do"] and len(before) > 1 and before[-2] in PERSONS:
        return body[: at - 1] + action + body[at + 1 :]
    if before[-1:] == ["for"] and not after:
        return [*body[: at - 1], *tokens("to"), *action]
    if (
        not after
        or [key for key in after if key not in {"extra", "more", "anything", "usually"}]
        != after[:1]
    ):
        return None
    if after[0] in {"cost", "take"} or (
        after[0] in _OF_AN_ACT and before[-1:] and before[-1] in BE
    ):
        return [*body[:at], Token("it", "", "it"), *body[at + 1 :], *tokens("to"), *action]
    return None


def _put(
    body: list[Token], at: int, frames: Sequence[Frame], names: frozenset[str]
) -> list[Token] | None:
    key = body[at].key
    if key == "there":
        place = place_of(frames, names, arriving="get" in {t.key for t in body})
        return body[:at] + place + body[at + 1 :] if place else None
    noun = referent(key, frames, names)
    stop = at + 1
    if key in {"that", "this", "these", "those"} and _has_noun(body, at):
        noun = same_thing(body[at + 1], frames)
        stop = at + 2
    if not noun:
        return None
    owner = key in _POSSESSIVES or key == "his"
    if key == "her" and at + 1 < len(body) and body[at + 1].key not in PREPOSITIONS | ADVERBS:
        owner = True
    if owner:
        last = noun[-1]
        mark = "'" if last.word.endswith("s") else "'s"
        noun = [*noun[:-1], Token(last.word + mark, "", last.key)]
    noun = [*noun[:-1], Token(noun[-1].word, body[at].tail, noun[-1].key)]
    return body[:at] + noun + body[stop:]


def _has_noun(body: list[Token], at: int) -> bool:
    """Tell whether "that" comes with its noun: "that car" in "is that car reliable"."""
    after = body[at + 1 : at + 2]
    if not after or is_verbal(after[0]) or after[0].key in PREPOSITIONS | ADVERBS:
        return False
    return at + 2 < len(body) or not (at and body[at - 1].key in BE)


def read_attribute(
    body: list[Token], frames: Sequence[Frame], names: frozenset[str]
) -> list[Token] | None:
    """Return "what does the name mean" with whose name it is; None where it is another question."""
    for at in range(1, len(body)):
        key = body[at].key
        if key not in _ATTRIBUTES_ASKED or body[at - 1].key != "the":
            continue
        others = [t for t in body[: at - 1] + body[at + 1 :] if t.key not in WH | AUXILIARIES]
        if len(others) > 1 or any(not is_verbal(t) and t.key[:-1] != "own" for t in others):
            return None
        noun = referent("it", frames, names)
        if not noun:
            return None
        if key in _NAMED and names_of(noun, names):
            noun = [t for t in noun if t.key not in DETERMINERS]
        else:
            noun = [*tokens("of"), *noun]
        return [*body[: at + 1], *noun, *body[at + 1 :]]
    return None
