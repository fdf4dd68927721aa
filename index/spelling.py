"""Slips of the finger: a question's unknown words become the words that were meant."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from math import log1p

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from index.frequency import common_words, frequency
from index.terms import fold, words

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(
    r"(?<![^\W_])[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u00ad\u200b-\u200f])*(?![^\W_])"
)
"""A word of letters alone, accents and invisible characters apart: "GTV6" and "B2B" are names."""
_SHORTEST = 3
"""Letters of the shortest word that is corrected: shorter ones are near too many others."""
_LONG = 6
"""From this length on a word may be two slips away from the one that was meant."""
_LONGEST = 20
"""Letters of the longest word that is looked for in general English, whose longest has 18."""


def word_counts(texts: Iterable[str]) -> dict[str, int]:
    """Count the folded words of texts, in order of appearance."""
    counts: dict[str, int] = {}
    for _ in counted(texts, counts):
        pass
    return counts


def counted(texts: Iterable[str], counts: dict[str, int]) -> Iterator[list[str]]:
    """Yield the folded words of each text, and count them on the way."""
    for text in texts:
        found = words(text)
        for word in found:
            counts[word] = counts.get(word, 0) + 1
        yield found


class Speller:
    """Corrects a question towards the words of a corpus, then towards general English.

    Parameters
    ----------
    counts
        How often each folded word stands in the corpus.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts
        self._targets = [w for w in counts if len(w) > _SHORTEST and w.isalpha()]
        self._nearest = lru_cache(maxsize=10_000)(self._find)
        self._common = lru_cache(maxsize=10_000)(_common_near)

    def __contains__(self, word: str) -> bool:
        """Tell whether the corpus holds this folded word."""
        return word in self._counts

    def correct(self, question: str) -> str:
        """Return the question with misspelt words replaced; the same string where there are none.

        A word is misspelt if neither the corpus nor general English knows it. One with a capital
        within the question is a name: it may be a slip of the corpus's words, but BYD is no "by".
        """
        return _TOKEN.sub(lambda found: self._word(found.group(), found.start() > 0), question)

    def _word(self, word: str, within: bool) -> str:
        folded = fold(word)
        if len(folded) < _SHORTEST or not folded.isalpha():
            return word
        if folded in self._counts or frequency(folded) > 0:
            return word
        name = word.isupper() or (within and word[0].isupper())
        return self._nearest(folded) or ("" if name else self._common(folded)) or word

    def _find(self, word: str) -> str:
        """Return the likeliest word of the corpus that was meant; "" where none is near."""
        slips = 1 if len(word) < _LONG else 2
        near = process.extract(
            word,
            self._near(word, slips),
            scorer=DamerauLevenshtein.distance,
            score_cutoff=slips,
            limit=10,
        )
        return min(near, key=lambda found: self._cost(word, *found[:2]), default=("",))[0]

    def _near(self, word: str, slips: int) -> list[str]:
        """Return all words of the corpus so few slips away, and few others, in order.

        A slip makes a word longer or shorter by a letter at most, and changes the set of its
        letters by two at most.
        """
        if not self._targets:
            return []
        lengths, letters = self._shapes
        alike = np.abs(lengths - len(word)) <= slips
        alike &= np.bitwise_count(letters ^ np.bitwise_or.reduce(_bits(word))) <= 2 * slips
        return [self._targets[number] for number in np.flatnonzero(alike)]

    @cached_property
    def _shapes(self) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """Length and set of letters of each target."""
        lengths = np.fromiter(map(len, self._targets), dtype=np.int32, count=len(self._targets))
        starts = np.cumsum(lengths) - lengths
        return lengths, np.bitwise_or.reduceat(_bits("".join(self._targets)), starts)

    def _cost(self, word: str, target: str, slips: float) -> float:
        """Weigh slips against how common the target is; people rarely miss the first letter."""
        known = 0.15 * (log1p(self._counts[target]) + 0.5 * frequency(target))
        return slips - known - (0.3 if target[0] == word[0] else 0.0)


def _bits(word: str) -> NDArray[np.uint32]:
    """Return each letter as a bit, several letters to the same one."""
    codes = np.frombuffer(word.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    bits: NDArray[np.uint32] = np.left_shift(np.uint32(1), codes & np.uint32(31))
    return bits


def _common_near(word: str) -> str:
    """Return the commonest English word that is one slip away; "" where there is none."""
    if len(word) > _LONGEST:
        return ""
    common = common_words("en")
    found = [(common[each], each) for each in _one_slip(word) if each in common]
    return max(found, default=(0, ""))[1]


def _one_slip(word: str) -> Iterable[str]:
    """Yield the words one deletion, transposition, replacement or insertion away."""
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        for letter in _LETTERS:
            if right:
                yield left + letter + right[1:]
            yield left + letter + right
