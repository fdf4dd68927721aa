from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from bot.small_talk import SmallTalk, alike, plain
from corpus.document import Corpus, Document, Passage
from corpus.read import read_corpus


def entry(name, *questions):
    return Passage(name, name, 0, "entry", 0, 3, "Yes", "", questions=questions)


@pytest.fixture(scope="module")
def shipped():
    return SmallTalk(read_corpus([Path(corpus.__file__).with_name("small_talk.csv")]))


def met(small_talk, question):
    found = small_talk.find(question)
    return found and found.passage.source_id


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("Hi", "hello"),
        ("hi!!!", "hello"),
        ("HELLO", "hello"),
        ("  thanks ,  a   lot… ", "thanks"),
        ("Thx", "thanks"),
        ("what’s your name?", "who-are-you"),
        ("_Goodbye_", "bye"),
    ],
)
def test_a_phrase_is_met_whatever_its_capitals_and_punctuation(shipped, question, entry):
    assert met(shipped, question) == entry
    assert shipped.find(question).alike == 1


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("helllo", "hello"),
        ("thankyou", "thanks"),
        ("thnaks a lot", "thanks"),
        ("thank you vrey much", "thanks"),
        ("good mornning", "hello"),
        ("are you a chatbott?", "who-are-you"),
        ("goodbie for now", None),
        ("goodby", "bye"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven(shipped, question, entry):
    assert met(shipped, question) == entry
    assert entry is None or 0.88 <= shipped.find(question).alike < 1


@pytest.mark.parametrize(
    "question",
    [
        "thanks, and where is the factory?",
        "Hello, where is Alfa Romeo made?",
        "Where is the Giulia made?",
        "who made it?",
        "how does it work?",
        "what do you know about it?",
        "is this a boat?",
        "bright",
        "star",
        "are you open?",
    ],
)
def test_a_question_of_its_own_is_no_small_talk(shipped, question):
    assert shipped.find(question) is None


@pytest.mark.parametrize("question", ["hp", "hu", "yo yo", "thxx", "yeahh", "mnu", "okk"])
def test_a_short_phrase_has_to_be_met_exactly(shipped, question):
    assert shipped.find(question) is None


def test_what_is_met_comes_with_the_corpus_it_stands_in(shipped):
    found = shipped.find("Good morning")
    document = found.corpus.documents[found.passage.document]
    said = document.text[found.passage.start : found.passage.end]
    assert said == found.passage.text == "Hello! What would you like to know?"


def test_every_shipped_phrase_meets_its_own_entry(shipped):
    for passage in shipped.corpus.passages:
        assert passage.questions
        assert {met(shipped, phrase) for phrase in passage.questions} == {passage.source_id}


def test_no_phrases_meet_nothing():
    document = Document("a", "a.csv", "Yes", "", field="answer")
    assert SmallTalk(Corpus((document,), (), "v")).find("hi") is None


def test_the_nearer_phrase_wins():
    document = Document("a", "a.csv", "Yes", "", field="answer")
    one, other = entry("one", "good morning all"), entry("other", "good morning alf")
    small_talk = SmallTalk(Corpus((document,), (one, other), "v"))
    assert met(small_talk, "good morning allf") in ("one", "other")
    assert met(small_talk, "good morning alff") == "other"


@given(st.text(st.characters(), max_size=200))
def test_no_text_raises_and_what_is_met_is_alike(question):
    document = Document("a", "a.csv", "Yes", "", field="answer")
    small_talk = SmallTalk(Corpus((document,), (entry("one", "hi", "good morning"),), "v"))
    found = small_talk.find(question)
    assert found is None or found.alike == pytest.approx(alike(question, found.passage.questions))


def test_a_very_long_text_is_no_small_talk(shipped):
    assert shipped.find("hello " * 20_000) is None


def test_how_alike_is_told_from_the_likest_phrase():
    assert alike("Where is it made", ["Hi", "where is it made?"]) == 1
    assert alike("abcd", ["abcx", "wxyz"]) == 0.75
    assert alike("abcd", ["wxyz"]) == 0
    assert alike("abcd", []) == 0


def test_plain_text_is_its_words_and_single_spaces():
    assert plain("  What’s\tUP,  Zoë?! ") == "what up zoe"
    assert plain("👋 \x00 \ud800") == ""
