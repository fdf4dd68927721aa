"""Fit ``bot/confidence.json`` to public question sets, and show how it does on each left out.

    python tests/fit_confidence.py FOLDER...          prints measures of every set, left out
    python tests/fit_confidence.py --write FOLDER...  also fits to all of them and writes the file

A FOLDER holds ``corpus.jsonl`` and ``questions.jsonl`` as ``evaluate`` takes them. Questions that
the verifier was trained on are left alone. Every question in scope is asked twice: the second time
without the passages that answer it, as a question that is near but out of scope.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from fit_ranking import fitted_logit, overlapping
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from verifier_pairs import HELD_OUT

from bot.confidence import CUES, SECOND_LOOK, Calibration, Lead, cues_of
from bot.config import cache_folder
from bot.judging import Judge
from bot.questions import Case, read_questions
from corpus.document import Passage
from corpus.read import read_corpus
from index.build import open_or_build
from index.encode import Encoder
from index.encoders import building_encoder, describe, question_encoder
from index.rank import EVIDENCE, Ranker, Ranking

FILE = Path(__file__).parent.parent / "bot" / "confidence.json"
MOST = 1000
"""Questions of a set; more would not weigh more, sets count the same."""
ABSENT = 0.5
"""Weight of a set's questions asked without their answer, beside those asked as they are."""
PENALTY = 1e-2
STRENGTH = 0.3
"""C of the logistic regression, on cues scaled to unit variance."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A question's candidates after the second look, and which of them are right."""

    lead: Lead
    entries: NDArray[np.bool_]
    right: NDArray[np.bool_]
    in_scope: bool
    absent: bool

    def cues(self, second: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
        """Return the best candidate's cues, given the weights of the second look."""
        scores = self.lead.second_look() @ second
        best = int(np.argmax(scores))
        cues = cues_of(self.lead, best, scores, entry=bool(self.entries[best]))
        return cues, bool(self.right[best])


@dataclass(frozen=True, eq=False)
class Set:
    name: str
    seen: list[Seen]
    texts: frozenset[int]


def looked_at(folder: Path, encoder: Encoder) -> Set:
    """Take the second look at a sample of a set's questions."""
    corpus = read_corpus([folder / "corpus.jsonl"])
    model = describe("default", cache_folder())
    cache = cache_folder() / "fit" / folder.name
    index = open_or_build(corpus, lambda: building_encoder("default"), model.fingerprint, cache)
    ranker = Ranker(index)
    judge = Judge(index, ranker, encoder.encode)
    cases = read_questions(folder / "questions.jsonl")
    cases = random.Random(0).sample(cases, len(cases))
    seen: list[Seen] = []
    asked = 0
    for case in cases:
        if asked == MOST:
            break
        ranking = ranker.rank(case.question, encoder.encode)
        if _trained_on(case, corpus.passages[int(ranking.passages[0])], folder.name):
            continue
        asked += 1
        seen.append(_seen(judge, corpus.passages, case, ranking, absent=False))
        left = _without(ranking, corpus.passages, case.relevant)
        if case.relevant and len(left.passages):
            seen.append(_seen(judge, corpus.passages, case, left, absent=True))
    texts = frozenset(hash(passage.text) for passage in corpus.passages)
    return Set(folder.name, seen, texts)


def _trained_on(case: Case, best: Passage, name: str) -> bool:
    articles = name in ("squad2", "xquad_en", "noiseqa") and best.title not in HELD_OUT
    return articles or (name == "clinc_oos" and case.split.startswith("val"))


def _seen(
    judge: Judge, passages: Sequence[Passage], case: Case, ranking: Ranking, *, absent: bool
) -> Seen:
    lead = judge.look(case.question, ranking)
    best = [passages[int(ranking.passages[at])] for at in lead.looked]
    right = np.array([each.source_id in case.relevant and not absent for each in best])
    entries = np.array([each.kind == "entry" for each in best])
    return Seen(lead, entries, right, bool(case.relevant) and not absent, absent)


def _without(ranking: Ranking, passages: Sequence[Passage], gone: Sequence[str]) -> Ranking:
    kept = np.array([passages[int(n)].source_id not in gone for n in ranking.passages])
    evidence = ranking.evidence[kept].copy()
    share = EVIDENCE.index("keyword_share")
    evidence[:, share] /= max(float(evidence[:, share].max(initial=0)), 1e-9)
    return replace(
        ranking,
        passages=ranking.passages[kept],
        scores=ranking.scores[kept],
        evidence=evidence,
    )


def fitted(sets: Sequence[Set]) -> dict[str, Any]:
    """Return both fits as the file holds them, each set counting the same."""
    groups = [
        [(each.lead.second_look(), each.right) for each in one.seen if each.right.any()]
        for one in sets
    ]
    second = fitted_logit(groups, PENALTY, signs=(1, 1, -1))
    rows, right, shares = [], [], []
    for one in sets:
        for absent, weight in ((False, 1.0), (True, ABSENT)):
            part = [each.cues(second) for each in one.seen if each.absent == absent]
            rows += [cues for cues, _ in part]
            right += [hit for _, hit in part]
            shares += [weight / len(part)] * len(part)
    cues = np.array(rows)
    middle, scale = cues.mean(axis=0), cues.std(axis=0) + 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    model.fit((cues - middle) / scale, right, sample_weight=np.array(shares) / np.mean(shares))
    weights = model.coef_[0] / scale
    constant = float(model.intercept_[0] - weights @ middle)
    return {
        "second_look": dict(zip(SECOND_LOOK, second.tolist(), strict=True)),
        "confidence": {**dict(zip(CUES, weights.tolist(), strict=True)), "constant": constant},
        "risk": [],
    }


def measures(one: Set, calibration: Calibration) -> dict[str, float]:
    """Return what the fit is worth on a set."""
    asked = [each for each in one.seen if not each.absent]
    cues, right = zip(*(each.cues(calibration.second) for each in asked), strict=True)
    chance, hit = calibration.probability(np.array(cues)), np.array(right)
    scope = np.array([each.in_scope for each in asked])
    gone = [each.cues(calibration.second)[0] for each in one.seen if each.absent]
    absent = calibration.probability(np.array(gone))
    bins = np.minimum((chance * 15).astype(int), 14)
    gaps = [abs(chance[bins == b].sum() - hit[bins == b].sum()) for b in range(15)]
    answered = chance >= 0.5
    found: dict[str, float] = {
        "P@1": hit[scope].mean(),
        "ECE": sum(gaps) / len(chance),
        "right": roc_auc_score(hit, chance),
        "absent": roc_auc_score(np.r_[scope[scope], 0 * absent], np.r_[chance[scope], absent]),
        "in": (hit & answered)[scope].mean(),
    }
    if not scope.all():
        found["AUROC"] = roc_auc_score(scope, chance)
        found["oos"] = (~answered)[~scope].mean()
        cut = np.quantile(chance[scope], 0.1)
        found["oos at 90%"] = (chance[~scope] >= cut).mean()
    return found


def risk(sets: Sequence[Set], calibrations: Sequence[Calibration]) -> list[list[float]]:
    """Return confidences and the share of wrong answers from each on, sets counting the same."""
    chances, wrong, shares = [], [], []
    for one, calibration in zip(sets, calibrations, strict=True):
        asked = [each.cues(calibration.second) for each in one.seen if not each.absent]
        chances.append(calibration.probability(np.array([cues for cues, _ in asked])))
        wrong.append(~np.array([hit for _, hit in asked]))
        shares.append(np.full(len(asked), 1 / len(asked)))
    chance, off, share = (np.concatenate(each) for each in (chances, wrong, shares))
    cuts = np.linspace(0.05, 0.95, 91)
    found = [(cut, chance >= cut) for cut in cuts]
    shown = [(cut, (off * share)[on].sum() / share[on].sum()) for cut, on in found if on.any()]
    return [[round(float(cut), 2), round(float(rate), 4)] for cut, rate in shown]


def main() -> None:
    """Fit, print, and write where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    encoder = question_encoder("default", cache_folder())
    sets = [looked_at(folder, encoder) for folder in given.folders]
    apart = []
    for one in sets:
        others = [other for other in sets if not overlapping(one.texts, other.texts)]
        apart.append(Calibration.of(fitted(others)))
        found = measures(one, apart[-1])
        print(f"{one.name:<20}", *(f"{name} {value:.3f}" for name, value in found.items()))
    fit = fitted(sets) | {"risk": risk(sets, apart)}
    print(json.dumps(fit, indent=1))
    if given.write:
        fit = {"fitted_on": [one.name for one in sets]} | fit
        FILE.write_text(json.dumps(fit, indent=2) + "\n")


if __name__ == "__main__":
    main()
