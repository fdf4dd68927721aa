"""The shipped small talk: polite, wide, and neutral whoever the owner is."""

from pathlib import Path

from corpus.read import read_corpus

FILE = Path(__file__).parents[1] / "corpus" / "small_talk.csv"


def answers() -> dict[str, str]:
    entries = read_corpus([FILE]).documents
    return {question.casefold(): each.text for each in entries for question in each.questions}


def test_greetings_thanks_and_goodbyes_have_their_answers() -> None:
    found = answers()
    assert found["hi"].startswith("Hello!")
    assert found["thanks a lot"].startswith("You're welcome!")
    assert found["bye"].startswith("Goodbye!")
    assert "chatbot" in found["are you a bot?"]
    assert "source" in found["what can i ask you?"]


def test_every_phrasing_belongs_to_one_entry() -> None:
    entries = read_corpus([FILE]).documents
    phrasings = [
        question.casefold().strip("?!. ") for each in entries for question in each.questions
    ]
    assert sorted(phrasings) == sorted(set(phrasings))
    assert len(entries) >= 8


def test_answers_name_no_owner_and_no_product() -> None:
    told = " ".join(answers().values()).casefold()
    assert [name for name in ("portello", "alfa", "romeo", "car ") if name in told] == []
