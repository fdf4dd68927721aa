"""Words as BM25 compares them."""

import re
import unicodedata

import Stemmer

_WORD = re.compile(r"\w+")
_STEMMER = Stemmer.Stemmer("english")


def terms(text: str) -> list[str]:
    """Return the words of a text in order: casefolded, without accents, as Snowball stems."""
    plain = "".join(
        char
        for char in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(char)
    )
    stems: list[str] = _STEMMER.stemWords(_WORD.findall(plain))
    return stems
