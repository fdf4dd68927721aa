"""The questions that Portello is measured by agree with the corpora that they were written for."""

import json
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from bot.questions import Case, read_questions
from corpus.document import Corpus
from corpus.read import read_corpus

HERE = Path(__file__).parent
ALFA_ROMEO = HERE / "alfa_romeo_questions.jsonl"
PAIRS = HERE / "minimal_pairs.jsonl"
PAIR_CORPORA = ("library.md", "bicycle_hire.md", "museum.csv")
FILES = {ALFA_ROMEO: HERE.parent / "corpus" / "alfa_romeo"} | {
    HERE / "minimal_pairs" / f"{Path(name).stem}_questions.jsonl": HERE / "minimal_pairs" / name
    for name in PAIR_CORPORA
}


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


@pytest.mark.parametrize("name", PAIR_CORPORA)
def test_minimal_pairs_are_many_and_differ_in_few_words(name: str) -> None:
    source_ids = {
        passage.source_id for passage in read_corpus([HERE / "minimal_pairs" / name]).passages
    }
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    pairs = [pair for pair in map(json.loads, lines) if pair["corpus"] == name]
    assert len(pairs) >= 24
    assert len({pair["declined"] for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert pair["relevant"]
        assert set(pair["relevant"]) <= source_ids
        assert 0 < words_changed(pair["answered"], pair["declined"]) <= 3, pair


def words_changed(one: str, other: str) -> int:
    """Words of the longer question that the other doesn't have in their place."""
    first, second = one.split(), other.split()
    same = sum(block.size for block in SequenceMatcher(a=first, b=second).get_matching_blocks())
    return max(len(first), len(second)) - same
