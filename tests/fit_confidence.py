"""Fit ``bot/confidence.json`` to public question sets, and show how it does on each left out.

    python tests/fit_confidence.py FOLDER...          prints measures of every set, left out,
                                                     at the cut of the shipped error budget
    python tests/fit_confidence.py --write FOLDER...  also fits to all of them and writes the file

A FOLDER holds ``corpus.jsonl`` and ``questions.jsonl`` as ``evaluate`` takes them; our small
corpora of ``tests/minimal_pairs`` and our pages and bots come with it, those of the pages and bots
that the verifier was not trained on, each a corpus of its own. Sets of label answers are fitted
apart from those whose answers say something. Questions that the verifier was trained on are left
alone. Sets without out-of-scope questions are measured, but nothing is fitted to them: what is
asked there was mostly written with the answer in view, and shares its words.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fit_ranking import fitted_logit, overlapping
from numpy.typing import NDArray
from page_corpora import Place, own_places, public_places, sets_of
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from verifier_bots import parted_bots
from verifier_pages import parted
from verifier_pairs import HELD_OUT

from bot.confidence import CUES, SECOND_LOOK, Calibration, Fit, Lead, cues_of
from bot.config import Settings, cache_folder
from bot.judging import Judge
from bot.questions import Case, read_questions
from corpus.document import Corpus, Passage
from corpus.read import read_corpus
from index.build import open_or_build
from index.encode import Encoder
from index.encoders import building_encoder, describe, question_encoder
from index.rank import Ranker, Ranking

FILE = Path(__file__).parent.parent / "bot" / "confidence.json"
MOST = 400
"""Questions of a set; more would not weigh more, sets count the same."""
PENALTY = 1e-2
STRENGTH = 0.3
"""C of the logistic regression, on cues scaled to unit variance."""


PROSE = {
    "scope": ("verdict", "best_verdict", "disagrees", "missing"),
    "choice": ("posterior", "verdict_margin", "verdict"),
}
LABEL = {
    "scope": ("nearest", "discriminant", "nearest_margin", "best_verdict"),
    "choice": ("posterior", "nearest_margin", "nearest"),
}
"""The cues that serve. More of them made sets that were left out of the fit worse; where people
wrote questions with the answer in view, shared words speak for it, elsewhere against it."""
OWN = Path(__file__).parent / "minimal_pairs"


@dataclass(frozen=True, eq=False)
class Seen:
    """A question's candidates after the second look, and which of them are right."""

    lead: Lead
    right: NDArray[np.bool_]
    in_scope: bool

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

    @property
    def has_scope(self) -> bool:
        """Whether it has questions out of scope."""
        return not all(each.in_scope for each in self.seen)


def looked_at(places: Sequence[Place], encoder: Encoder) -> Set:
    """Take the second look at a sample of a set's questions."""
    name = places[0].set
    seen: list[Seen] = []
    texts: set[int] = set()
    for place in places:
        corpus = read_corpus([place.pages])
        seen += _seen_of(corpus, place, encoder, MOST // len(places))
        texts |= {hash(passage.text) for passage in corpus.passages}
    return Set(name, seen, frozenset(texts))


def _seen_of(corpus: Corpus, place: Place, encoder: Encoder, most: int) -> list[Seen]:
    model = describe("default", cache_folder())
    cache = cache_folder() / "fit" / place.pages.stem / place.set
    index = open_or_build(
        corpus, lambda: building_encoder("default", cache_folder()), model.fingerprint, cache
    )
    ranker = Ranker(index)
    judge = Judge(index, ranker, encoder.encode)
    cases = read_questions(place.questions)
    cases = random.Random(0).sample(cases, len(cases))
    seen: list[Seen] = []
    for case in cases:
        if len(seen) == most:
            break
        ranking = ranker.rank(case.question, encoder.encode)
        if _trained_on(case, corpus.passages[int(ranking.passages[0])], place.set):
            continue
        seen.append(_seen(judge, corpus.passages, case, ranking))
    return seen


def _trained_on(case: Case, best: Passage, name: str) -> bool:
    articles = name in ("squad2", "xquad_en", "noiseqa") and best.title not in HELD_OUT
    return articles or (name == "clinc_oos" and case.split.startswith("val"))


def _seen(judge: Judge, passages: Sequence[Passage], case: Case, ranking: Ranking) -> Seen:
    lead = judge.look(case.question, ranking)
    best = [passages[int(ranking.passages[at])] for at in lead.looked]
    right = np.array([each.source_id in case.relevant for each in best])
    return Seen(lead, right, bool(case.relevant))


def fitted(sets: Sequence[Set], label: bool) -> dict[str, dict[str, float]]:
    """Return a fit as the file holds it, each set counting the same."""
    groups = [
        [(each.lead.second_look(), each.right) for each in one.seen if each.right.any()]
        for one in sets
    ]
    unused = {"verdict", "disagrees"} if label else set()
    used = np.array([name not in unused for name in SECOND_LOOK])
    second = fitted_logit(
        [[(look * used, right) for look, right in one] for one in groups], PENALTY, (1, 1, -1)
    )
    looks = dict(zip(SECOND_LOOK, (second * used).tolist(), strict=True))
    fit = Fit.of({"second_look": looks, "scope": {}, "choice": {}})
    seen = [(each.cues(fit), each.in_scope, 1 / len(one.seen)) for one in sets for each in one.seen]
    cues = np.array([each for (each, _), _, _ in seen])
    hits, scoped, weights = (
        np.array(each)
        for each in zip(*((hit, scope, share) for (_, hit), scope, share in seen), strict=True)
    )
    names = LABEL if label else PROSE
    return {
        "second_look": looks,
        "scope": _logistic(cues, scoped, weights, names["scope"]),
        "choice": _logistic(cues[scoped], hits[scoped], weights[scoped], names["choice"]),
    }


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


def measures(one: Set, fit: Fit, cut: float) -> dict[str, float]:
    """Return what the fit is worth on a set where answers need a confidence of ``cut``."""
    chance, hit = _chances(one, fit)
    scope = np.array([each.in_scope for each in one.seen])
    bins = np.minimum((chance * 15).astype(int), 14)
    gaps = [abs(chance[bins == b].sum() - hit[bins == b].sum()) for b in range(15)]
    answered = chance >= cut
    found: dict[str, float] = {
        "P@1": hit[scope].mean(),
        "ECE": sum(gaps) / len(chance),
        "right": roc_auc_score(hit, chance),
        "in": (hit & answered)[scope].mean(),
    }
    if not scope.all():
        found["AUROC"] = roc_auc_score(scope, chance)
        found["oos"] = (~answered)[~scope].mean()
        kept = np.quantile(chance[scope], 0.1)
        found["oos at 90%"] = (chance[~scope] >= kept).mean()
    return found


def risk(sets: Sequence[Set], fits: Sequence[Fit]) -> list[list[float]]:
    """Return what each confidence is worth as a cut, sets counting the same.

    A row holds the cut, the share of wrong ones among the answers from it on, and the share of
    in-scope questions answered: the mean of all sets, the lowest and the highest but for one set.
    """
    found = []
    asked = [
        (*_chances(one, fit), np.array([each.in_scope for each in one.seen]))
        for one, fit in zip(sets, fits, strict=True)
        if one.has_scope
    ]
    for cut in np.linspace(0.05, 0.95, 91):
        wrong = sum((~hit & (chance >= cut)).mean() for chance, hit, _ in asked)
        given = sum((chance >= cut).mean() for chance, _, _ in asked)
        covered = sorted(float((chance >= cut)[scope].mean()) for chance, _, scope in asked)
        if given:
            row = (cut, wrong / given, np.mean(covered), covered[1], covered[-2])
            found.append([round(float(value), 4) for value in row])
    return found


def _chances(one: Set, fit: Fit) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    cues, hits = zip(*(each.cues(fit) for each in one.seen), strict=True)
    return fit.probability(np.array(cues)), np.array(hits)


def places_of(folders: Sequence[Path], made: Path) -> dict[str, list[Place]]:
    """Return the corpora of each set: those given, our small ones, and our held-out pages and bots.

    Parameters
    ----------
    made
        A folder for the pages and bots as an owner's files.
    """
    own = sorted([*OWN.glob("*.md"), *OWN.glob("*.csv")])
    small = [Place(one.stem, one, OWN / f"{one.stem}_questions.jsonl") for one in own]
    held_out = own_places(parted()[1], parted_bots()[1], made)
    return sets_of([*public_places(folders), *small, *held_out])


def main() -> None:
    """Fit, print, and write where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    encoder = question_encoder("default", cache_folder())
    with tempfile.TemporaryDirectory() as made:
        sets = [
            looked_at(places, encoder) for places in places_of(given.folders, Path(made)).values()
        ]
    fitting = [one for one in sets if one.has_scope]
    apart = []
    for one in sets:
        alike = [other for other in fitting if other.label == one.label]
        others = [other for other in alike if not overlapping(one.texts, other.texts)]
        apart.append(Fit.of(fitted(others, one.label)))
    fit = {
        "fitted_on": [one.name for one in fitting],
        "prose": fitted([one for one in fitting if not one.label], label=False),
        "label": fitted([one for one in fitting if one.label], label=True),
        "risk": risk(sets, apart),
    }
    cut = Calibration.of(fit).cut(Settings().error_budget)
    print(f"each set left out of its fit, answered from a confidence of {cut:.2f} on:")
    for one, left_out in zip(sets, apart, strict=True):
        found = measures(one, left_out, cut)
        print(f"{one.name:<20}", *(f"{name} {value:.3f}" for name, value in found.items()))
    print(json.dumps(fit, indent=1))
    if given.write:
        FILE.write_text(json.dumps(fit, indent=2) + "\n")


if __name__ == "__main__":
    main()
