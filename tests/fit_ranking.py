"""Fit the weights of ``index/ranking.json`` to question sets, and show what they are worth.

    python tests/fit_ranking.py FOLDER...          prints P@1 of every set, left out of its fit,
                                                   with all evidence and without each piece of it
    python tests/fit_ranking.py --write FOLDER...  also fits to all of them and writes the file

A FOLDER holds ``corpus.jsonl`` and ``questions.jsonl`` as ``evaluate`` takes them. Our own pages
and bots come with them, each a corpus of its own; those that are held out of all fits are measured
only. Sets that share passages are left out together. The model is a conditional logit (McFadden
1974): the softmax of the ranking scores over a question's candidates is to fall on the relevant
ones.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from page_corpora import Place, own_places, public_places, sets_of
from scipy.optimize import minimize
from verifier_bots import parted_bots
from verifier_pages import parted

from bot.config import cache_folder
from bot.questions import read_questions
from corpus.read import read_corpus
from index.build import open_or_build
from index.encode import Encoder
from index.encoders import building_encoder, describe, question_encoder
from index.rank import EVIDENCE, Ranker

FILE = Path(__file__).parent.parent / "index" / "ranking.json"
MOST = 1000
"""Questions of a set; more would not weigh more, sets count the same."""
PENALTY = 1e-2
"""Of the squared weights, on evidence scaled to unit variance."""

Candidates = tuple[NDArray[np.floating], NDArray[np.bool_]]
"""Evidence of one question's candidates, (n, columns), and which of them are right, (n,)."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """A set's in-scope questions; ``texts`` are hashes of its passages, to tell which overlap."""

    name: str
    questions: list[Candidates]
    texts: frozenset[int]


def ranked(places: Sequence[Place], encoder: Encoder) -> Ranked:
    """Index the corpora of a set and rank a sample of its questions."""
    questions: list[Candidates] = []
    texts: set[int] = set()
    model = describe("default", cache_folder())
    for place in places:
        corpus = read_corpus([place.pages])
        index = open_or_build(
            corpus,
            lambda: building_encoder("default", cache_folder()),
            model.fingerprint,
            cache_folder() / "fit" / place.pages.stem / place.set,
        )
        ranker = Ranker(index, np.ones(len(EVIDENCE), dtype=np.float32))
        cases = [case for case in read_questions(place.questions) if case.relevant]
        most = max(1, MOST // len(places))
        for case in random.Random(0).sample(cases, min(most, len(cases))):
            ranking = ranker.rank(case.question, encoder.encode)
            sources = [corpus.passages[n].source_id for n in ranking.passages]
            questions.append((ranking.evidence, np.isin(sources, case.relevant)))
        texts |= {hash(passage.text) for passage in corpus.passages}
    return Ranked(places[0].set, questions, frozenset(texts))


def fitted(sets: Sequence[Ranked], without: str = "") -> NDArray[np.float64]:
    """Return the weights that suit these sets best, each set counting the same.

    A piece of evidence that is left out weighs 0.
    """
    used = np.array([name != without for name in EVIDENCE], dtype=float)
    groups = [
        [(found * used, right) for found, right in one.questions if right.any()] for one in sets
    ]
    return fitted_logit(groups, PENALTY, signs=[1] * len(EVIDENCE)) * used


def fitted_logit(
    sets: Sequence[Sequence[Candidates]],
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
    return float(np.mean([right[np.argmax(found @ weights)] for found, right in one.questions]))


def _print(one: Ranked, weights: NDArray[np.float64], others: Sequence[Ranked]) -> None:
    """Print P@1 of a set: with some weights, then fitted to others with and without each piece."""
    pieces = ("", *EVIDENCE) if others else ()
    fits = [weights, *(fitted(others, without) for without in pieces)]
    print(f"{one.name:<20}", *(f"{precision_at_1(one, fit):8.3f}" for fit in fits), flush=True)


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
        taught, held_out = (
            own_places(pages, bots, Path(made))
            for pages, bots in zip(parted(), parted_bots(), strict=True)
        )
        own = [replace(place, set=place.set.partition(":")[0]) for place in taught]
        fitting = sets_of([*public_places(given.folders), *own]).values()
        sets = [ranked(places, encoder) for places in fitting]
        apart = [ranked(places, encoder) for places in sets_of(held_out).values()]
    weights = fitted(sets)
    print(f"{'set':<20} {'fitted':>8} {'left out':>8}", *(f"-{name}" for name in EVIDENCE))
    for one in sets:
        others = [other for other in sets if not overlapping(one.texts, other.texts)]
        _print(one, weights, others)
    print("held out of all fits:")
    for one in apart:
        _print(one, weights, sets)
    found = {name: round(float(weight), 3) for name, weight in zip(EVIDENCE, weights, strict=True)}
    print(found)
    if given.write:
        names = [one.name for one in sets]
        FILE.write_text(json.dumps({"fitted_on": names, "weights": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
