"""How common words are: the same as wordfreq says, without importing it."""

import subprocess
import sys
from pathlib import Path

import pytest
from wordfreq import get_frequency_dict, zipf_frequency

from index.frequency import common_words, frequency


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_every_word_is_as_common_as_wordfreq_says(language):
    listed = get_frequency_dict(language, wordlist="small")
    assert common_words(language).keys() == listed.keys()
    asked = [word for word in listed if word.isascii() and word.isalpha()]
    ended = [word + end for word in asked[::70] for end in ("'s", "n't", "'ll") if len(word) > 1]
    said = ["I'd", "i'm", "i've", "i'll", "i'x", "DON'T", ""]
    for word in [*asked[::7], *ended, *said, "cassino", "qqqq", "a", "I", "The"]:
        assert frequency(word, language) == zipf_frequency(word, language, wordlist="small"), word


@pytest.mark.parametrize("word", ["d'or", "don’t", "2015", "b2b", "café", "日本", "two words"])
def test_what_may_be_parted_is_left_to_wordfreq(word):
    assert frequency(word) == zipf_frequency(word, "en", wordlist="small")


def test_words_of_letters_need_no_wordfreq():
    asked = ["the", "", "don't", "i'd"]
    code = (
        f"import sys, index.frequency as f; [f.frequency(word) for word in {asked}];"
        " print('wordfreq' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
