"""Which words are names: a probe over a word's embedding, and how names are inflected. Pure."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, takewhile
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.frequency import frequency
from index.store import Vectors

NAME = 0.4
"""Probability from which a word counts as a name."""
_SURE = 0.8
"""The same for a word in lower case that no language of the fit knows: most are slips."""
_HARDLY = 0.1
"""Below it a capital alone makes no name: "is this Better?"; beside another it does."""
_SHORT = 4
_COMMON = 5.0
_PLAIN = 5.3
_GRAMMAR = 5.9
"""Zipf frequencies: of a well-known word, of one that is no name in lower case, and of grammar."""
_KEPT = 50_000
_CHECKS = {
    True: ("germany", "london", "michael", "toyota", "mexico"),
    False: ("window", "quickly", "reliable", "delivery", "bought"),
}
"""Names and other words that the fit tells apart if the embeddings are of its model."""
_ENOUGH = 0.8
_LANGUAGES = ("de", "es", "fr")
_RELATED = 0.62
"""Cosine from which "Mexican" belongs to "Mexico" and not to another word that begins alike."""
_ADJECTIVE = ("ian", "ean", "ese", "ish", "sh", "an", "ch", "ic", "n", "i")
_CHANGED = ("ch", "sh")
"""Endings before which a name's vowels change: French of France, Irish of Ireland."""
_TRIED = 6


@dataclass(frozen=True, eq=False)
class Nameness:
    """A small network that tells names from common words, whatever their capitals.

    It sees the embedding of the single word and how common the word is in English and in three
    other languages: a name is spelled alike in all of them, a common word is not. Fitted on the
    capitals of a public word list; ``agreement.json`` says on which and how well.

    Attributes
    ----------
    hidden, hidden_constants
        (cues, units) and (units,), followed by a rectifier.
    output, constant
        (units,) and a number, followed by the logistic function.
    """

    hidden: NDArray[np.float64]
    hidden_constants: NDArray[np.float64]
    output: NDArray[np.float64]
    constant: float

    @classmethod
    def shipped(cls) -> Self:
        """Return the fit that comes with Portello."""
        text = Path(__file__).with_name("agreement.json").read_text(encoding="utf-8")
        fitted = json.loads(text)
        (hidden, constants), (output, constant) = fitted["hidden"], fitted["output"]
        return cls(np.array(hidden), np.array(constants), np.array(output), constant)

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
        units = np.maximum(cues @ self.hidden + self.hidden_constants, 0)
        probability: NDArray[np.float64] = 1 / (1 + np.exp(-(units @ self.output + self.constant)))
        return probability


def frequency_cues(word: str) -> list[float]:
    """Return how common a folded word is in English and elsewhere, as :class:`Nameness` sees it."""
    english = frequency(word)
    others = [frequency(word, each) for each in _LANGUAGES]
    leads = [(each - english) / 3 for each in sorted(others)]
    flags = [float(english == 0), *(float(each > 0) for each in others)]
    return [english / 5, *(each / 5 for each in others), *leads, *flags]


class Names:
    """Answers what is a name, with one embedding a word, kept.

    Parameters
    ----------
    encode
        Texts to unit rows. Where they come from another model than the weights were fitted on,
        capitals alone tell names.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Vectors]) -> None:
        self._encode = encode
        self._probe = Nameness.shipped()
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._probability = lru_cache(maxsize=_KEPT)(self._probability_of)

    def prepare(self, words: Iterable[str]) -> Mapping[str, NDArray[np.float32]]:
        """Embed the words that are new in one call; return the vectors of all, and of others."""
        vectors = self._vectors
        if len(vectors) > _KEPT:  # Other threads may still read the one before: it only grows.
            vectors = self._vectors = {}
        new = [word for word in dict.fromkeys(words) if word not in vectors]
        if new:
            vectors.update(zip(new, self._encode(new), strict=True))
        return vectors

    def _probability_of(self, word: str) -> float:
        """Return how likely a folded word is a name, 0 to 1."""
        return float(self._probe.probability([word], self._of([word]))[0]) if self._fits else 0.0

    def _of(self, words: Sequence[str]) -> Vectors:
        vectors = self.prepare(words)
        return np.stack([vectors[word] for word in words])

    @cached_property
    def _fits(self) -> bool:
        """Whether the embeddings are of the model that the weights were fitted on."""
        known = {word: name for name, listed in _CHECKS.items() for word in listed}
        vectors = self._encode(list(known))
        if vectors.shape[1] != len(self._probe.hidden) - len(frequency_cues("")):
            return False
        chances = self._probe.probability(list(known), vectors)
        right = (chances >= NAME) == np.array(list(known.values()))
        return bool(right.mean() >= _ENOUGH)

    def related(self, word: str, known: Iterable[str]) -> bool:
        """Tell whether one of the known words is what this name comes from, or comes from it.

        "mexican" belongs to "mexico", "italy" to "italian".
        """
        alike = [each for each in known if _may_come_from(word, each)]
        alike = sorted(alike, key=lambda each: (-_alike(word, each), each))[:_TRIED]
        if not alike:
            return False
        vectors = self._of([word, *alike])
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
            unheard = frequency(word) == 0 or not self._fits
            return beside or unheard or self._probability(word) >= _HARDLY
        if not is_candidate(word):
            return False
        known = any(frequency_cues(word)[: 1 + len(_LANGUAGES)])
        return self._probability(word) >= (NAME if known else _SURE)


def is_candidate(word: str) -> bool:
    """Tell whether a folded word in lower case may be a name: not a common one or a slip of it."""
    common = frequency(word)
    slip = len(word) <= _SHORT and common < _COMMON and _near_grammar(word)
    return common < _PLAIN and not slip


def _may_come_from(one: str, other: str) -> bool:
    shared = 2 if one.endswith(_CHANGED) or other.endswith(_CHANGED) else 3
    alike = one[:shared] == other[:shared] and one != other
    return alike and (_is_adjective(one) or _is_adjective(other))


def _alike(one: str, other: str) -> int:
    """Return how many letters two words begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _is_adjective(word: str) -> bool:
    return any(word.endswith(end) and len(word) - len(end) > 2 for end in _ADJECTIVE)


_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _beside(letter: str) -> str:
    """Return the letters around one on a keyboard."""
    places = {
        each: (at + row / 2, row) for row, keys in enumerate(_ROWS) for at, each in enumerate(keys)
    }
    across, down = places[letter]
    near = (k for k, (x, y) in places.items() if abs(x - across) <= 1 and abs(y - down) <= 1)
    return "".join(key for key in near if key != letter)


_NEIGHBOURS = {letter: _beside(letter) for keys in _ROWS for letter in keys}


@lru_cache(maxsize=10_000)
def _near_grammar(word: str) -> bool:
    """Tell whether a short word may be a slip of a very common one ("og" of "of")."""
    replaced = (
        word[:at] + each + word[at + 1 :]
        for at, letter in enumerate(word)
        for each in _NEIGHBOURS.get(letter, "")
    )
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    longer = (word[:at] + each + word[at:] for at in range(len(word) + 1) for each in _NEIGHBOURS)
    near = chain(replaced, swapped, longer if len(word) > 2 else ())
    return any(frequency(each) >= _GRAMMAR for each in near)
