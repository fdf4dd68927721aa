"""From evidence to a calibrated probability that a candidate is right. Pure.

An entry whose answer is a label ("store hours") can be told by its phrasings alone; where an answer
says something, most is told by what the verifier reads in it. So there are two fits, ``label`` and
``prose``, each the same for all corpora. Each orders the best candidates anew and tells two things
by logistic regression: whether the corpus answers the question at all, and whether this candidate
does if so. Their product is the confidence. ``confidence.json`` says what they were fitted on.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from corpus.document import Passage
from index.rank import EVIDENCE, Ranking
from index.terms import words

SECOND_LOOK: tuple[str, ...] = ("score", "verdict", "disagrees")
CUES: tuple[str, ...] = (
    "nearest",
    "keyword",
    "discriminant",
    "nearest_margin",
    "posterior",
    "verdict",
    "best_verdict",
    "verdict_margin",
    "disagrees",
    "missing",
)
"""What confidence is told from: a candidate's evidence (:data:`index.rank.EVIDENCE`), then

nearest_margin, verdict_margin
    Its lead over the best other candidate that was read in ``nearest`` and in verdict, cut at 0.3
    and 5, which also stand where there is no other.
posterior
    Its share of the softmax of second scores.
verdict, best_verdict
    The verifier's logit; the highest of all candidates.
disagrees, missing
    1 for a passage that disagrees with the question, and where words of the question stand nowhere
    in the sources; else 0.
"""

CUES_AND_1 = (*CUES, "constant")
_LABEL_WORDS = 4
_SAMPLE = 200
_NEAREST_MARGIN, _VERDICT_MARGIN = 0.3, 5.0


@dataclass(frozen=True, eq=False)
class Lead:
    """A question's best candidates, one a source, after the second look.

    Attributes
    ----------
    looked
        Positions in the ranking of the n candidates looked at, best first.
    label
        Whether the best of them is an entry with a label for an answer, as most entries have
        there; see :func:`is_label`.
    verdicts
        The verifier's logit for each of them, (n,).
    disagreements
        What in the question each of them doesn't agree with, n long.
    missing
        Words of the question that matter and that stand nowhere in the sources.
    """

    ranking: Ranking
    looked: NDArray[np.intp]
    label: bool
    verdicts: NDArray[np.float64]
    disagreements: tuple[tuple[str, ...], ...]
    missing: tuple[str, ...]

    def second_look(self) -> NDArray[np.float64]:
        """Return what orders the candidates, (n, len(SECOND_LOOK))."""
        scores = self.ranking.scores[self.looked]
        disagrees = [bool(each) for each in self.disagreements]
        return np.column_stack([scores, self.verdicts, disagrees]).astype(float)


@dataclass(frozen=True, eq=False)
class Fit:
    """One of the two fits.

    Attributes
    ----------
    second_look
        Weights of :data:`SECOND_LOOK`.
    scope, choice
        Weights of :data:`CUES`, then a constant, of the two logistic regressions: whether the
        corpus answers the question, and whether the candidate does, if so.
    """

    second_look: NDArray[np.float64]
    scope: NDArray[np.float64]
    choice: NDArray[np.float64]

    @classmethod
    def of(cls, fitted: Mapping[str, Mapping[str, float]]) -> Self:
        """Read a fit as the file holds it; what isn't named weighs nothing."""
        names = {"second_look": SECOND_LOOK, "scope": CUES_AND_1, "choice": CUES_AND_1}
        weights = {
            part: np.array([fitted[part].get(name, 0.0) for name in names[part]]) for part in names
        }
        return cls(**weights)

    def second_scores(self, lead: Lead) -> NDArray[np.float64]:
        """Return the scores that order the candidates after the second look, (n,)."""
        scores: NDArray[np.float64] = lead.second_look() @ self.second_look
        return scores

    def probability(self, cues: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of being right, 0 to 1, for cues of the shape (..., len(CUES))."""
        probability: NDArray[np.float64] = _logistic(cues, self.scope) * _logistic(
            cues, self.choice
        )
        return probability


@dataclass(frozen=True, eq=False)
class Calibration:
    """Both fits, and what they are worth.

    Attributes
    ----------
    risk
        (m, 5), ascending: confidences, the share of wrong ones among answers of at least that
        confidence, and the share of in-scope questions that get one: on average, and the lowest
        and the highest but one of the question sets, each left out of the fit.
    sets
        How many question sets there were.
    """

    prose: Fit
    label: Fit
    risk: NDArray[np.float64]
    sets: int = 0

    @classmethod
    def shipped(cls) -> Self:
        """Return the fits that come with Portello."""
        text = Path(__file__).with_name("confidence.json").read_text(encoding="utf-8")
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, fitted: Mapping[str, Any]) -> Self:
        """Read both fits as the file holds them."""
        risk = np.array(fitted["risk"]).reshape(-1, 5)
        fits = Fit.of(fitted["prose"]), Fit.of(fitted["label"])
        return cls(*fits, risk, len(fitted["fitted_on"]))

    def cut(self, budget: float) -> float:
        """Return the lowest confidence from which on no more than ``budget`` of answers are wrong.

        Where no confidence is known to be so safe, the highest that was met.
        """
        return float(self.risk[self._row(budget), 0])

    def coverage(self, budget: float) -> tuple[float, float, float]:
        """Return the share of in-scope questions to be answered within a budget.

        Expected, at least and at most, 0 to 1.
        """
        expected, least, most = self.risk[self._row(budget), 2:]
        return float(expected), float(least), float(most)

    def _row(self, budget: float) -> int:
        safe = np.flatnonzero(self.risk[:, 1] <= budget)
        return int(safe[0]) if len(safe) else len(self.risk) - 1


def is_label(passage: Passage) -> bool:
    """Tell whether an entry's answer says nothing beyond a name for it."""
    if passage.kind != "entry":
        return False
    said = words(passage.text)
    return len(said) <= _LABEL_WORDS or said in [words(each) for each in passage.questions]


def answers_with_labels(passages: Sequence[Passage]) -> bool:
    """Tell whether most entries of a corpus have labels for answers, by a sample of them.

    Else a short answer ("One week.") says as much as any.
    """
    sample = (passages[at] for at in range(0, len(passages), max(1, len(passages) // _SAMPLE)))
    labels = [is_label(each) for each in sample if each.kind == "entry"]
    return 2 * sum(labels) > len(labels)


def _logistic(cues: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    chance: NDArray[np.float64] = 1 / (1 + np.exp(-(cues @ weights[:-1] + weights[-1])))
    return chance


def cues_of(lead: Lead, nth: int, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cues of the nth candidate looked at, (len(CUES),).

    Parameters
    ----------
    scores
        The second scores, (n,).
    """
    evidence = lead.ranking.evidence[lead.looked].astype(float)
    cues = dict(zip(EVIDENCE, evidence[nth].tolist(), strict=True))
    nearest = evidence[:, EVIDENCE.index("nearest")]
    cues["nearest_margin"] = _lead(nearest, nth, _NEAREST_MARGIN)
    cues["posterior"] = float(1 / np.exp(scores - scores[nth]).sum())
    cues["verdict"] = float(lead.verdicts[nth])
    cues["best_verdict"] = float(lead.verdicts.max())
    cues["verdict_margin"] = _lead(lead.verdicts, nth, _VERDICT_MARGIN)
    cues["disagrees"] = float(bool(lead.disagreements[nth]))
    cues["missing"] = float(bool(lead.missing))
    return np.array([cues[name] for name in CUES])


def _lead(values: NDArray[np.float64], nth: int, most: float) -> float:
    others = np.delete(values, nth)
    return most if not len(others) else float(np.clip(values[nth] - others.max(), -most, most))
