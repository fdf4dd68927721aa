"""The words of a question as candidates for names: capitals, introductions, abbreviations. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from index.terms import fold

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_RUN = re.compile(r"\b[^\W\d_]+(?:[ -][^\W\d_]+)+")
_ASCII_RUN = re.compile(
    r"\b[A-Z][^\W\d_]*(?:[ -](?:(?:of|the|and|for|in)[ -])*[A-Z][^\W\d_]*)+", re.ASCII
)
_RUN_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = frozenset(("of", "the", "and", "for", "in"))
_POSSESSIVE = re.compile(r"['’]s?$")
_INTRODUCED = re.compile(
    r"\b(?:i['’]?m|i am|my name is|name['’]?s|this is|hi|hello|hey|hai|dear|thanks|regards)\s+"
    r"([^\W\d_]+)(?:\s+([^\W\d_]+))?(?=\s*(?:[,.!?;:]|$|and\b|from\b|here\b))",
    re.IGNORECASE,
)
_COURTESIES = frozenset(
    "hi hello hey hai dear thanks regards ok okay please pls mr mrs ms miss dr sir madam".split()
)
_TITLE_CASE = 0.7
"""Share of capitals in a question from which they mark no names; it takes three words to tell."""
_LONG = 8
"""From this length on two slips still make the same name."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question.

    Attributes
    ----------
    written
        As the visitor wrote it, without 's.
    marked
        Its capital marks a name: not a sentence's first word, not in a title or all capitals.
    shouted
        It has more capitals than one: BMWs, UN.
    beside
        A word next to it is marked, too.
    start, end
        Its span in the question, with 's.
    """

    written: str
    folded: str
    marked: bool
    shouted: bool
    beside: bool
    start: int
    end: int

    def is_slip_of(self, meant: str) -> bool:
        """Tell whether a folded name is so near that this one is a slip of the finger."""
        slips = DamerauLevenshtein.distance(self.folded, meant)
        return slips <= (1 if len(self.folded) < _LONG else 2)


def named_words(question: str) -> list[Word]:
    """Return the words of a question that may be names: no numbers, letters or introductions."""
    matches = list(_TOKEN.finditer(question))
    introduced = {
        start
        for match in _INTRODUCED.finditer(question)
        for start in (match.start(1), match.start(2))
    }
    marks = _marks(question, matches)
    found = []
    for at, match in enumerate(matches):
        written_so = _POSSESSIVE.sub("", match.group())
        folded = fold(written_so)
        if len(folded) < 2 or folded in _COURTESIES or match.start() in introduced:
            continue
        if folded[0].isdigit() or (len(folded) == 2 and folded[1].isdigit()):  # "Q2" is a number.
            continue
        shouted = _is_shouted(written_so) and not question.isupper()
        beside = any(_adjoin(question, matches, marks, at, other) for other in (at - 1, at + 1))
        found.append(Word(written_so, folded, marks[at], shouted, beside, *match.span()))
    return found


def _marks(question: str, matches: Sequence[re.Match[str]]) -> list[bool]:
    later = [match.group() for match in matches[1:] if match.group()[0].isalpha()]
    title = is_title(later)
    return [
        not question.isupper()
        and (
            _is_shouted(match.group())
            or (not title and match.group()[0].isupper() and not _begins(question, match.start()))
        )
        for match in matches
    ]


def is_title(words: Sequence[str]) -> bool:
    """Tell whether the words after a line's first have capitals as in a title, not as names."""
    capital = sum(word[0].isupper() for word in words)
    return len(words) > 2 and capital >= _TITLE_CASE * len(words)


def _begins(question: str, start: int) -> bool:
    before = question[:start].rstrip(" \t\n\"'“”‘’(-")
    return not before or before[-1] in ".!?:\n…"


def _is_shouted(word: str) -> bool:
    return sum(char.isupper() for char in word) > 1


def _adjoin(
    question: str, matches: Sequence[re.Match[str]], marks: Sequence[bool], at: int, other: int
) -> bool:
    if not (0 <= other < len(matches) and marks[other] and marks[at]):
        return False
    first, second = sorted((at, other))
    between = question[matches[first].end() : matches[second].start()]
    return between in (" ", "-", " & ") and matches[other].group() != "I"


def initials(text: str) -> list[str]:
    """Return the first letters of each run of words with capitals: "the United Nations" as "UN".

    Small words may stand in between ("University of the Arts").
    """
    if text.isascii():
        runs = (match.group().replace("-", " ").split() for match in _ASCII_RUN.finditer(text))
        return ["".join(word[0] for word in run if word not in _BETWEEN) for run in runs]
    found = []
    for match in _RUN.finditer(text):
        run = ""
        for word in _RUN_WORD.findall(match.group()):
            if word[0].isupper():
                run += word[0]
            elif word not in _BETWEEN:
                found.append(run)
                run = ""
        found.append(run)
    return [run for run in found if len(run) > 1]


def spells_out(runs: str, short: str) -> bool:
    """Tell whether one of some runs of first letters spells an abbreviation out."""
    letters = "".join(char for char in short if char.isupper())
    return len(letters) > 1 and letters in runs


def abbreviates(question: str, word: Word, text: str) -> bool:
    """Tell whether a text abbreviates the name that this word of a question is part of.

    "United States" as "US" or "U.S.".
    """
    run = next(
        (
            match
            for match in re.finditer(r"[A-Z][^\W\d_]+(?: (?:of |the )*[A-Z][^\W\d_]+)+", question)
            if match.start() <= word.start < match.end()
        ),
        None,
    )
    if run is None:
        return False
    initials = [each[0] for each in run.group().split() if each[0].isupper()]
    short = r"\.?".join(initials)
    return re.search(rf"\b{short}(?![^\W\d_])", text) is not None


def written(question: str, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Return the words at ascending spans as written, without 's; neighbours in one, each once."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and question[joined[-1][1] : start] in (" ", "-", " & "):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    texts = [_POSSESSIVE.sub("", question[start:end]) for start, end in joined]
    return tuple(dict.fromkeys(texts))
