"""An evaluation asks every case and keeps what came of it."""

import json

import pytest
from oracle import CASES, TRACES, Oracle, trace

from bot.evaluate import Confusable, Evaluation, evaluate
from bot.evaluation_text import compare
from bot.questions import Case


@pytest.fixture
def evaluation() -> Evaluation:
    return evaluate(Oracle(TRACES), CASES)


def test_every_case_is_asked_once_with_its_history() -> None:
    oracle = Oracle(TRACES)
    evaluate(oracle, CASES)
    assert oracle.asked == [(case.question, case.history) for case in CASES]


def test_only_the_outcome_answer_counts_as_answered(evaluation: Evaluation) -> None:
    values = evaluation.overall.values
    assert values["coverage"] == pytest.approx(3 / 7)
    assert values["in_scope_accuracy"] == pytest.approx(1 / 4)
    assert values["oos_recall"] == pytest.approx(2 / 3)
    assert values["selective_accuracy"] == pytest.approx(1 / 3)
    assert values["P@1"] == pytest.approx(3 / 4)


def test_small_talk_says_nothing_of_an_entry(evaluation: Evaluation) -> None:
    judgement = evaluation.judgements[-1]
    assert (judgement.candidate, judgement.confidence) == (None, 0)


def test_answer_strings_are_looked_for_whatever_their_case_and_space(
    evaluation: Evaluation,
) -> None:
    assert [judged.answer_found for judged in evaluation.judgements[:3]] == [True, None, False]


def test_splits_are_scored_alone_in_the_order_of_the_file(evaluation: Evaluation) -> None:
    near, far = evaluation.splits
    assert (near.name, near.questions, near.in_scope) == ("near", 4, 4)
    assert (far.name, far.questions, far.in_scope) == ("far", 3, 0)
    assert near.values["oos_recall"] is far.values["P@1"] is None


def test_shares_come_with_an_interval(evaluation: Evaluation) -> None:
    low, high = evaluation.overall.intervals["coverage"]
    assert low < 3 / 7 < high
    assert "MCC" not in evaluation.overall.intervals


def test_confusable_entries_and_confident_mistakes_are_kept(evaluation: Evaluation) -> None:
    assert evaluation.confusables == (Confusable("a", "b", 1, "wrong"),)
    assert [judged.case.question for judged in evaluation.mistakes] == ["fooled", "wrong"]


def test_the_nearest_relevant_entry_is_what_was_confused() -> None:
    oracle = Oracle({"q": trace("answer", 0.5, ["x", "c", "b"])})
    assert evaluate(oracle, [Case("1", "q", ("b", "c"))]).confusables[0].wanted == "c"


def test_to_dict_is_json_with_the_names_of_the_contract(evaluation: Evaluation) -> None:
    found = json.loads(json.dumps(evaluation.to_dict()))
    assert set(found["overall"]) >= {
        *("P@1", "MRR@10", "recall@5", "in_scope_accuracy", "oos_recall", "MCC", "AUROC"),
        *("selective_accuracy", "coverage", "ECE", "questions", "in_scope", "intervals"),
    }
    assert found["splits"]["near"]["questions"] == 4
    assert found["milliseconds"]["median"] <= found["milliseconds"]["p95"]
    assert found["settings"]["model"] == found["model"] == "default"
    assert not [name for name in found["settings"] if name.startswith("milvus_")], "a secret"
    assert [reply["right"] for reply in found["replies"]] == [
        *(True, False, False, False, True, False, True),
    ]


def test_text_fits_80_columns_and_names_the_worst(evaluation: Evaluation) -> None:
    text = evaluation.render_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "7 questions, 4 in scope, 3 out of scope" in text
    assert "corpus 0123456789ab, model default" in text
    assert "  1 x a\n     -> b\n     wrong\n" in text
    assert "  0.80 fooled\n     -> a\n     right: out of scope\n" in text


def test_text_shows_hostile_questions_on_one_harmless_line() -> None:
    question = "\x1b[31m\nred \ud83d " + "x " * 100
    oracle = Oracle({question: trace("answer", 0.5, ["a"])})
    text = evaluate(oracle, [Case("1", question, ())]).render_text()
    assert "[31m red x x" in text
    assert "\x1b" not in text
    assert max(map(len, text.encode().decode().splitlines())) <= 80


def test_undefined_measures_are_dashes() -> None:
    text = evaluate(Oracle(TRACES), [CASES[0]]).render_text()
    assert any(line.split() == ["oos_recall", "–"] for line in text.splitlines())
    assert "Confusable" not in text
    assert "Worst" not in text
    assert "split" not in text


def test_progress_is_drawn_on_stderr_only(capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(Oracle(TRACES), CASES, progress=True)
    assert capsys.readouterr().out == ""


def test_compare_names_what_came_right_and_what_went_wrong(evaluation: Evaluation) -> None:
    swapped = TRACES | {"wrong": trace("answer", 0.7, ["a"]), "right": trace("abstain", 0.1)}
    new = evaluate(Oracle(swapped), [*CASES[:6], Case("8", "hello", ())])
    text = compare(evaluation.to_dict(), new.to_dict())
    assert "Came right: 1\n  2: wrong" in text
    assert "Went wrong: 1\n  1: right" in text
    assert "In one of the two only: 2 questions" in text
    assert any(
        line.split() == ["selective_accuracy", "0.333", "0.500", "+0.167"]
        for line in text.splitlines()
    )


def test_compare_of_equals_finds_nothing_and_of_other_corpora_says_so(
    evaluation: Evaluation,
) -> None:
    found = evaluation.to_dict()
    text = compare(found, found | {"corpus_version": "other"})
    assert text.startswith("The two were made with different corpora.")
    assert "Came right: 0\n\nWent wrong: 0\n" in text


def test_many_mistakes_are_cut_with_a_count() -> None:
    traces = {str(n): trace("answer", 0.5, ["a"]) for n in range(12)}
    text = evaluate(Oracle(traces), [Case(q, q, ()) for q in traces]).render_text()
    assert "… and 2 more" in text
