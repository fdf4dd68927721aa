"""From evidence to a calibrated probability that the best candidate is right. Pure.

A logistic regression over cues of the best candidate and of its lead over the next source, one set
of weights for all corpora. They stand in ``confidence.json`` with what they were fitted on.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.rank import EVIDENCE, Ranking
from index.terms import words

CUES: tuple[str, ...] = (
    "nearest",
    "whitened",
    "answer",
    "whole",
    "keyword_share",
    "keyword",
    "coverage",
    "heading_coverage",
    "margin",
    "nearest_margin",
    "posterior",
    "length",
    "entry",
)
"""What confidence is told from: the best candidate's evidence (cosines as such, not as gaps), then

margin, nearest_margin
    Its lead over the best candidate of another source, in ranking score and in ``nearest``; at
    most 10 and 0.3, which also stand where there is no other source.
posterior
    Its share of the ranking's softmax over sources.
length
    Logarithm of the question's words plus one.
entry
    1 for an FAQ entry, 0 for other passages.
"""

_MARGIN, _NEAREST_MARGIN = 10.0, 0.3
_GAPS = ("whitened", "answer", "whole")


@dataclass(frozen=True, eq=False)
class Calibration:
    """A logistic regression: weights for :data:`CUES` and a constant."""

    weights: NDArray[np.float64]
    constant: float

    @classmethod
    def shipped(cls) -> Self:
        """Return the fit that comes with Portello."""
        text = Path(__file__).with_name("confidence.json").read_text(encoding="utf-8")
        fitted = json.loads(text)
        return cls(np.array([fitted["weights"][cue] for cue in CUES]), fitted["constant"])

    def probability(self, cues: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of being right, 0 to 1, for cues of the shape (..., len(CUES))."""
        probability: NDArray[np.float64] = 1 / (1 + np.exp(-(cues @ self.weights + self.constant)))
        return probability


def cues_of(
    ranking: Ranking, sources: NDArray[np.object_], best: int, entry: bool
) -> NDArray[np.float64]:
    """Return the cues of the candidate at position ``best``, (len(CUES),).

    Parameters
    ----------
    sources
        The source id of each candidate, (n,).
    entry
        Whether that candidate is an FAQ entry.
    """
    evidence = dict(zip(EVIDENCE, ranking.evidence[best].astype(float), strict=True))
    cues = {name: evidence[name] + evidence["nearest"] for name in _GAPS}
    cues |= {name: evidence[name] for name in EVIDENCE if name in CUES and name not in _GAPS}
    others = sources != sources[best]
    margin, nearest_margin = _MARGIN, _NEAREST_MARGIN
    if others.any():
        margin = min(margin, float(ranking.scores[best] - ranking.scores[others].max()))
        nearest = ranking.evidence[others, EVIDENCE.index("nearest")].max()
        nearest_margin = min(nearest_margin, evidence["nearest"] - float(nearest))
    cues["margin"], cues["nearest_margin"] = margin, nearest_margin
    cues["posterior"] = _posterior(ranking.scores, sources, best)
    cues["length"] = float(np.log1p(len(words(ranking.question))))
    cues["entry"] = float(entry)
    return np.array([cues[name] for name in CUES])


def _posterior(scores: NDArray[np.float32], sources: NDArray[np.object_], best: int) -> float:
    """Return the softmax share of a candidate's source, each source at its best candidate."""
    tops: dict[object, float] = {}
    for source, score in zip(sources, scores.astype(float), strict=True):
        tops[source] = max(score, tops.get(source, -np.inf))
    values = np.array(list(tops.values()))
    return float(1 / np.exp(values - tops[sources[best]]).sum())
