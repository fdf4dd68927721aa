"""The questions that Portello is measured by agree with the corpora that they were written for."""

from collections import Counter
from pathlib import Path

import pytest

from bot.questions import Case, read_questions
from corpus.document import Corpus
from corpus.read import read_corpus

HERE = Path(__file__).parent
ALFA_ROMEO = HERE / "alfa_romeo_questions.jsonl"
FILES = {ALFA_ROMEO: HERE.parent / "corpus" / "alfa_romeo"}


def holds(corpus: Corpus, case: Case, answer: str) -> bool:
    """Whether a relevant passage of the case holds the answer string."""
    return any(
        answer.casefold() in " ".join(passage.text.casefold().split())
        for passage in corpus.passages
        if passage.source_id in case.relevant
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_relevant_ids_and_answer_strings_stand_in_the_corpus(path: Path) -> None:
    corpus = read_corpus([FILES[path]])
    cases = read_questions(path, known={passage.source_id for passage in corpus.passages})
    missing = [
        (case.id, answer)
        for case in cases
        for answer in case.answers
        if not holds(corpus, case, answer)
    ]
    assert missing == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_question_is_asked_twice(path: Path) -> None:
    asked = Counter((case.question.casefold(), case.history) for case in read_questions(path))
    assert [question for question, times in asked.items() if times > 1] == []


def test_alfa_romeo_questions_are_many_and_of_every_kind() -> None:
    cases = read_questions(ALFA_ROMEO)
    splits = Counter(case.split for case in cases)
    assert sum(bool(case.relevant) for case in cases) >= 100
    assert splits["near_oos"] >= 60
    assert splits["far_oos"] >= 20
    assert sum(bool(case.history) for case in cases) >= 24
    assert all(bool(case.relevant) != case.split.endswith("oos") for case in cases)
