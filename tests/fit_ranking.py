"""Fit the weights of ``index/ranking.json`` to public question sets, and show what they are worth.

    python tests/fit_ranking.py FOLDER...          prints P@1 of every set, left out of its fit
    python tests/fit_ranking.py --write FOLDER...  also fits to all of them and writes the file

A FOLDER holds ``corpus.jsonl`` and ``questions.jsonl`` as ``evaluate`` takes them. Sets that share
passages are left out together. The model is a conditional logit (McFadden 1974): the softmax of
the ranking scores over a question's candidates is to fall on the relevant ones.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bot.config import cache_folder
from bot.questions import Case, read_questions
from corpus.read import read_corpus
from index.build import Index, open_or_build
from index.encode import Encoder
from index.encoders import building_encoder, describe, question_encoder
from index.rank import EVIDENCE, Ranker, Ranking

FILE = Path(__file__).parent.parent / "index" / "ranking.json"
PENALTY = 1e-2
"""Of the squared weights, on evidence scaled to unit variance."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """A set's questions with their candidates.

    Attributes
    ----------
    texts
        Hashes of the corpus's passages, to tell which sets overlap.
    rankings
        Of each case, in an order that means nothing here.
    """

    name: str
    index: Index
    cases: list[Case]
    rankings: list[Ranking]
    texts: frozenset[int]

    def relevant(self, at: int) -> NDArray[np.bool_]:
        """Return which candidates of a case are relevant, (n,)."""
        passages = self.index.corpus.passages
        wanted = set(self.cases[at].relevant)
        return np.array([passages[n].source_id in wanted for n in self.rankings[at].passages])


def ranked(folder: Path, encoder: Encoder) -> Ranked:
    """Index a set and rank all its questions."""
    corpus = read_corpus([folder / "corpus.jsonl"])
    model = describe("default", cache_folder())
    cache = cache_folder() / "fit" / folder.name
    index = open_or_build(
        corpus, lambda: building_encoder("default", cache_folder()), model.fingerprint, cache
    )
    cases = read_questions(folder / "questions.jsonl")
    ranker = Ranker(index, np.ones(len(EVIDENCE), dtype=np.float32))
    rankings = [ranker.rank(case.question, encoder.encode) for case in cases]
    texts = frozenset(hash(passage.text) for passage in corpus.passages)
    return Ranked(folder.name, index, cases, rankings, texts)


def fitted(sets: Sequence[Ranked]) -> NDArray[np.float64]:
    """Return the weights that suit these sets best, each set counting the same."""
    groups = [
        [
            (one.rankings[at].evidence, one.relevant(at))
            for at in range(len(one.cases))
            if one.relevant(at).any()
        ]
        for one in sets
    ]
    return fitted_logit(groups, PENALTY, signs=[1] * len(EVIDENCE))


def fitted_logit(
    sets: Sequence[Sequence[tuple[NDArray[np.floating], NDArray[np.bool_]]]],
    penalty: float,
    signs: Sequence[int],
) -> NDArray[np.float64]:
    """Return the weights of a conditional logit.

    Parameters
    ----------
    sets
        Of each set its questions: the candidates' evidence, (n, columns), and which are right.
    penalty
        Of the squared weights, on columns scaled to unit variance.
    signs
        1 where evidence may speak only for a candidate, -1 where only against it.
    """
    questions = [question for one in sets for question in one]
    shares = np.concatenate([np.full(len(one), 1 / len(one)) for one in sets]) / len(sets)
    groups = np.repeat(np.arange(len(questions)), [len(right) for _, right in questions])
    evidence = np.concatenate([rows for rows, _ in questions]).astype(float)
    relevant = np.concatenate([right for _, right in questions])
    scale = evidence.std(axis=0) + 1e-9
    scaled = evidence / scale

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = scaled @ weights
        powers = np.exp(scores - scores.max())
        totals = np.bincount(groups, powers)
        hits = np.bincount(groups, powers * relevant)
        value = float(-(shares * np.log(hits / totals)).sum())
        pull = powers / totals[groups] - powers * relevant / hits[groups]
        slope = (scaled * (pull * shares[groups])[:, None]).sum(axis=0)
        return value + penalty * float(weights @ weights), slope + 2 * penalty * weights

    bounds = [(0, None) if sign > 0 else (None, 0) for sign in signs]
    start = np.array(signs, dtype=float)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    weights: NDArray[np.float64] = best.x / scale
    return weights


def overlapping(texts: frozenset[int], others: frozenset[int]) -> bool:
    """Tell whether two corpora share more than a stray passage."""
    return len(texts & others) > 0.1 * min(len(texts), len(others))


def precision_at_1(one: Ranked, weights: NDArray[np.float64]) -> float:
    """Return the share of in-scope questions whose best candidate is relevant."""
    hits = [
        bool(one.relevant(at)[np.argmax(one.rankings[at].evidence @ weights)])
        for at, case in enumerate(one.cases)
        if case.relevant
    ]
    return float(np.mean(hits))


def main() -> None:
    """Fit, print, and write where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    encoder = question_encoder("default", cache_folder())
    sets = [ranked(folder, encoder) for folder in given.folders]
    weights = fitted(sets)
    print(f"{'set':<20} left out  fitted")
    for one in sets:
        others = [other for other in sets if not overlapping(one.texts, other.texts)]
        apart = f"{precision_at_1(one, fitted(others)):.3f}" if others else "–"
        print(f"{one.name:<20} {apart:>8}  {precision_at_1(one, weights):.3f}")
    found = {name: round(float(weight), 3) for name, weight in zip(EVIDENCE, weights, strict=True)}
    print(found)
    if given.write:
        names = [one.name for one in sets]
        FILE.write_text(json.dumps({"fitted_on": names, "weights": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
