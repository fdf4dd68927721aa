"""The second look: how many candidates are read, and what makes one an answer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fake_encoder import FakeEncoder
from small_corpus import corpus_of

from bot import judging
from bot.answer import Bot
from bot.config import Settings
from bot.judging import LOOKED, Judge, Judgement
from corpus.document import Corpus
from corpus.read import read_corpus
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


def judge_of(corpus: Corpus, folder: Path):
    """Return what judges questions to a corpus, told what the verifier says of every passage."""
    encoder = FakeEncoder()
    index = build_index(corpus, encoder, folder)
    ranker = Ranker(index)

    def judge(question: str, verdict: float) -> tuple[Judgement, list[str]]:
        made = Judge(index, ranker, encoder.encode)
        reader = Reader(verdict)
        made._verifier = reader
        return made.judge(question, ranker.rank(question, encoder.encode)), reader.read

    return judge


@pytest.fixture
def judged(tmp_path: Path):
    return judge_of(corpus_of(*PLANTS), tmp_path / "index")


@pytest.mark.parametrize(("reach", "read"), [(100, LOOKED), (0, 1)])
def test_those_within_reach_of_the_best_are_read(judged, monkeypatch, reach, read) -> None:
    monkeypatch.setattr(judging, "REACH", reach)
    judgement, said = judged("Does the plant build cars?", 1.0)
    assert len(said) == len(set(said)) == len(judgement.candidates) == read
    sources = {each.passage.source_id for each in judgement.candidates}
    assert len({each.source_id for each in judgement.others} - sources) == len(PLANTS) + 1 - read


def test_what_is_about_another_name_is_not_read(judged, monkeypatch) -> None:
    monkeypatch.setattr(judging, "REACH", 100)
    judgement, said = judged("Does the plant in Turin build cars?", 1.0)
    assert 0 < len(said) < 4
    assert {each.disagreements for each in judgement.candidates} == {()}


def test_what_agrees_is_read_however_far_ahead_another_name_is(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(judging, "REACH", 0.5)
    pets = "Dogs, cats and birds are welcome in Bari."
    judge = judge_of(corpus_of(*PLANTS, pets), tmp_path / "index")
    judgement, _ = judge("Are dogs, cats and birds welcome in Turin?", 1.0)
    found = {each.passage.text: each.disagreements for each in judgement.candidates}
    assert found.get(pets) == ("Turin",)
    assert found.get(PLANTS[0]) == ()


def test_a_newer_version_reads_with_what_read_for_the_one_before(tmp_path, monkeypatch) -> None:
    encoder = FakeEncoder()
    index = build_index(corpus_of(*PLANTS), encoder, tmp_path / "index")
    monkeypatch.setattr(type(index), "newer", lambda _: index)
    first, reader = Bot(index, encoder, Settings()), Reader(1.0)
    first._verifier = reader
    second = first.newer()
    assert second is not None
    second.ask("Does the plant build cars?")
    assert reader.read


@pytest.mark.parametrize(
    ("question", "more"), [("Where was the first plant?", 2), ("Was there a plant?", 0)]
)
def test_what_names_another_place_is_read_where_the_best_answers(
    tmp_path, monkeypatch, question, more
) -> None:
    monkeypatch.setattr(judging, "REACH", 0)
    texts = [
        "The first plant stood in Turin.",
        "Our plant in Bari.",
        "Plants need water and light.",
    ]
    judge = judge_of(corpus_of(*texts), tmp_path / "index")
    for verdict, read in ((1.0, 1 + more), (-1.0, 1)):
        judgement, said = judge(question, verdict)
        assert len(said) == len(judgement.candidates) == read


def test_a_candidate_answers_if_it_is_said_to_and_disagrees_in_nothing(judged) -> None:
    judgement, _ = judged("Which plant builds cars?", 1.0)
    assert all(each.answers for each in judgement.candidates)
    judgement, _ = judged("Which plant builds cars?", -1.0)
    assert not any(each.answers for each in judgement.candidates)
    judgement, _ = judged("What happened in 1987 in the plant?", 1.0)
    assert all(each.disagreements for each in judgement.candidates)
    assert not any(each.answers for each in judgement.candidates)


@pytest.mark.parametrize(
    ("leads_to", "kind"),
    [
        ("| Plant | Town |\n| --- | --- |\n| Old | Bari |\n", "table"),
        ("- Bari\n- Pisa\n", "paragraph"),
    ],
)
def test_a_lead_in_is_answered_with_what_it_leads_to(tmp_path: Path, leads_to, kind) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"# Cars\n\nHere are all the plants we run today:\n\n{leads_to}\nWe sell vans.\n"
    )
    judge = judge_of(read_corpus([page]), tmp_path / "index")
    judgement, _ = judge("here are all the plants we run today", 1.0)
    best = judgement.candidates[0].passage
    assert (best.kind, "Bari" in best.text) == (kind, True)
    sources = [each.passage.source_id for each in judgement.candidates]
    assert len(sources) == len(set(sources))
    assert not set(sources) & {each.source_id for each in judgement.others}


def test_a_piece_of_a_long_paragraph_stays_what_was_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    sentences = [f"The plant in town {n} builds cars of one kind or another." for n in range(24)]
    page.write_text(f"# Cars\n\n{' '.join(sentences)}\n")
    corpus = read_corpus([page])
    assert len(corpus.passages) > 1
    judgement, _ = judge_of(corpus, tmp_path / "index")(sentences[0], 1.0)
    assert judgement.candidates[0].passage.text.startswith(sentences[0])


def test_a_label_is_no_further_answer_whatever_is_read_of_it(tmp_path: Path) -> None:
    lines = [
        f'{{"id": "{each}", "questions": ["{each} hours"], "answer": "{each}"}}'
        for each in ("shop", "café")
    ]
    faq = tmp_path / "faq.jsonl"
    faq.write_text("\n".join(lines), encoding="utf-8")
    judge = judge_of(read_corpus([faq]), tmp_path / "index")
    judgement, read = judge("shop hours", 3.0)
    assert read
    assert not any(each.answers for each in judgement.candidates)
