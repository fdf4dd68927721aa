"""A bot without a piece of its evidence: the piece is gone, all else and the bot itself stay."""

from pathlib import Path

import numpy as np
import pytest
from fake_encoder import FakeEncoder
from small_corpus import corpus_of

from bot.ablation import MEASURED, ablate, variants
from bot.answer import Bot
from bot.config import Settings
from bot.evaluate import evaluate
from bot.questions import Case
from index.build import build_index
from index.rank import EVIDENCE, load_weights

TEXTS = ("The garage opens at nine.", "Brakes are repaired within a day.")


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    encoder = FakeEncoder()
    index = build_index(corpus_of(*TEXTS), encoder, tmp_path / "index")
    return Bot(index, encoder, Settings())


def test_leaves_out_one_piece_at_a_time(bot: Bot) -> None:
    left_out = [name for name, _ in variants(bot)]
    assert left_out == [*EVIDENCE, "verifier", "agreement", "spelling"]


def test_a_piece_of_the_ranking_weighs_nothing_and_the_others_what_they_did(bot: Bot) -> None:
    made = dict(variants(bot))
    for at, name in enumerate(EVIDENCE):
        ranking = made[name]._rank("When does the garage open?")
        kept = np.delete(ranking.evidence, at, axis=1) @ np.delete(load_weights(), at)
        assert ranking.scores == pytest.approx(kept, abs=1e-5)


def test_without_the_gate_nothing_disagrees_or_is_missing(bot: Bot) -> None:
    asked = "Are brakes of a Ferrari repaired in 1987?"
    ranking = bot._rank(asked)
    gated = bot._judge.judge(asked, ranking)
    passed = dict(variants(bot))["agreement"]._judge.judge(asked, ranking)
    assert gated.missing
    assert not passed.missing
    assert any(each.disagreements for each in gated.candidates)
    assert not any(each.disagreements for each in passed.candidates)


def test_without_the_verifier_every_verdict_is_undecided(bot: Bot) -> None:
    asked = "When does the garage open?"
    judged = dict(variants(bot))["verifier"]._judge.judge(asked, bot._rank(asked))
    assert {each.verdict for each in judged.candidates} == {0.0}


def test_without_spelling_a_slip_is_ranked_as_it_was_written(bot: Bot) -> None:
    asked = "are the braks repaird"
    assert bot._rank(asked).question != asked
    assert dict(variants(bot))["spelling"]._rank(asked).question == asked


def test_tells_four_measures_of_each_and_leaves_the_bot_as_it_was(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Case("1", "When does the garage open?", ("guide.md#0",))
    evaluation = evaluate(bot, [asked])
    answered, trace = [], Bot.trace
    monkeypatch.setattr(
        Bot, "trace", lambda own, *given: answered.append(own) or trace(own, *given)
    )
    found = ablate(bot, evaluation)
    assert list(found) == ["nothing", *EVIDENCE, "verifier", "agreement", "spelling"]
    assert {tuple(values) for values in found.values()} == {MEASURED}
    assert found["nothing"] == {name: evaluation.overall.values[name] for name in MEASURED}
    assert len(answered) == len(found) - 1
    assert bot not in answered
    assert evaluate(bot, [asked]).overall == evaluation.overall
