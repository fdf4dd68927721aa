"""The shipped article: its words as they were given, its structure as it's read."""

import hashlib
import re
from pathlib import Path

import pytest

from corpus.read import read_corpus

ROOT = Path(__file__).parents[1]
ARTICLE = ROOT / "corpus" / "alfa_romeo" / "where-is-alfa-romeo-made.md"
TITLE = "# Where Is Alfa Romeo Made: The Ultimate Guide To Its Manufacturing"
SEED = ROOT.parent / "shared" / "seed"
# sha256 of the given article's words, joined by single spaces.
GIVEN = "d7fb7d6c014e80b84e9f782a0d918aa7b5daed82d9b82d712bceacaa3e562fc2"


def words_without_structure() -> str:
    first, *lines = ARTICLE.read_text(encoding="utf-8").splitlines()
    assert first == TITLE
    kept = [line for line in lines if not re.fullmatch(r"[-| ]+", line)]
    return " ".join(re.sub(r"^#+ |\|", "", line) for line in kept)


def joined(text: str) -> str:
    return " ".join(text.split())


def test_no_word_of_the_article_was_changed() -> None:
    found = hashlib.sha256(joined(words_without_structure()).encode()).hexdigest()
    assert found == GIVEN


def test_the_article_says_what_the_given_text_says() -> None:
    texts = sorted(SEED.glob("*.txt"))
    if not texts:
        pytest.skip("the article as it was given isn't kept with the project")
    given = "\n".join(text.read_text(encoding="utf-8") for text in texts)
    assert joined(words_without_structure()) == joined(given)


def test_the_four_questions_are_entries_and_the_closing_words_answer_none_of_them() -> None:
    passages = read_corpus([ARTICLE]).passages
    entries = {passage.questions[0]: passage.text for passage in passages if passage.questions}
    assert len(entries) == 4
    assert entries["Where Is Alfa Romeo Made?"].endswith("in Turin and Naples.")
    reliable = entries["Are Alfa Romeo Cars Reliable?"]
    assert reliable.endswith("they can be reliable cars.")
    closing = [passage for passage in passages if "#closing" in passage.id]
    assert [passage.kind for passage in closing] == ["paragraph", "paragraph"]
    assert [passage.section for passage in closing] == [(), ()]


def test_every_plant_is_a_row_with_its_header_shown_in_its_table() -> None:
    corpus = read_corpus([ARTICLE])
    rows = [passage for passage in corpus.passages if passage.kind == "row"]
    assert len(rows) == 5
    assert rows[-1].text == "Toluca Plant | Toluca, Mexico"
    assert rows[-1].cells == (
        ("Manufacturing Facility", "Toluca Plant"),
        ("Location", "Toluca, Mexico"),
    )
    assert rows[-1].section == ("Production Facilities",)
    assert corpus.documents[0].text[slice(*rows[-1].context)].count("\n") == 6
