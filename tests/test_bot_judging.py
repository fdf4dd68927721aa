"""The second look: how many candidates are read, and what makes one an answer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fake_encoder import FakeEncoder
from small_corpus import corpus_of

from bot.judging import FURTHER, LOOKED, Judge, Judgement
from index.build import build_index
from index.rank import Ranker

PLANTS = [f"The plant in {town} builds cars." for town in "Turin Bari Rome Pisa Lecce Asti".split()]
PLANTS += [f"The plant in {town} was shut." for town in "Trento Parma Siena Lodi".split()]


class Reader:
    """Says of each text what it was told to, and keeps what it read."""

    def __init__(self, verdict: float) -> None:
        self.verdict = verdict
        self.read: list[str] = []

    def score(self, _question: str, passages: Sequence[str]) -> np.ndarray:
        self.read += passages
        return np.full(len(passages), self.verdict, dtype=np.float32)


@pytest.fixture
def judged(tmp_path: Path):
    encoder = FakeEncoder()
    index = build_index(corpus_of(*PLANTS), encoder, tmp_path / "index")
    ranker = Ranker(index)

    def judge(question: str, verdict: float) -> tuple[Judgement, list[str]]:
        made = Judge(index, ranker, encoder.encode)
        reader = Reader(verdict)
        made._verifier = reader
        return made.judge(question, ranker.rank(question, encoder.encode)), reader.read

    return judge


def test_the_first_four_are_read_where_one_of_them_answers(judged) -> None:
    judgement, read = judged("Which plant builds cars?", 1.0)
    assert len(read) == len(judgement.candidates) == LOOKED


def test_it_reads_on_where_none_of_the_first_answers(judged) -> None:
    judgement, read = judged("Which plant builds cars?", -1.0)
    assert len(read) == len(set(read)) == len(judgement.candidates) == FURTHER


def test_a_candidate_answers_if_it_is_said_to_and_disagrees_in_nothing(judged) -> None:
    judgement, _ = judged("Which plant builds cars?", 1.0)
    assert all(each.answers for each in judgement.candidates)
    judgement, _ = judged("Which plant builds cars?", -1.0)
    assert not any(each.answers for each in judgement.candidates)
    judgement, _ = judged("What happened in 1987 in the plant?", 1.0)
    assert all(each.disagreements for each in judgement.candidates)
    assert not any(each.answers for each in judgement.candidates)
