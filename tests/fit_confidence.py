"""Fit ``bot/confidence.json`` to public question sets, and show how it does on each left out.

    python tests/fit_confidence.py FOLDER...          prints measures of every set, left out
    python tests/fit_confidence.py --write FOLDER...  also fits to all of them and writes the file

A FOLDER holds ``corpus.jsonl`` and ``questions.jsonl`` as ``evaluate`` takes them; the small
corpora of ``tests/minimal_pairs`` come with it. Sets of label answers are fitted apart from those
whose answers say something. Questions that the verifier was trained on are left alone. Every
question in scope is asked twice: the second time without the passages that answer it, as a question
that is near but out of scope.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from fit_ranking import fitted_logit, overlapping
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from verifier_pairs import HELD_OUT

from bot.confidence import CUES, SECOND_LOOK, Fit, Lead, cues_of
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
MOST = 600
"""Questions of a set; more would not weigh more, sets count the same."""
ABSENT = 0.2
"""Weight of a set's questions asked without their answer, beside those asked as they are."""
PENALTY = 1e-2
STRENGTH = 0.3
"""C of the logistic regression, on cues scaled to unit variance."""


SCOPE = ("nearest", "whitened", "keyword", "coverage", "disagrees", "missing")
CHOICE = ("posterior", "margin", "nearest_margin")
READ = ("verdict_margin",)
OWN = Path(__file__).parent / "minimal_pairs"


@dataclass(frozen=True, eq=False)
class Seen:
    """A question's candidates after the second look, and which of them are right."""

    lead: Lead
    right: NDArray[np.bool_]
    in_scope: bool
    absent: bool

    def cues(self, fit: Fit) -> tuple[NDArray[np.float64], bool]:
        """Return the cues of the best candidate after the second look, and whether it is right."""
        scores = fit.second_scores(self.lead)
        best = int(np.argmax(scores))
        return cues_of(self.lead, best, scores), bool(self.right[best])


@dataclass(frozen=True, eq=False)
class Set:
    """The questions of one set; ``texts`` are hashes of its passages."""

    name: str
    seen: list[Seen]
    texts: frozenset[int]

    @property
    def label(self) -> bool:
        """Whether its answers are labels."""
        return sum(each.lead.label for each in self.seen) > len(self.seen) / 2


def looked_at(name: str, pages: Path, questions: Path, encoder: Encoder) -> Set:
    """Take the second look at a sample of a set's questions."""
    corpus = read_corpus([pages])
    model = describe("default", cache_folder())
    cache = cache_folder() / "fit" / name
    index = open_or_build(
        corpus, lambda: building_encoder("default", cache_folder()), model.fingerprint, cache
    )
    ranker = Ranker(index)
    judge = Judge(index, ranker, encoder.encode)
    cases = read_questions(questions)
    cases = random.Random(0).sample(cases, len(cases))
    seen: list[Seen] = []
    asked = 0
    for case in cases:
        if asked == MOST:
            break
        ranking = ranker.rank(case.question, encoder.encode)
        if _trained_on(case, corpus.passages[int(ranking.passages[0])], name):
            continue
        asked += 1
        seen.append(_seen(judge, corpus.passages, case, ranking, absent=False))
        left = _without(ranking, corpus.passages, case.relevant)
        if case.relevant and len(left.passages):
            seen.append(_seen(judge, corpus.passages, case, left, absent=True))
    texts = frozenset(hash(passage.text) for passage in corpus.passages)
    return Set(name, seen, texts)


def _trained_on(case: Case, best: Passage, name: str) -> bool:
    articles = name in ("squad2", "xquad_en", "noiseqa") and best.title not in HELD_OUT
    return articles or (name == "clinc_oos" and case.split.startswith("val"))


def _seen(
    judge: Judge, passages: Sequence[Passage], case: Case, ranking: Ranking, *, absent: bool
) -> Seen:
    lead = judge.look(case.question, ranking)
    best = [passages[int(ranking.passages[at])] for at in lead.looked]
    right = np.array([each.source_id in case.relevant and not absent for each in best])
    return Seen(lead, right, bool(case.relevant) and not absent, absent)


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


def fitted(sets: Sequence[Set]) -> dict[str, dict[str, float]]:
    """Return a fit as the file holds it, each set counting the same."""
    # Questions made from a passage share its words; those of a set with traps are a visitor's.
    groups = [
        [(each.lead.second_look(), each.right) for each in one.seen if each.right.any()]
        for one in sets
        if any(not each.in_scope and not each.absent for each in one.seen)
    ]
    label = sets[0].label
    if label:  # Nothing to read: the verifier is not asked.
        groups = [[(_unread(look), right) for look, right in one] for one in groups]
    second = fitted_logit(groups, PENALTY, signs=(1, 1, -1))
    looks = dict(zip(SECOND_LOOK, second.tolist(), strict=True))
    if label:
        looks["verdict"] = 0.0
    fit = Fit.of({"second_look": looks, "scope": {}, "choice": {}})
    rows, right, scope, shares = [], [], [], []
    for one in sets:
        for absent, weight in ((False, 1.0), (True, ABSENT)):
            part = [each for each in one.seen if each.absent == absent]
            for each in part:
                cues, hit = each.cues(fit)
                rows.append(cues)
                right.append(hit)
                scope.append(each.in_scope)
                shares.append(weight / len(part))
    cues, hits, scoped, weights = map(np.array, (rows, right, scope, shares))
    return {
        "second_look": looks,
        "scope": _logistic(cues, scoped, weights, SCOPE if label else (*SCOPE, "verdict")),
        "choice": _logistic(
            cues[scoped], hits[scoped], weights[scoped], CHOICE if label else (*CHOICE, *READ)
        ),
    }


def _unread(look: NDArray[np.float64]) -> NDArray[np.float64]:
    return look * (np.array(SECOND_LOOK) != "verdict")


def _logistic(
    cues: NDArray[np.float64],
    right: NDArray[np.bool_],
    shares: NDArray[np.float64],
    names: Sequence[str],
) -> dict[str, float]:
    chosen = cues[:, [CUES.index(name) for name in names]]
    middle, scale = chosen.mean(axis=0), chosen.std(axis=0) + 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=5000)
    model.fit((chosen - middle) / scale, right, sample_weight=shares / shares.mean())
    weights = model.coef_[0] / scale
    constant = float(model.intercept_[0] - weights @ middle)
    return {**dict(zip(names, weights.tolist(), strict=True)), "constant": constant}


def measures(one: Set, fit: Fit) -> dict[str, float]:
    """Return what the fit is worth on a set."""
    asked = [each for each in one.seen if not each.absent]
    cues, right = zip(*(each.cues(fit) for each in asked), strict=True)
    chance, hit = fit.probability(np.array(cues)), np.array(right)
    scope = np.array([each.in_scope for each in asked])
    gone = [each.cues(fit)[0] for each in one.seen if each.absent]
    absent = fit.probability(np.array(gone))
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


def risk(sets: Sequence[Set], fits: Sequence[Fit]) -> list[list[float]]:
    """Return confidences and the share of wrong answers from each on, sets counting the same."""
    chances, wrong, shares = [], [], []
    for one, fit in zip(sets, fits, strict=True):
        asked = [each.cues(fit) for each in one.seen if not each.absent]
        chances.append(fit.probability(np.array([cues for cues, _ in asked])))
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
    places = [(one.name, one / "corpus.jsonl", one / "questions.jsonl") for one in given.folders]
    own = sorted([*OWN.glob("*.md"), *OWN.glob("*.csv")])
    places += [(pages.stem, pages, OWN / f"{pages.stem}_questions.jsonl") for pages in own]
    sets = [looked_at(*place, encoder) for place in places]
    apart = []
    for one in sets:
        alike = [other for other in sets if other.label == one.label]
        others = [other for other in alike if not overlapping(one.texts, other.texts)]
        apart.append(Fit.of(fitted(others)))
        found = measures(one, apart[-1])
        print(f"{one.name:<20}", *(f"{name} {value:.3f}" for name, value in found.items()))
    fit = {
        "fitted_on": [one.name for one in sets],
        "prose": fitted([one for one in sets if not one.label]),
        "label": fitted([one for one in sets if one.label]),
        "risk": risk(sets, apart),
    }
    print(json.dumps(fit, indent=1))
    if given.write:
        FILE.write_text(json.dumps(fit, indent=2) + "\n")


if __name__ == "__main__":
    main()
