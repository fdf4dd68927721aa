from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from corpus.document import Passage
from corpus.read import read_corpus
from corpus.sentences import sentences
from index.views import VIEW_KINDS, View, views_of, whole_text

TWO = "It is made in Cassino. The plant is old."


def passage_of(kind="paragraph", text=TWO, title="Guide", section=("Plants",), **more):
    return Passage("a", "a", 0, kind, 0, len(text), text, title, section, **more)


def of_kind(views, kind):
    return [view.text for view in views if view.kind == kind]


def test_an_entry_is_found_by_each_phrasing_its_answer_both_and_each_sentence():
    asked = ("Where is it made?", "Which factory?")
    assert views_of(passage_of("entry", questions=asked)) == [
        View("question", "Where is it made?"),
        View("question", "Which factory?"),
        View("answer", TWO),
        View("whole", f"Where is it made? {TWO}"),
        View("sentence", "It is made in Cassino."),
        View("sentence", "The plant is old."),
    ]


def test_a_paragraph_is_found_with_what_it_stands_under_and_by_each_sentence():
    views = views_of(passage_of())
    assert [view.kind for view in views] == ["whole", "sentence", "sentence"]
    assert views[0].text == f"Guide. Plants. {TWO}"


def test_a_text_of_one_sentence_is_told_once():
    assert views_of(passage_of(text="Made in Cassino.")) == [
        View("whole", "Guide. Plants. Made in Cassino.")
    ]
    assert of_kind(views_of(passage_of("entry", "In Turin.", questions=("Q?",))), "sentence") == []


@pytest.mark.parametrize("kind", ["row", "table"])
def test_a_table_and_its_rows_are_wholes(kind):
    assert [view.kind for view in views_of(passage_of(kind))] == ["whole"]


def test_a_row_is_told_with_its_headers_and_without_empty_cells():
    cells = (("Model", "Giulia"), ("", "sedan"), ("Plant", ""))
    row = passage_of("row", "| Giulia | sedan | |", cells=cells)
    assert whole_text(row) == "Guide. Plants. Model: Giulia; sedan"


def test_a_heading_that_repeats_the_title_is_told_once_and_an_empty_one_never():
    assert whole_text(passage_of(section=("Guide", "", "Plants"))) == f"Guide. Plants. {TWO}"
    assert whole_text(passage_of(title="", section=())) == TWO


def test_sentences_that_repeat_keep_their_places():
    text = "Yes. No! Yes."
    assert of_kind(views_of(passage_of(text=text)), "sentence") == ["Yes.", "No!", "Yes."]


@given(
    st.text(st.characters(), min_size=1),
    st.sampled_from(["entry", "paragraph", "row", "table"]),
    st.lists(st.text(), max_size=3),
)
def test_every_passage_has_a_view_and_its_sentences_in_order(text, kind, questions):
    views = views_of(passage_of(kind, text, questions=tuple(questions)))
    assert views
    assert {view.kind for view in views} <= set(VIEW_KINDS)
    single = of_kind(views, "sentence")
    if single:
        assert single == [text[start:end] for start, end in sentences(text)]


def test_the_shipped_article_s_views_are_told_in_its_own_words():
    for passage in read_corpus([Path(corpus.__file__).with_name("alfa_romeo")]).passages:
        views = views_of(passage)
        assert all(text in passage.text for text in of_kind(views, "sentence"))
        assert of_kind(views, "question") == list(passage.questions)
        assert len(of_kind(views, "whole")) == 1
