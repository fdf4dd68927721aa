"""A question without what the sources never mention."""

import re
from collections.abc import Sequence

from index.terms import words

_PREPOSITIONS = r"(?:in|at|near|from|to|on|around|inside|outside|within|via|through)"
_GOES_ON = "|".join(
    "and or but is are was were do does did has have had can could will would should may might "
    "too also now today still anymore nowadays currently already yet instead then since before "
    "after during until because if when while as with without by for than in at near from to on "
    "around inside outside within via through this these".split()
)
_FOLLOWS = rf"(?=\s*(?:[?.!,;:…)\"”»]|$)|\s+(?:{_GOES_ON})\b)"
"""What may follow a place: "in Ferrari factories" and "in Germany's north" name something else."""


def without(question: str, missing: Sequence[str]) -> str | None:
    """Return the question less a place or the like ("in Germany"), each with its preposition.

    None where one of the ``missing`` words stands without a preposition before it, belongs to what
    follows or holds a digit, where no word is left and where nothing is missing: without it the
    question would be another one.
    """
    left = question
    for word in missing:
        phrase = rf"(?i)\b{_PREPOSITIONS}\s+(?:the\s+)?{re.escape(word)}(?!\w){_FOLLOWS}"
        left = re.sub(phrase, "", left)
    if left == question or not words(left) or any(_stays(word, left) for word in missing):
        return None
    return " ".join(left.split())


def _stays(word: str, left: str) -> bool:
    """Tell whether a word can't be left out: a number, or one that is still there."""
    still = re.search(rf"(?i)(?<!\w){re.escape(word)}(?!\w)", left)
    return still is not None or any(char.isdigit() for char in word)
