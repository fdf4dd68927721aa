"""Words as they are compared: casefolded, without accents, whole for spelling, stemmed for BM25."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

_WORD = re.compile(r"[^\W_]+(?:[.,'’][^\W_]+)*")
_PARTS = re.compile(r"[.,'’]")
_NUMBER = re.compile(r"\d[\d.,]*")
_POSSESSIVE = ("'s", "’s")
_STEMMER = Stemmer.Stemmer("english")


class _Seen(dict[int, int | None]):
    """Each character met so far, or None for an accent or one that can't be seen."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        unseen = unicodedata.combining(char) or unicodedata.category(char) == "Cf"
        self[code] = None if unseen else code
        return self[code]


_SEEN = _Seen()


def fold(text: str) -> str:
    """Return the text casefolded, without accents and invisible characters such as soft hyphens."""
    if text.isascii():
        return text.lower()
    # Both ways and back: "𝐆" has a small letter only once it is "G", "ŉ" falls apart into two.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return plain.translate(_SEEN)


def words(text: str) -> list[str]:
    """Return the folded words of a text in order.

    A number keeps its points and commas ("4,137"), a word loses a possessive 's and is parted at
    other apostrophes and points ("d'arco" is two words) and at underscores ("_so_" is emphasis).
    """
    found: list[str] = []
    for word in _WORD.findall(fold(text)):
        if word.isalnum():  # Nearly every one, and all that follows would change nothing.
            found.append(word)
            continue
        plain = word[:-2] if word.endswith(_POSSESSIVE) else word
        found += [plain] if _NUMBER.fullmatch(plain) else [w for w in _PARTS.split(plain) if w]
    return found


def terms(text: str) -> list[str]:
    """Return the words of a text in order as Snowball stems."""
    return [stem(word) for word in words(text)]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the Snowball stem (English) of a folded word."""
    stemmed: str = _STEMMER.stemWord(word)
    return stemmed
