"""What an evaluation counts: pure functions over judged questions, each with its definition.

A question without any result counts 0, it is never dropped. A measure is None where it is
undefined (no question in scope, none out of scope, none answered).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

OUT_OF_SCOPE = ""
"""The label of a question that the corpus doesn't answer; no entry has the empty id."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One question's gold standard beside what came of it; ids are source ids.

    Attributes
    ----------
    relevant
        All that truly answer the question; empty where it is out of scope.
    ranking
        Best first, before abstention.
    answered
        The source of the reply where its outcome is ``answer``, else None: ``closest``,
        ``abstain`` and ``smalltalk`` claim no answer.
    candidate
        What ``confidence`` speaks of: the reply's source, or the best that was declined.
    confidence
        Probability, 0 to 1, that the candidate answers the question.
    answer_found
        Whether the top passage holds one of the answer strings; None where none are given.
    """

    relevant: tuple[str, ...]
    ranking: tuple[str, ...] = ()
    answered: str | None = None
    candidate: str | None = None
    confidence: float = 0.0
    answer_found: bool | None = None

    @property
    def in_scope(self) -> bool:
        """Whether the corpus answers the question."""
        return bool(self.relevant)

    @property
    def candidate_right(self) -> bool:
        """Whether the candidate answers the question; never, where it is out of scope."""
        return self.candidate in self.relevant

    @property
    def answered_right(self) -> bool:
        """Whether an answer was given and it is right."""
        return self.answered in self.relevant


class Bin(NamedTuple):
    """Replies of like confidence: [low, high), the last one with 1; means are None where empty."""

    low: float
    high: float
    size: int
    confidence: float | None
    accuracy: float | None


class CurvePoint(NamedTuple):
    """Share of questions with a confidence of at least ``threshold``, and of those right."""

    threshold: float
    coverage: float
    accuracy: float


Judgements = Sequence[Judgement]


def mrr(judgements: Judgements, k: int = 10) -> float | None:
    """Return the mean reciprocal rank of the first relevant id among k, over questions in scope.

    0 where none is among the k (Voorhees, TREC-8 question answering track, 1999).
    """
    return _mean([_reciprocal_rank(judged, k) for judged in _in_scope(judgements)])


def recall(judgements: Judgements, k: int = 5) -> float | None:
    """Return the mean share of a question's relevant ids among its first k, in scope."""
    return _mean(
        [
            len(set(judged.ranking[:k]) & set(judged.relevant)) / len(set(judged.relevant))
            for judged in _in_scope(judgements)
        ]
    )


def success(judgements: Judgements, k: int) -> float | None:
    """Return the share of questions in scope with any relevant id among the first k."""
    return _mean(_successes(judgements, k))


def precision_at_1(judgements: Judgements) -> float | None:
    """Return the share of questions in scope whose best-ranked id is relevant."""
    return success(judgements, 1)


def in_scope_accuracy(judgements: Judgements) -> float | None:
    """Return the share of questions in scope that were answered from a relevant source."""
    return _mean(_right_in_scope(judgements))


def oos_recall(judgements: Judgements) -> float | None:
    """Return the share of questions out of scope that were not answered."""
    return _mean(_declined_out_of_scope(judgements))


def coverage(judgements: Judgements) -> float | None:
    """Return the share of all questions that were answered."""
    return _mean(_answered(judgements))


def selective_accuracy(judgements: Judgements) -> float | None:
    """Return the share of answered questions that were answered right.

    To answer a question out of scope is wrong (El-Yaniv & Wiener, JMLR 11, 2010: one minus the
    selective risk).
    """
    return _mean(_right_of_answered(judgements))


def answer_in_top(judgements: Judgements) -> float | None:
    """Return the share of questions with answer strings whose top passage holds one."""
    return _mean(_answers_found(judgements))


def mcc(judgements: Judgements) -> float | None:
    """Return the Matthews correlation over entry ids plus "out of scope", -1 to 1.

    The multiclass R_K of Gorodkin (Computational Biology and Chemistry 28, 2004). A question
    that wasn't answered is labelled out of scope. Where several ids are relevant, an answer from
    any of them counts as the label, a miss as missing the first. 0 where one side knows only one
    label, as in scikit-learn.
    """
    if not judgements:
        return None
    given = [judged.answered or OUT_OF_SCOPE for judged in judgements]
    wanted = [
        label if label in judged.relevant else _first(judged.relevant)
        for judged, label in zip(judgements, given, strict=True)
    ]
    n = len(judgements)
    hits = sum(w == g for w, g in zip(wanted, given, strict=True))
    true, predicted = Counter(wanted), Counter(given)
    covariance = hits * n - sum(count * predicted[label] for label, count in true.items())
    spread = math.sqrt(n * n - _squares(true)) * math.sqrt(n * n - _squares(predicted))
    return covariance / spread if spread else 0.0


def auroc(judgements: Judgements) -> float | None:
    """Return the chance that a question in scope has a higher confidence than one out of scope.

    Ties count half (Hanley & McNeil, Radiology 143, 1982).
    """
    inside = np.sort([judged.confidence for judged in judgements if judged.in_scope])
    outside = np.array([judged.confidence for judged in judgements if not judged.in_scope])
    if not len(inside) or not len(outside):
        return None
    below = len(inside) - np.searchsorted(inside, outside, side="right")
    ties = len(inside) - np.searchsorted(inside, outside, side="left") - below
    return float((below + ties / 2).sum() / (len(inside) * len(outside)))


def calibration_bins(judgements: Judgements, bins: int = 15) -> list[Bin]:
    """Return ``bins`` equally wide bins of confidence, with mean confidence and share right.

    Every question counts, declined ones too: what is compared is the confidence in the best
    candidate with whether that candidate is right.
    """
    held: list[list[Judgement]] = [[] for _ in range(bins)]
    for judged in judgements:
        held[min(bins - 1, max(0, int(judged.confidence * bins)))].append(judged)
    return [
        Bin(
            number / bins,
            (number + 1) / bins,
            len(group),
            _mean([judged.confidence for judged in group]),
            _mean([judged.candidate_right for judged in group]),
        )
        for number, group in enumerate(held)
    ]


def calibration_error(judgements: Judgements, bins: int = 15) -> float | None:
    """Return the expected calibration error: bins' |confidence - accuracy|, weighted by size.

    15 bins of equal width (Guo et al., ICML 2017), over the questions of `calibration_bins`.
    """
    if not judgements:
        return None
    gaps = (
        bin_.size * abs(bin_.confidence - bin_.accuracy)
        for bin_ in calibration_bins(judgements, bins)
        if bin_.confidence is not None and bin_.accuracy is not None
    )
    return sum(gaps) / len(judgements)


def risk_coverage(judgements: Judgements) -> list[CurvePoint]:
    """Return coverage against accuracy, a point for each distinct confidence, highest first.

    Each says what answering from that confidence on would give (Geifman & El-Yaniv, NeurIPS
    2017; accuracy is one minus their risk). Empty without questions.
    """
    points: list[CurvePoint] = []
    ordered = sorted(judgements, key=lambda judged: -judged.confidence)
    right = 0
    for count, judged in enumerate(ordered, start=1):
        right += judged.candidate_right
        if count == len(ordered) or ordered[count].confidence != judged.confidence:
            points.append(CurvePoint(judged.confidence, count / len(ordered), right / count))
    return points


def wilson(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share (JASA 22, 1927), 95 % by default."""
    if not trials:
        return None
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def interval(name: str, judgements: Judgements) -> tuple[float, float] | None:
    """Return the 95 % interval of the measure of this name where it is a plain share."""
    if name not in _SHARES:
        return None
    flags = _SHARES[name](judgements)
    return wilson(sum(flags), len(flags))


MEASURES: Mapping[str, Callable[[Judgements], float | None]] = MappingProxyType(
    {
        "P@1": precision_at_1,
        "MRR@10": mrr,
        "recall@5": recall,
        "success@5": lambda judgements: success(judgements, 5),
        "in_scope_accuracy": in_scope_accuracy,
        "oos_recall": oos_recall,
        "MCC": mcc,
        "AUROC": auroc,
        "selective_accuracy": selective_accuracy,
        "coverage": coverage,
        "ECE": calibration_error,
        "answer_in_top": answer_in_top,
    }
)
"""Every measure by the name it has in text, JSON and report, in the order shown."""


def _in_scope(judgements: Judgements) -> list[Judgement]:
    return [judged for judged in judgements if judged.in_scope]


def _successes(judgements: Judgements, k: int) -> list[bool]:
    return [
        not set(judged.relevant).isdisjoint(judged.ranking[:k]) for judged in _in_scope(judgements)
    ]


def _right_in_scope(judgements: Judgements) -> list[bool]:
    return [judged.answered_right for judged in _in_scope(judgements)]


def _declined_out_of_scope(judgements: Judgements) -> list[bool]:
    return [judged.answered is None for judged in judgements if not judged.in_scope]


def _answered(judgements: Judgements) -> list[bool]:
    return [judged.answered is not None for judged in judgements]


def _right_of_answered(judgements: Judgements) -> list[bool]:
    return [judged.answered_right for judged in judgements if judged.answered is not None]


def _answers_found(judgements: Judgements) -> list[bool]:
    return [judged.answer_found for judged in judgements if judged.answer_found is not None]


_SHARES: Mapping[str, Callable[[Judgements], list[bool]]] = MappingProxyType(
    {
        "P@1": lambda judgements: _successes(judgements, 1),
        "success@5": lambda judgements: _successes(judgements, 5),
        "in_scope_accuracy": _right_in_scope,
        "oos_recall": _declined_out_of_scope,
        "selective_accuracy": _right_of_answered,
        "coverage": _answered,
        "answer_in_top": _answers_found,
    }
)


def _reciprocal_rank(judged: Judgement, k: int) -> float:
    for rank, source in enumerate(judged.ranking[:k], start=1):
        if source in judged.relevant:
            return 1 / rank
    return 0.0


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _first(relevant: Iterable[str]) -> str:
    return next(iter(relevant), OUT_OF_SCOPE)


def _squares(labels: Counter[str]) -> int:
    return sum(count * count for count in labels.values())
