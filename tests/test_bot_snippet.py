from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.snippet import answer_span, read_nearness
from corpus.sentences import sentences
from index.terms import terms

TEXT = "Cassino is in Lazio. The Giulia is made there. It came in 2015. Toluca is in Mexico."


def answer(text, cosines, question=""):
    start, end = answer_span(text, sentences(text), cosines, terms(question))
    return text[start:end]


def test_the_sentence_nearest_in_meaning_is_the_answer():
    assert answer(TEXT, [0.1, 0.9, 0.2, 0.3]) == "The Giulia is made there."


def test_shared_words_decide_between_sentences_as_near():
    assert answer(TEXT, [0.5, 0.5, 0.5, 0.5], "Mexico?") == "Toluca is in Mexico."
    assert answer(TEXT, [0.5, 0.52, 0.5, 0.5], "Toluca, Mexico?") == "Toluca is in Mexico."


def test_meaning_goes_before_words_where_it_is_clear():
    assert answer(TEXT, [0.1, 0.9, 0.1, 0.1], "Mexico") == "The Giulia is made there."


def test_of_equals_the_first_is_the_answer():
    assert answer(TEXT, [0.5] * 4) == "Cassino is in Lazio."


def test_a_sentence_that_leans_on_the_one_before_brings_it_along():
    assert answer(TEXT, [0, 0, 1, 0]) == "The Giulia is made there. It came in 2015."


def read_answer(cosines, verdicts, question=""):
    """Return the answer's text and the sentences that were read for it."""
    told = {}
    spans = sentences(TEXT)

    def read(chosen):
        told.update((TEXT[start:end], verdicts[spans.index((start, end))]) for start, end in chosen)
        return list(told.values())

    near = read_nearness(TEXT, spans, cosines, terms(question), read)
    start, end = answer_span(TEXT, spans, near, terms(question))
    return TEXT[start:end], len(told)


def test_a_sentence_that_stands_out_is_not_read():
    assert read_answer([0.1, 0.9, 0.2, 0.3], [9, -9, 9, 9]) == ("The Giulia is made there.", 0)


def test_of_sentences_that_are_close_reading_decides():
    found = read_answer([0.5, 0.6, 0.0, 0.4], [-2, -3, 9, 1])
    assert found == ("Toluca is in Mexico.", 3)


def test_a_sentence_that_was_not_read_is_not_the_answer():
    found = read_answer([0.5, 0.6, 0.2, 0.1], [-9, -8, 9, 9])
    assert found == ("The Giulia is made there.", 2)


@pytest.mark.parametrize(
    "leaning",
    ["“This” is so.", "**Both** are new.", "however, no.", "(They are new.)", "It's new."],
)
def test_leaning_is_seen_through_quotes_and_emphasis(leaning):
    text = f"Toluca is in Mexico. The Giulia is made. {leaning}"
    spans = [(0, 20), (21, 40), (41, len(text))]
    assert answer_span(text, spans, [0, 0, 1], []) == (21, len(text))


@pytest.mark.parametrize("standing", ["Italy is so.", "Items are new.", "Theme parks exist."])
def test_a_word_that_only_begins_like_a_leaning_one_stands_alone(standing):
    assert answer(f"The Giulia is made. {standing}", [0, 1]) == standing


def test_leaning_sentences_in_a_row_go_back_to_what_they_lean_on():
    text = "One is old. The Giulia is new. It is red. It is fast."
    assert answer(text, [0, 0, 0, 1]) == "The Giulia is new. It is red. It is fast."


def test_a_text_that_begins_with_a_leaning_sentence_begins_with_the_answer():
    assert answer("It is red. Cars are fast.", [1, 0]) == "It is red."


@pytest.mark.parametrize("text", ["", "One sentence alone", " It leans. "])
def test_a_text_of_at_most_one_sentence_is_its_own_answer(text):
    assert answer_span(text, sentences(text), [], ["made"]) == (0, len(text))


def test_a_cosine_too_few_is_refused():
    with pytest.raises(ValueError, match="zip"):
        answer_span(TEXT, sentences(TEXT), [0.5], [])


@given(st.data(), st.text(st.sampled_from("ab. It\nThis!?\x00\ud800א"), max_size=80))
def test_an_answer_is_whole_sentences_with_the_best_as_the_last(data, text):
    spans = sentences(text)
    size = st.lists(st.floats(-1, 1), min_size=len(spans), max_size=len(spans))
    cosines = data.draw(size)
    span = answer_span(text, spans, cosines, [])
    if len(spans) < 2:
        assert span == (0, len(text))
    else:
        assert span[0] in {start for start, _ in spans}
        assert span[1] == spans[cosines.index(max(cosines))][1]
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_a_long_text_of_many_sentences_takes_no_square_of_its_length():
    text = "It is red. " * 9_000
    spans = sentences(text)
    start, end = answer_span(text, spans, [0.0] * (len(spans) - 1) + [1.0], ["red"])
    assert (start, end) == (0, len(text) - 1)
