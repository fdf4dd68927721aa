"""How common words are in general English and elsewhere: wordfreq's short lists.

They are read without importing wordfreq, whose tokenizers take longer to load than a question to
answer.
"""

import gzip
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_ONE_WORD = re.compile(r"[A-Za-z]*|(?:[A-Za-z]{2,}|[Ii])'[A-Za-z]{1,2}")
"""What wordfreq takes for one word, too, with its own possessive, "n't" or "I'm"; or for none."""
_HEADER = {"format": "cB", "version": 1}


def frequency(word: str, language: str = "en") -> float:
    """Return how common a word is, on the Zipf scale: 3 rare, 6 very common.

    0 for words below one in a million and for words of the corpus alone.
    """
    if _ONE_WORD.fullmatch(word):
        return common_words(language).get(word.lower(), 0.0)
    from wordfreq import zipf_frequency

    # A word that wordfreq may part, or whose digits it counts together.
    common: float = zipf_frequency(word, language, wordlist="small")
    return common


@cache
def common_words(language: str) -> Mapping[str, float]:
    """Return the words of a language above one in a million, and how common they are (Zipf).

    Raises
    ------
    ValueError
        The list is in another format than wordfreq 3 has.
    """
    import msgpack

    package = find_spec("wordfreq")
    folders = (package and package.submodule_search_locations) or [""]
    with gzip.open(Path(folders[0]) / "data" / f"small_{language}.msgpack.gz") as stream:
        header, *levels = msgpack.load(stream)
    if header != _HEADER:
        raise ValueError(f"expected a list of words with {_HEADER}, found {header}")
    # The nth level holds words of 10 ** (-n / 100); the Zipf scale counts from one in 10 ** 9.
    zipf = [round(9 - n / 100, 2) for n in range(len(levels))]
    return {word: common for common, level in zip(zipf, levels, strict=True) for word in level}
