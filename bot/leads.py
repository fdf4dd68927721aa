"""What introduces a follow-up: "ok, and what about", "no, I meant"."""

from dataclasses import dataclass

from bot.phrases import (
    Token,
)

_LEADS = (
    ("what", "about"), ("how", "about"), ("wat", "about"), ("what", "abt"), ("how", "abt"),
    ("i", "mean"), ("i", "meant"), ("i", "ment"), ("same", "for"), ("and",), ("or",), ("&",),
    ("n",), ("also",), ("even",), ("instead",), ("rather",),
)  # fmt: skip
_FILLERS = frozenset(
    "ok okay but so well then oh hmm hm sorry no nope thanks yes yeah right ah".split()
)


@dataclass(frozen=True, slots=True)
class Said:
    """A question without its introduction.

    Attributes
    ----------
    body
        What is left; may be empty.
    lead
        Words that tie it to the question before: "and", "what about"; "" where there are none.
    corrected
        Whether it takes something back: "no, ...", "not on Monday, ...".
    """

    body: list[Token]
    lead: str
    corrected: bool


def said_of(found: list[Token]) -> Said:
    """Part a question from what introduces it."""
    lead, corrected = "", False
    at = 0
    while at < len(found):
        keys = tuple(t.key for t in found[at : at + 2])
        match = next((each for each in _LEADS if keys[: len(each)] == each), None)
        if match:
            lead = " ".join(match)
            at += len(match)
        elif keys == ("thanks", "for"):
            return Said([], "", False)
        elif keys[0] == "no" and keys[1:] and not found[at].tail and not _leads(keys[1]):
            break
        elif keys[0] in _FILLERS:
            corrected |= keys[0] in {"no", "nope"}
            at += 1
        elif keys[0] == "not" and any(t.tail for t in found[at:-1]):
            at = next(i for i in range(at, len(found)) if found[i].tail) + 1
            corrected = True
        else:
            break
    body = found[at:]
    trailing = {"then", "please", "instead"} | ({"too"} if lead else set())
    while len(body) > 1 and body[-1].key in trailing:
        body = body[:-1]
    return Said(body, lead, corrected)


def _leads(key: str) -> bool:
    """Tell "no i meant" from "no cost"."""
    return key in _FILLERS or any(key == lead[0] for lead in _LEADS)
