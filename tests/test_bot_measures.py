"""Measures against hand-computed values and scikit-learn, to four places."""

import random

import pytest
from sklearn.metrics import matthews_corrcoef, roc_auc_score  # type: ignore[import-untyped]

from bot.measures import (
    MEASURES,
    OUT_OF_SCOPE,
    Judgement,
    answer_in_top,
    auroc,
    calibration_bins,
    calibration_error,
    coverage,
    in_scope_accuracy,
    interval,
    mcc,
    mrr,
    oos_recall,
    precision_at_1,
    recall,
    risk_coverage,
    selective_accuracy,
    success,
    wilson,
)

RIGHT = Judgement(("a",), ("a", "b"), answered="a", candidate="a", confidence=0.9)
SECOND = Judgement(("a", "c"), ("b", "a", "d"), answered="b", candidate="b", confidence=0.6)
SHY = Judgement(("b",), ("b", "a"), answered=None, candidate="b", confidence=0.3)
NOTHING = Judgement(("d",))
DECLINED = Judgement((), ("a",), answered=None, candidate="a", confidence=0.2)
FOOLED = Judgement((), ("c",), answered="c", candidate="c", confidence=0.6)
ALL = (RIGHT, SECOND, SHY, NOTHING, DECLINED, FOOLED)


def random_judgements(seed: int, n: int = 200) -> list[Judgement]:
    """Judgements with one relevant id at most, and confidences with many ties."""
    draw = random.Random(seed)
    judgements = []
    for _ in range(n):
        relevant = tuple(draw.sample("abcde", draw.randint(0, 1)))
        ranking = tuple(draw.sample("abcde", 5))
        answered = ranking[0] if draw.random() < 0.6 else None
        confidence = draw.randint(0, 20) / 20
        judgements.append(Judgement(relevant, ranking, answered, ranking[0], confidence))
    return judgements


def test_p_at_1_counts_a_question_without_result_as_missed() -> None:
    assert precision_at_1(ALL) == pytest.approx(2 / 4)


def test_mrr_is_the_mean_of_one_over_the_first_relevant_rank() -> None:
    assert mrr(ALL) == pytest.approx((1 + 1 / 2 + 1 + 0) / 4)


def test_mrr_stops_at_k() -> None:
    assert mrr([SECOND], k=1) == 0


def test_recall_is_the_share_of_relevant_ids_and_success_whether_any() -> None:
    assert recall(ALL, 5) == pytest.approx((1 + 1 / 2 + 1 + 0) / 4)
    assert success(ALL, 5) == pytest.approx(3 / 4)


def test_in_scope_accuracy_needs_an_answer_from_a_relevant_source() -> None:
    assert in_scope_accuracy(ALL) == pytest.approx(1 / 4)


def test_oos_recall_is_the_share_declined() -> None:
    assert oos_recall(ALL) == pytest.approx(1 / 2)


def test_coverage_and_selective_accuracy_count_only_answers() -> None:
    assert coverage(ALL) == pytest.approx(3 / 6)
    assert selective_accuracy(ALL) == pytest.approx(1 / 3)


def test_answer_in_top_counts_only_questions_with_answer_strings() -> None:
    found = Judgement(("a",), answer_found=True)
    missed = Judgement(("a",), answer_found=False)
    assert answer_in_top([found, found, missed, RIGHT]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("seed", range(5))
def test_mcc_equals_scikit_learn(seed: int) -> None:
    judgements = random_judgements(seed)
    wanted = [(*judged.relevant, OUT_OF_SCOPE)[0] for judged in judgements]
    given = [judged.answered or OUT_OF_SCOPE for judged in judgements]
    assert mcc(judgements) == pytest.approx(matthews_corrcoef(wanted, given), abs=1e-4)


def test_mcc_takes_any_relevant_id_as_the_label() -> None:
    other = Judgement(("a", "c"), answered="c")
    assert mcc([other, DECLINED, DECLINED]) == pytest.approx(1)


def test_mcc_is_zero_where_one_label_is_all_that_was_said() -> None:
    assert mcc([SHY, DECLINED]) == 0


@pytest.mark.parametrize("seed", range(5))
def test_auroc_equals_scikit_learn_ties_included(seed: int) -> None:
    judgements = random_judgements(seed)
    inside = [judged.in_scope for judged in judgements]
    confidences = [judged.confidence for judged in judgements]
    assert auroc(judgements) == pytest.approx(roc_auc_score(inside, confidences), abs=1e-4)


def test_auroc_by_hand() -> None:
    # In scope .9 .6 .3 0 against .2 .6: 8 pairs, won 3 + 1, tied 1.
    assert auroc(ALL) == pytest.approx((4 + 0.5) / 8)


def test_calibration_error_by_hand() -> None:
    # Bins of 1/15: .9 right; .6 and .6 wrong; .3 right; 0 wrong; .2 wrong.
    expected = (0.1 + 2 * 0.6 + 0.7 + 0 + 0.2) / 6
    assert calibration_error(ALL) == pytest.approx(expected, abs=1e-4)


def test_calibration_error_of_honest_confidence_is_nil() -> None:
    right = Judgement(("a",), candidate="a", confidence=0.75)
    wrong = Judgement(("a",), candidate="b", confidence=0.75)
    assert calibration_error([right, right, right, wrong]) == pytest.approx(0)


def test_full_confidence_falls_into_the_last_bin() -> None:
    bins = calibration_bins([Judgement(("a",), candidate="a", confidence=1.0)])
    assert (len(bins), bins[-1].size, bins[-1].accuracy) == (15, 1, 1)
    assert bins[0].accuracy is None


def test_risk_coverage_has_a_point_for_each_distinct_confidence() -> None:
    points = [tuple(point) for point in risk_coverage(ALL)]
    assert points == [
        (0.9, pytest.approx(1 / 6), 1),
        (0.6, pytest.approx(3 / 6), pytest.approx(1 / 3)),
        (0.3, pytest.approx(4 / 6), pytest.approx(2 / 4)),
        (0.2, pytest.approx(5 / 6), pytest.approx(2 / 5)),
        (0.0, 1, pytest.approx(2 / 6)),
    ]


def test_wilson_interval_by_hand() -> None:
    # Newcombe 1998, table I: 81 of 263.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson(0, 0) is None


def test_shares_have_an_interval_and_other_measures_none() -> None:
    assert interval("oos_recall", ALL) == wilson(1, 2)
    assert interval("selective_accuracy", ALL) == wilson(1, 3)
    assert interval("MCC", ALL) is None


def test_measures_are_none_where_undefined() -> None:
    assert {name: measure(()) for name, measure in MEASURES.items()} == dict.fromkeys(MEASURES)
    inside = {name: measure([SHY]) for name, measure in MEASURES.items()}
    undefined = {"oos_recall", "AUROC", "selective_accuracy", "answer_in_top"}
    assert {name for name, value in inside.items() if value is None} == undefined
    outside = {name: measure([FOOLED]) for name, measure in MEASURES.items()}
    assert outside["P@1"] is outside["in_scope_accuracy"] is outside["AUROC"] is None
    assert (outside["oos_recall"], outside["selective_accuracy"]) == (0, 0)
