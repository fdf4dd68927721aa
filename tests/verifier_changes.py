"""Changes a question, so that it asks something else, or is only typed badly."""

import random
import re
from collections.abc import Sequence

_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'-]+(?: (?:of |the )?[A-Z][\w'-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_OPPOSITES = """
first/last largest/smallest biggest/smallest highest/lowest most/least more/fewer
before/after increase/decrease increased/decreased began/ended begin/end start/finish
started/stopped north/south east/west northern/southern eastern/western early/late
oldest/youngest best/worst inside/outside won/lost winner/loser win/lose above/below
minimum/maximum longest/shortest always/never buy/sell bought/sold open/close
accept/reject accepted/rejected allow/forbid allowed/forbidden support/oppose
supported/opposed male/female men/women father/mother son/daughter king/queen
strong/weak strongest/weakest fast/slow high/low large/small old/new rich/poor
create/destroy created/destroyed founded/dissolved public/private domestic/foreign
left/right up/down hot/cold arrive/leave arrived/left offense/defense attack/defend
"""
_OPPOSITE = {
    a: b for pair in _OPPOSITES.split() for x, y in [pair.split("/")] for a, b in ((x, y), (y, x))
}
_AUXILIARY = re.compile(r"\b(is|are|was|were|did|does|do|can|could|has|have|had|will|would)\b")
_VERB = r"(?=(?:is|are|was|were|did|does|do)\b)"
_ASKS = (
    (rf"^(When|In what year|What year|On what date)\b {_VERB}", "Where Why How"),
    (rf"^Where\b {_VERB}", "When Why Who"),
    (rf"^Why\b {_VERB}", "When Where"),
    (r"^How (?:many|much)\b", "Which"),
)


def names_in(question: str) -> list[str]:
    """Return capitalised words that don't open the question."""
    return _NAME.findall(question)


def swapped(question: str, names: Sequence[str], passage: str, draw: random.Random) -> str | None:
    """Return the question with one thing changed, so that its answer isn't the same; else None."""
    changes = _CHANGES.items()
    # A generator of their own, so that asking what is possible draws nothing.
    possible = {c: w for c, w in changes if c(question, names, passage, random.Random(0))}
    if not possible:
        return None
    change = draw.choices([*possible], [*possible.values()])[0]
    return change(question, names, passage, draw)


def _other_name(
    question: str, names: Sequence[str], passage: str, draw: random.Random
) -> str | None:
    """Put another name, of as many words, where the question has one that the passage has."""
    own = [name for name in names_in(question) if name.casefold() in passage.casefold()]
    if not own:
        return None
    old = draw.choice(own)
    alike = [n for n in names if len(n.split()) == len(old.split()) and n not in passage]
    return question.replace(old, draw.choice(alike)) if alike else None


def _other_number(
    question: str, _names: Sequence[str], _passage: str, draw: random.Random
) -> str | None:
    found = _NUMBER.search(question)
    if found is None or not found[0].replace(",", "").isdigit():
        return None
    number = int(found[0].replace(",", ""))
    new = number + draw.choice((-1, 1)) * draw.randint(1, max(2, min(60, number // 3 + 1)))
    return f"{question[: found.start()]}{abs(new)}{question[found.end() :]}"


def _opposite(
    question: str, _names: Sequence[str], _passage: str, draw: random.Random
) -> str | None:
    words = [w for w in re.findall(r"[a-z]+", question) if w in _OPPOSITE]
    if not words:
        return None
    old = draw.choice(words)
    return re.sub(rf"\b{old}\b", _OPPOSITE[old], question, count=1)


def _other_ask(
    question: str, _names: Sequence[str], _passage: str, draw: random.Random
) -> str | None:
    for pattern, others in _ASKS:
        if re.search(pattern, question):
            return re.sub(pattern, draw.choice(others.split()) + " ", question).replace("  ", " ")
    return None


def _negated(
    question: str, _names: Sequence[str], _passage: str, draw: random.Random
) -> str | None:
    found = _AUXILIARY.search(question)
    if found is None or " not " in question or draw.random() < 0.5:
        return None
    rest = question[found.end() :]
    subject = re.match(r" (?:the |a |an )?[\w'-]+", rest)
    cut = found.end() + (subject.end() if subject else 0)
    return f"{question[:cut]} not{question[cut:]}"


_CHANGES = {_other_name: 4, _other_number: 4, _opposite: 4, _other_ask: 2, _negated: 1}
"""How often each is made where it can be."""


def about_another(
    question: str, names: Sequence[str], passage: str, draw: random.Random
) -> str | None:
    """Return the passage with a name of the question's replaced, or a number; None if none is."""
    own = [name for name in names_in(question) if name in passage]
    own += [found for found in _NUMBER.findall(question) if found in passage]
    if not own:
        return None
    old = draw.choice(own)
    if old[0].isdigit():
        return passage.replace(old, f"{draw.randint(1, 9)}{old[1:-1]}{draw.randint(0, 9)}")
    alike = [n for n in names if len(n.split()) == len(old.split()) and n not in passage]
    return passage.replace(old, draw.choice(alike)) if alike else None


_BESIDE = {
    a: near
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for i, a in enumerate(row)
    for near in [row[max(0, i - 1) : i] + row[i + 1 : i + 2]]
}


def mistyped(question: str, draw: random.Random) -> str:
    """Return the question as typed in a hurry: a key beside, left out, doubled or swapped."""
    letters = list(question)
    places = [i for i, char in enumerate(letters) if char.lower() in _BESIDE]
    for i in draw.sample(places, k=min(len(places), max(1, len(question) // 18))):
        kind = draw.random()
        if kind < 0.55:
            letters[i] = draw.choice(_BESIDE[question[i].lower()])
        elif kind < 0.75:
            letters[i] = ""
        elif kind < 0.85:
            letters[i] *= 2
        elif i + 1 < len(letters):
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
    typed = "".join(letters)
    return typed if draw.random() < 0.6 else typed.casefold().rstrip("?")
