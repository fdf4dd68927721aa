import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.terms import fold, stem, terms, words

ANY_TEXT = st.text(st.characters())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Škoda CITROËN", "skoda citroen"),
        ("cafe\u0301", "cafe"),
        ("Straße", "strasse"),
        ("İzmir", "izmir"),
        ("ﬁne", "fine"),
        ("𝗪𝗵𝗲𝗿𝗲", "where"),
        ("manu\u00adfacturing", "manufacturing"),
        ("Giulia\u200e", "giulia"),
        ("שלום", "שלום"),
    ],
)
def test_letters_that_read_the_same_are_the_same(text, folded):
    assert fold(text) == folded


def test_every_character_is_folded_once_and_for_all():
    every = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isalnum()]
    once = fold("\n".join(every))
    assert fold(once) == once


@given(ANY_TEXT)
def test_folding_depends_on_neither_composition_nor_case(text):
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Where is the Giulia made?", ["where", "is", "the", "giulia", "made"]),
        ("Alfa's and Alfa’s", ["alfa", "and", "alfa"]),
        ("Pomigliano d'Arco, O’Brien", ["pomigliano", "d", "arco", "o", "brien"]),
        ("4,137 lbs, 1.5 or 2.0.1", ["4,137", "lbs", "1.5", "or", "2.0.1"]),
        ("the end.Another", ["the", "end", "another"]),
        ("a _very_ **bold** word", ["a", "very", "bold", "word"]),
        ("snake_case", ["snake", "case"]),
        ("the 4C and the GTV6", ["the", "4c", "and", "the", "gtv6"]),
        ("state-of-the-art", ["state", "of", "the", "art"]),
        ("_ ... ?! 👋 \x00 \ud800", []),
        ("", []),
        ("שלום עולם", ["שלום", "עולם"]),
    ],
)
def test_words_of_a_text_in_order(text, found):
    assert words(text) == found


@given(ANY_TEXT)
def test_words_are_folded_letters_and_digits_whatever_the_text(text):
    for word in words(text):
        assert word.replace(".", "").replace(",", "").isalnum()
        assert fold(word) == word


@given(st.lists(ANY_TEXT))
def test_words_of_lines_are_the_words_of_each_line(lines):
    assert words("\n".join(lines)) == [word for line in lines for word in words(line)]


def test_terms_are_stems_so_that_forms_of_a_word_meet():
    assert terms("Manufactured") == terms("manufacturing") == terms("MANUFACTURES")
    assert terms("The factory's cars") == terms("the factory cars") == terms("The factories, car!")


@given(ANY_TEXT)
def test_there_is_a_term_for_every_word(text):
    assert terms(text) == [stem(word) for word in words(text)]


def test_a_very_long_text_has_all_its_terms():
    assert terms("Giulia " * 20_000) == terms("Giulia") * 20_000
    assert len(terms("x" * 100_000)) == 1


def test_threads_may_stem_at_the_same_time():
    texts = [f"building{chr(97 + n % 26)}s factories {'ab' * (n % 9)}ing" for n in range(400)]
    expected = [terms(text) for text in texts]
    stem.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(terms, texts)) == expected
