"""How many of the true neighbours an approximate search finds, and how far it has to look.

Measured, not assumed. What asks is a row moved by what two others differ in, none of which it may
find: that lies as far from the rows as visitors' questions do, and its neighbours are scattered
over as many lists. (Rows that ask for their own neighbours miss far fewer of them.)
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.store import SCORE_SLACK, UNIT_TOLERANCE, Ids, Scores, Vectors

ASKED = 300
"""Points that ask: their mean is good to half a point."""
DEPTHS = (10, 64)
"""Hits that are asked for while measuring: those that are shown, and those that are ranked."""
GOALS = (0.99, 0.98)
"""Shares of the true hits to find at those depths."""
MOST = 1_024
_LADDER = (96, 128, 192, 256, 384, 512, 768, MOST)
_WEIGHT_OF_A_ROW = 4
"""A byte of a row that is read counts as so many bytes of codes: it lies anywhere in memory, or
on the disk."""


class Tuning(NamedTuple):
    """How far a search looks, and what it was found to find.

    Attributes
    ----------
    probes
        Lists that are scanned for a question.
    candidates
        Rows that are compared exactly for as many hits as ``DEPTHS[-1]``.
    recall
        Share of the true hits found at each of ``DEPTHS``, 0 to 1.
    rows
        How many rows there were.
    """

    probes: int
    candidates: int
    recall: tuple[float, ...]
    rows: int


def strangers(rows: Vectors) -> Vectors:
    """Return each of the first third of some rows, moved by what two of the others differ in."""
    third = len(rows) // 3
    moved = rows[:third] + rows[third : 2 * third] - rows[2 * third : 3 * third]
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.where(lengths > UNIT_TOLERANCE, moved / np.maximum(lengths, 1e-9), rows[:third])


def true_scores(
    questions: Vectors, barred: Ids, blocks: Iterable[tuple[Ids, Vectors]], depth: int
) -> Scores:
    """Return the ``depth`` best scores of each question, best first, (q, depth).

    ``barred`` are slots that a question may not find, (q, n); ``blocks`` are all rows with their
    slots, some at a time.
    """
    best = np.full((len(questions), depth), -np.inf, dtype=np.float32)
    for slots, rows in blocks:
        scores = questions @ rows.T
        for each in barred.T:
            scores[each[:, None] == slots[None, :]] = -np.inf
        both = np.concatenate([best, scores], axis=1)
        best = np.partition(both, both.shape[1] - depth, axis=1)[:, -depth:]
    return np.sort(best, axis=1)[:, ::-1]


def found_share(scores: NDArray[np.float32], true: Scores, depth: int) -> float:
    """Return the share of the true hits among candidates with these scores, (q, n)."""
    # By score: of rows that are the same, one is as good as another.
    good = (scores >= true[:, depth - 1 : depth] - SCORE_SLACK).sum(axis=1)
    return float(np.minimum(good, depth).mean() / depth)


def tuned(
    scores_at: Callable[[int], NDArray[np.float32]],
    true: Scores,
    rows: int,
    lists: int,
    bytes_a_code: int,
    bytes_a_row: int,
) -> Tuning:
    """Return the least work that reaches the goals, or the most there is.

    Parameters
    ----------
    scores_at
        Gives the exact scores of the candidates in their order, (q, MOST), -inf for none, when so
        many lists are scanned.
    true
        See :func:`true_scores`.
    """
    best: tuple[float, Tuning] | None = None
    probes, last = 1, False
    while not last:
        last = probes >= lists
        scan = min(probes, lists) * rows / lists * bytes_a_code
        if best and scan >= best[0]:
            break
        scores = scores_at(probes)
        for candidates in _LADDER:
            recall = tuple(found_share(scores[:, :candidates], true, depth) for depth in DEPTHS)
            tuning = Tuning(min(probes, lists), candidates, recall, rows)
            if all(share >= goal for share, goal in zip(recall, GOALS, strict=True)):
                work = scan + candidates * bytes_a_row * _WEIGHT_OF_A_ROW
                if best is None or work < best[0]:
                    best = (work, tuning)
                break
        probes += max(1, probes // 2)
    return best[1] if best else tuning
