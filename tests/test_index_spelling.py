from time import perf_counter
from unicodedata import combining

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from index.frequency import frequency
from index.spelling import Speller, word_counts
from index.terms import words

TEXTS = [
    "The Giulia and the Stelvio are made in Cassino, and so was the GTV6.",
    "Alfa Romeo builds the Tonale at the Pomigliano d'Arco plant. Cassino is in Italy.",
]
WORDS = st.text("abcdeé", min_size=4, max_size=9)
ANY_TEXT = st.text(st.characters())


@pytest.fixture(scope="module")
def speller():
    return Speller(word_counts(TEXTS))


def test_knows_the_words_of_the_corpus_as_they_are_folded(speller):
    assert "cassino" in speller
    assert "gtv6" in speller
    assert "Cassino" not in speller
    assert "toluca" not in speller


def test_how_common_a_word_is_runs_from_0_to_about_8():
    assert frequency("the") > 7
    assert 3 < frequency("factory") < 6
    assert frequency("pomigliano") == frequency("xqzzy") == frequency("") == 0


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("where is the Girlia made?", "where is the giulia made?"),
        ("where is the stlevio made", "where is the stelvio made"),
        ("pomigilano", "pomigliano"),
        ("where in casino?", "where in casino?"),
        ("which facotry", "which factory"),
        ("the Tonael's plnat", "the tonale's plant"),
    ],
)
def test_a_misspelt_word_becomes_the_one_that_was_meant(speller, asked, meant):
    assert speller.correct(asked) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Where is the GIULIA made?",
        "Is the GTV6 better than the 4C or a B2B deal with X5Z?",
        "Italy,   Cassino\n\tand  Pomigliano d’Arco",
        "zq",
        "",
        "?! 👋 \x00 \ud800",
        "שלום עולם",
        "4,137 lbs",
        "½ ² ﷺ",
    ],
)
def test_leaves_a_question_without_slips_alone(speller, question):
    assert speller.correct(question) == question


def test_an_accent_written_as_a_character_of_its_own_is_part_of_its_word():
    speller = Speller(word_counts(["Citroën"]))
    assert speller.correct("the Citroe\u0308n") == "the Citroe\u0308n"
    assert speller.correct("the Citre\u0308on") == "the citroen"


def test_leaves_a_word_alone_that_nothing_is_near(speller):
    assert speller.correct("xqzzyqxv") == "xqzzyqxv"


def test_of_two_corpus_words_the_commoner_one_is_meant():
    assert Speller({"marlo": 1, "marla": 90}).correct("marlx") == "marla"
    assert Speller({"marlo": 90, "marla": 1}).correct("marlx") == "marlo"


def test_a_word_of_the_corpus_goes_before_an_ordinary_one():
    assert Speller({}).correct("facotry") == "factory"
    assert Speller({"facotrz": 1}).correct("facotry") == "facotrz"


def test_short_words_may_be_one_slip_away_and_long_ones_two():
    speller = Speller({"qxzvk": 1, "qxzvkjwp": 1})
    assert speller.correct("qxzyy") == "qxzyy"
    assert speller.correct("qxzvkjyy") == "qxzvkjwp"


@given(st.lists(st.sampled_from([*words(" ".join(TEXTS)), "where", "is", "made"])))
def test_a_question_of_known_words_is_returned_as_it_is(known):
    question = ", ".join(known).title()
    assert Speller(word_counts(TEXTS)).correct(question) == question


@given(ANY_TEXT)
def test_any_question_is_corrected_to_the_same_text_each_time(question):
    speller = Speller(word_counts(TEXTS))
    assert speller.correct(question) == speller.correct(question)
    assert Speller(word_counts([question])).correct(question) == question


@given(ANY_TEXT)
def test_all_but_letters_stays_where_it_is(question):
    corrected = Speller(word_counts(TEXTS)).correct(question)
    letters = str.maketrans(
        "", "", "".join({c for c in question + corrected if c.isalpha() or combining(c)})
    )
    assert corrected.translate(letters) == question.translate(letters)


def test_a_corpus_without_words_corrects_towards_general_english():
    speller = Speller(word_counts(["", "123"]))
    assert speller.correct("Where is the facotry?") == "Where is the factory?"


@pytest.mark.parametrize(
    "question",
    [
        "x" * 100_000,
        "qzxvkjwpyr" * 100,
        " ".join(f"qzx{a}wvj{b}kq" for a in "bcdfghjklm" for b in "qxzvwkjbfg"),
    ],
    ids=["one endless word", "one long word", "a hundred unknown words"],
)
def test_nonsense_takes_no_longer_than_a_question(speller, question):
    started = perf_counter()
    assert speller.correct(question) == question
    assert perf_counter() - started < 1


@given(st.lists(WORDS, min_size=1, max_size=12), st.data())
def test_no_word_that_is_near_is_left_out_unread(known, data):
    speller = Speller(word_counts(known))
    asked = data.draw(st.sampled_from(known))
    at = data.draw(st.integers(0, len(asked) - 1))
    for slip in (asked[:at] + asked[at + 1 :], asked[:at] + "é" + asked[at:], asked[::-1]):
        for slips in (1, 2):
            near = [w for w in speller._targets if DamerauLevenshtein.distance(slip, w) <= slips]
            assert [word for word in speller._near(slip, slips) if word in near] == near
