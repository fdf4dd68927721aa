import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.whitening import CENTRING, SHRINKAGE, Whitening


def unit_rows(count, dimension=16, seed=0, lean=1.0):
    """Rows about a common direction, as the texts of one corpus are."""
    rows = np.random.default_rng(seed).standard_normal((count, dimension))
    rows[:, 0] += lean * 3
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def directly(rows, question, row):
    """The cosine of two vectors after a multiplication with the root of the inverse covariance."""
    rows = rows.astype(float)
    mean = rows.mean(axis=0)
    covariance = np.cov(rows, rowvar=False, bias=True)
    covariance *= len(mean) / np.trace(covariance)
    values, axes = np.linalg.eigh(covariance + SHRINKAGE * np.eye(len(mean)))
    whiten = axes @ np.diag(values**-0.5) @ axes.T
    one, other = (whiten @ (each - CENTRING * mean) for each in (question, row))
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


def all_cosines(rows, questions):
    return Whitening.of(rows).cosines(questions, rows, np.arange(len(rows)))


@pytest.mark.parametrize("count", [2, 5, 16, 300])
def test_cosines_are_those_of_vectors_whitened_one_by_one(count):
    rows, questions = unit_rows(count, seed=count), unit_rows(3, seed=7)
    expected = [[directly(rows, question, row) for row in rows] for question in questions]
    found = all_cosines(rows, questions)
    assert found == pytest.approx(np.array(expected), abs=1e-5)
    assert found.dtype == np.float32


@settings(deadline=None)
@given(st.integers(1, 60), st.sampled_from([2, 3, 16, 64]), st.integers(0, 10**6), st.floats(-9, 9))
def test_cosines_stay_within_one_and_a_row_is_nearest_to_itself(count, dimension, seed, lean):
    rows = unit_rows(count, dimension, seed, lean)
    cosines = all_cosines(rows, np.concatenate([rows, unit_rows(5, dimension, seed + 1)]))
    assert np.isfinite(cosines).all()
    assert (np.abs(cosines) <= 1 + 1e-3).all()
    assert np.diagonal(cosines) == pytest.approx(np.ones(count), abs=1e-3)
    assert cosines[:count] == pytest.approx(cosines[:count].T, abs=1e-3)


def test_views_name_the_rows_that_are_compared():
    rows = unit_rows(40)
    every = all_cosines(rows, rows[:2])
    views = np.array([7, 3, 7])
    some = Whitening.of(rows).cosines(rows[:2], rows[views], views)
    assert some == pytest.approx(every[:, views], abs=1e-6)


def test_what_all_texts_have_in_common_counts_for_less():
    rows = unit_rows(200)
    plain, white = rows @ rows.T, all_cosines(rows, rows)
    others = ~np.eye(len(rows), dtype=bool)
    assert white[others].mean() < plain[others].mean()


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_a_corpus_that_says_one_thing_only_keeps_the_angles_about_its_mean(count):
    one = unit_rows(1)
    whitening = Whitening.of(np.repeat(one, count, axis=0))
    assert whitening.metric == pytest.approx(np.eye(16) / SHRINKAGE, abs=1e-6)
    assert whitening.mean == pytest.approx(CENTRING * one[0], abs=1e-6)


def test_a_question_that_is_the_common_part_itself_is_near_nothing():
    rows = unit_rows(5)
    whitening = Whitening.of(rows)
    found = whitening.cosines(whitening.mean[None, :], rows, np.arange(5))
    assert found.tolist() == [[0.0] * 5]


def test_no_rows_no_lengths_and_cosines_of_nothing():
    whitening = Whitening.of(np.empty((0, 16), dtype=np.float32))
    nothing = np.empty((0, 16), dtype=np.float32)
    found = whitening.cosines(unit_rows(2), nothing, np.empty(0, dtype=np.int64))
    assert found.shape == (2, 0)


def test_what_is_saved_is_loaded_to_the_bit(tmp_path):
    rows = unit_rows(30)
    whitening = Whitening.of(rows)
    whitening.save(tmp_path / "metric")
    loaded = Whitening.load(tmp_path / "metric")
    for name in ("mean", "metric", "lengths"):
        kept, saved = getattr(whitening, name), getattr(loaded, name)
        assert saved.tobytes() == kept.tobytes()
        assert saved.dtype == kept.dtype == np.float32
    questions, views = unit_rows(3, seed=1), np.arange(30)
    assert (
        loaded.cosines(questions, rows, views) == whitening.cosines(questions, rows, views)
    ).all()
