"""Confidence: cues of a candidate, the two fits, and the cut that an error budget draws."""

import numpy as np
import pytest

from bot.confidence import (
    CUES,
    SECOND_LOOK,
    Calibration,
    Fit,
    Lead,
    answers_with_labels,
    cues_of,
    is_label,
)
from corpus.document import Passage
from index.rank import EVIDENCE, Ranking


def lead_of(scores: list[float], verdicts: list[float], **changed: object) -> Lead:
    """Return a lead of candidates whose evidence is all one half."""
    count = len(scores)
    ranking = Ranking(
        question="where is it made",
        passages=np.arange(count),
        scores=np.array(scores, dtype=np.float32),
        evidence=np.full((count, len(EVIDENCE)), 0.5, dtype=np.float32),
        vectors=np.ones((1, 1), dtype=np.float32),
    )
    known: dict[str, object] = {
        "ranking": ranking,
        "looked": np.arange(count),
        "label": False,
        "verdicts": np.array(verdicts),
        "disagreements": ((),) * count,
        "missing": (),
    }
    return Lead(**(known | changed))  # type: ignore[arg-type]


def entry(answer: str, *questions: str) -> Passage:
    return Passage("e", "e", 0, "entry", 0, len(answer), answer, "", (), questions)


def cue(lead: Lead, nth: int, name: str) -> float:
    scores = lead.second_look()[:, SECOND_LOOK.index("score")]
    return float(cues_of(lead, nth, scores)[CUES.index(name)])


def test_a_lead_is_the_distance_to_the_best_other_candidate() -> None:
    lead = lead_of([3.0, 1.0, 0.5], [2.0, -1.0, 4.0])
    assert cue(lead, 0, "verdict_margin") == pytest.approx(-2.0)
    assert cue(lead, 2, "verdict_margin") == pytest.approx(2.0)
    assert {cue(lead, nth, "best_verdict") for nth in range(3)} == {4.0}


def test_a_lead_without_a_rival_is_the_widest() -> None:
    assert cue(lead_of([1.0], [0.0]), 0, "verdict_margin") == 5.0
    assert cue(lead_of([1.0], [0.0]), 0, "nearest_margin") == 0.3
    assert cue(lead_of([1.0], [0.0]), 0, "posterior") == 1.0


def test_posteriors_of_all_candidates_add_up_to_1() -> None:
    lead = lead_of([3.0, 1.0, 0.5], [0.0, 0.0, 0.0])
    assert sum(cue(lead, nth, "posterior") for nth in range(3)) == pytest.approx(1.0)


def test_disagreement_and_missing_words_are_told() -> None:
    lead = lead_of([1.0, 0.0], [0.0, 0.0], disagreements=(("1955",), ()), missing=("Germany",))
    assert cue(lead, 0, "disagrees") == 1.0
    assert cue(lead, 1, "disagrees") == 0.0
    assert cue(lead, 1, "missing") == 1.0


def test_the_second_look_can_put_another_candidate_first() -> None:
    fit = Fit.of({"second_look": {"score": 1.0, "verdict": 1.0}, "scope": {}, "choice": {}})
    scores = fit.second_scores(lead_of([2.0, 1.5], [-3.0, 3.0]))
    assert int(np.argmax(scores)) == 1


def test_confidence_is_the_product_of_scope_and_choice() -> None:
    fit = Fit.of({"second_look": {}, "scope": {"constant": 0.0}, "choice": {"constant": 0.0}})
    assert fit.probability(np.zeros(len(CUES))) == pytest.approx(0.25)


def test_the_shipped_fits_know_only_cues_that_exist() -> None:
    shipped = Calibration.shipped()
    assert np.isfinite(shipped.prose.scope).all()
    assert (shipped.prose.scope != 0).any()
    assert (shipped.label.choice != 0).any()


@pytest.mark.parametrize(
    ("fit", "cues"),
    [
        (Calibration.shipped().prose, {"verdict": (3, -3), "best_verdict": (3, -3)}),
        (Calibration.shipped().prose, {"disagrees": (0, 1)}),
        (Calibration.shipped().label, {"nearest": (0.9, 0.2), "keyword": (0.9, 0.1)}),
        (Calibration.shipped().label, {"posterior": (0.9, 0.3)}),
    ],
)
def test_the_shipped_fits_trust_what_speaks_for_a_candidate(fit, cues) -> None:
    more, less = np.zeros(len(CUES)), np.zeros(len(CUES))
    for name, (high, low) in cues.items():
        more[CUES.index(name)], less[CUES.index(name)] = high, low
    assert fit.probability(more) > fit.probability(less)


def test_the_cut_is_the_lowest_that_keeps_to_the_budget() -> None:
    nothing = Fit.of({"second_look": {}, "scope": {}, "choice": {}})
    risk = np.array(
        [[0.2, 0.3, 0.8, 0.7, 0.9], [0.4, 0.2, 0.6, 0.5, 0.7], [0.6, 0.1, 0.4, 0.3, 0.5]]
    )
    calibration = Calibration(nothing, nothing, risk)
    assert calibration.cut(0.2) == 0.4
    assert calibration.cut(1.0) == 0.2
    assert calibration.coverage(0.2) == (0.6, 0.5, 0.7)


def test_a_budget_that_nothing_keeps_to_gets_the_highest_cut() -> None:
    nothing = Fit.of({"second_look": {}, "scope": {}, "choice": {}})
    calibration = Calibration(
        nothing, nothing, np.array([[0.2, 0.3, 0.9, 0.8, 1], [0.6, 0.1, 0.5, 0.4, 0.6]])
    )
    assert calibration.cut(0.01) == 0.6


def test_a_smaller_shipped_budget_never_lowers_the_cut() -> None:
    shipped = Calibration.shipped()
    cuts = [shipped.cut(budget) for budget in (0.3, 0.2, 0.1, 0.05, 0.0)]
    assert cuts == sorted(cuts)


def test_a_short_answer_or_one_that_repeats_its_phrasing_is_a_label() -> None:
    assert is_label(entry("store hours", "When do you open?"))
    assert is_label(
        entry("Do the vaccines work on all variants?", "do the vaccines work on all variants")
    )
    assert not is_label(entry("We open at nine on every weekday.", "When do you open?"))


@pytest.mark.parametrize(("labels", "others", "told"), [(3, 2, True), (2, 3, False), (0, 0, False)])
def test_a_corpus_answers_with_labels_where_most_entries_do(labels, others, told) -> None:
    few = [entry("store hours", "When do you open?") for _ in range(labels)]
    more = [entry("We open at nine on every weekday.", "When do you open?") for _ in range(others)]
    pages = [Passage("p", "p", 0, "paragraph", 0, 8, "Open now", "")] * 9
    assert answers_with_labels([*few, *more, *pages]) is told
    many = 300 * [*pages[:1], *few, *more]
    assert answers_with_labels(many) is told


def test_a_short_paragraph_is_no_label() -> None:
    assert not is_label(Passage("p", "p", 0, "paragraph", 0, 8, "Open now", ""))
