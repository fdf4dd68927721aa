"""Which words are names: a probe over a word's embedding, and how names are inflected. Pure."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.spelling import frequency
from index.store import Vectors

NAME = 0.5
"""Probability from which a word counts as a name."""
_SURE = 0.8
"""The same for a word in lower case that general English doesn't know: most are slips."""
_HARDLY = 0.1
"""Below it a capital alone makes no name: "is this Better?"; beside another it does."""
_SHORT = 3
_COMMON = 4.5
_GRAMMAR = 6.0
"""Zipf frequencies: of a well-known word and of grammar."""
_LANGUAGES = ("de", "es", "fr")
_RELATED = 0.62
"""Cosine from which "Mexican" belongs to "Mexico" and not to another word that begins alike."""
_ADJECTIVE = ("ian", "ean", "ese", "ish", "an", "ch", "ic", "n", "i")
_TRIED = 12


@dataclass(frozen=True, eq=False)
class Nameness:
    """A logistic regression that tells names from common words, whatever their capitals.

    It sees the embedding of the single word and how common the word is in English and in three
    other languages: a name is spelled alike in all of them, a common word is not. Fitted on the
    capitals of a public word list; ``agreement.json`` says on which and how well.
    """

    weights: NDArray[np.float64]
    constant: float

    @classmethod
    def shipped(cls) -> Self:
        """Return the fit that comes with Portello."""
        text = Path(__file__).with_name("agreement.json").read_text(encoding="utf-8")
        fitted = json.loads(text)
        return cls(np.array(fitted["weights"]), fitted["constant"])

    def probability(self, words: Sequence[str], vectors: Vectors) -> NDArray[np.float64]:
        """Return how likely each folded word is a name, (n,), 0 to 1.

        Parameters
        ----------
        vectors
            The words' embeddings, float32, (n, dimension).

        Raises
        ------
        ValueError
            The embeddings are of another width than those that the weights were fitted on.
        """
        frequencies = np.array([frequency_cues(word) for word in words])
        cues = np.concatenate([vectors.astype(np.float64), frequencies], axis=1)
        probability: NDArray[np.float64] = 1 / (1 + np.exp(-(cues @ self.weights + self.constant)))
        return probability


def frequency_cues(word: str) -> list[float]:
    """Return how common a folded word is in English and elsewhere, as :class:`Nameness` sees it."""
    from wordfreq import zipf_frequency

    english = frequency(word)
    others = [float(zipf_frequency(word, each, wordlist="small")) for each in _LANGUAGES]
    leads = [(each - english) / 3 for each in sorted(others)]
    flags = [float(english == 0), *(float(each > 0) for each in others)]
    return [english / 5, *(each / 5 for each in others), *leads, *flags]


class Names:
    """Answers what is a name, with one embedding a word, kept.

    Parameters
    ----------
    encode
        Texts to unit rows.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Vectors]) -> None:
        self._encode = encode
        self._probe = Nameness.shipped()
        self.probability = lru_cache(maxsize=10_000)(self._probability)

    def probabilities(self, words: Sequence[str]) -> NDArray[np.float64]:
        """Return how likely each folded word is a name, (n,); no word may be empty."""
        if not words:
            return np.zeros(0)
        vectors = self._encode(words)
        if vectors.shape[1] + len(frequency_cues("")) != len(self._probe.weights):
            return np.zeros(len(words))  # Another model: capitals alone tell.
        return self._probe.probability(words, vectors)

    def related(self, word: str, known: Sequence[str]) -> bool:
        """Tell whether one of the known words is what this name comes from, or comes from it.

        "mexican" belongs to "mexico", "italy" to "italian".
        """
        alike = [each for each in known if _may_come_from(word, each)][:_TRIED]
        if not alike:
            return False
        vectors = self._encode([word, *alike])
        return bool((vectors[1:] @ vectors[0]).max() >= _RELATED)

    def is_name(self, word: str, marked: bool, beside: bool) -> bool:
        """Tell whether a folded word of a question is a name.

        Parameters
        ----------
        marked
            It was written with a capital that isn't a sentence's first.
        beside
            So was a word next to it ("Castle Loop").
        """
        if marked:
            return beside or self.probability(word) >= _HARDLY
        if len(word) <= _SHORT and (frequency(word) < _COMMON and _near_grammar(word)):
            return False
        known = frequency(word) > 0
        return self.probability(word) >= (NAME if known else _SURE)

    def _probability(self, word: str) -> float:
        return float(self.probabilities([word])[0])


def _may_come_from(one: str, other: str) -> bool:
    return one[:2] == other[:2] and (_is_adjective(one) or _is_adjective(other))


def _is_adjective(word: str) -> bool:
    return any(word.endswith(end) and len(word) - len(end) > 2 for end in _ADJECTIVE)


@lru_cache(maxsize=10_000)
def _near_grammar(word: str) -> bool:
    """Tell whether a short word may be a slip of a very common one ("og" of "of")."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    replaced = (word[:at] + each + word[at + 1 :] for at in range(len(word)) for each in letters)
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    return any(frequency(each) >= _GRAMMAR for each in (*replaced, *swapped))
