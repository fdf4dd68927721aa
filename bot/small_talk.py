"""Greetings, thanks and the like, from an ordinary, editable corpus file."""

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process

from corpus.document import Corpus, Passage
from index.frequency import frequency
from index.terms import terms, words

_NEAR = 88.0
"""Percent of letters alike: one slip in nine letters."""
_EXACT_UP_TO = 4
"""Letters up to which a phrase has to be met exactly: "hi" is one slip from "hp"."""


class SmallTalk:
    """Finds the entry that a whole question is a phrasing of.

    Compared by spelling, not by meaning: "thanks, and where is the factory?" is a question.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self._phrases = {
            plain(phrase): passage for passage in corpus.passages for phrase in passage.questions
        }
        self._names = list(self._phrases)

    def find(self, question: str) -> "Met | None":
        """Return the entry that is met, and how well, or None."""
        asked = plain(question)
        if asked in self._phrases:
            return Met(self.corpus, self._phrases[asked], 1.0)
        near = process.extractOne(asked, self._names, scorer=fuzz.ratio, score_cutoff=_NEAR)
        if near is None or len(near[0]) <= _EXACT_UP_TO or not _is_slip(asked, near[0]):
            return None
        return Met(self.corpus, self._phrases[near[0]], near[1] / 100)


class Met(NamedTuple):
    """An entry of small talk, its corpus, and the share of letters that are alike."""

    corpus: Corpus
    passage: Passage
    alike: float


def alike(question: str, phrases: Sequence[str]) -> float:
    """Return how alike a question and the likest of some phrases are in spelling, 0 to 1."""
    asked = plain(question)
    return max((fuzz.ratio(asked, plain(phrase)) / 100 for phrase in phrases), default=0.0)


def _is_slip(asked: str, phrase: str) -> bool:
    """Tell whether a text differs by slips alone: "is this a boat" is no "is this a bot"."""
    if asked.replace(" ", "") == phrase.replace(" ", ""):
        return True
    meant = set(terms(phrase))
    other = (word for word in words(asked) if not meant.issuperset(terms(word)))
    return all(frequency(word) == 0 for word in other)


def plain(text: str) -> str:
    """Return a text's folded words, single-spaced, without punctuation."""
    return " ".join(words(text))
