import numpy as np
import pytest
from clustered import clustered_rows

from index.recall import DEPTHS, GOALS, MOST, found_share, strangers, true_scores, tuned

ROWS = clustered_rows(500)


def in_blocks(rows, size=70):
    slots = np.arange(len(rows))
    return [(slots[at : at + size], rows[at : at + size]) for at in range(0, len(rows), size)]


def test_what_asks_is_a_row_moved_by_what_two_others_differ_in():
    asking = strangers(ROWS[:7])
    moved = ROWS[:2].astype(float) + ROWS[2:4] - ROWS[4:6]
    assert asking == pytest.approx(moved / np.linalg.norm(moved, axis=1, keepdims=True), abs=1e-6)
    assert asking.dtype == np.float32


def test_where_nothing_is_left_the_row_itself_asks():
    rows = np.float32([[1, 0], [-1, 0], [0, 0]])
    assert strangers(rows).tolist() == [[1, 0]]


def test_true_scores_are_the_best_of_all_rows_that_are_not_barred():
    questions, barred = ROWS[:4], np.array([[0, 9], [1, 9], [2, 9], [3, 9]])
    found = true_scores(questions, barred, in_blocks(ROWS), 12)
    for number, scores in enumerate(found):
        others = np.delete(ROWS, barred[number], axis=0)
        expected = np.sort(others @ questions[number])[::-1][:12]
        assert scores == pytest.approx(expected, abs=1e-6)


def test_a_share_counts_hits_as_good_as_the_true_ones_and_none_twice():
    true = np.float32([[0.9, 0.8, 0.7, 0.6]])
    assert found_share(np.float32([[0.9, 0.8, 0.7]]), true, 4) == 0.75
    assert found_share(np.float32([[0.2, 0.8]]), true, 2) == 0.5
    assert found_share(np.float32([[0.8, 0.8, 0.8]]), true, 2) == 1
    assert found_share(np.float32([[-np.inf, -np.inf]]), true, 1) == 0


def search_that_finds(share_at):
    """Return true scores, and candidates of which a share that rises with probes is as good."""
    true = np.tile(np.linspace(0.9, 0.5, DEPTHS[-1], dtype=np.float32), (50, 1))

    def scores_at(probes):
        scores = np.full((50, MOST), -np.inf, dtype=np.float32)
        kept = np.random.default_rng(0).random(true.shape) < share_at(probes)
        scores[:, : DEPTHS[-1]] = np.where(kept, true, -1)
        return scores

    return scores_at, true


def test_it_looks_as_far_as_the_goals_take_and_no_further():
    scores_at, true = search_that_finds(lambda probes: min(1, 0.5 + probes / 32))
    tuning = tuned(scores_at, true, 10_000, 128, 16, 128)
    assert (tuning.probes, tuning.candidates, tuning.rows) == (19, 96, 10_000)
    assert all(share >= goal for share, goal in zip(tuning.recall, GOALS, strict=True))


def test_where_the_goals_are_out_of_reach_it_looks_through_everything_and_says_what_it_finds():
    scores_at, true = search_that_finds(lambda _: 0.8)
    tuning = tuned(scores_at, true, 10_000, 100, 16, 128)
    assert (tuning.probes, tuning.candidates) == (100, MOST)
    assert tuning.recall == pytest.approx((0.8, 0.8), abs=0.05)
