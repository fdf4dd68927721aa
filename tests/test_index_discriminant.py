import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from index.discriminant import RIDGE, SAMPLE, Discriminant


def unit_rows(count, dimension=16, seed=0, lean=1.0):
    """Rows about a common direction, as the texts of one corpus are."""
    rows = np.random.default_rng(seed).standard_normal((count, dimension))
    rows[:, 0] += lean * 3
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def groups_of(count, seed=0):
    """Sizes of groups in a row that make ``count`` together."""
    draw, counts = np.random.default_rng(seed), []
    while (left := count - sum(counts)) > 0:
        counts.append(min(left, int(draw.integers(1, 6))))
    return np.array(counts)


@pytest.mark.parametrize("count", [2, 5, 16, 300])
def test_scores_are_the_predictions_of_a_ridge_regression_on_indicators(count):
    rows, counts, questions = unit_rows(count, seed=count), groups_of(count), unit_rows(3, seed=7)
    indicators = np.repeat(np.eye(len(counts)), counts, axis=0)
    regression = Ridge(alpha=RIDGE).fit(rows.astype(float), indicators)
    expected = regression.predict(questions.astype(float)).reshape(3, -1)
    found = Discriminant.of(rows).scores(questions, rows, counts)
    assert counts / count + np.sqrt(counts) * found == pytest.approx(expected, abs=1e-4)
    assert found.dtype == np.float32


@settings(deadline=None)
@given(st.integers(1, 60), st.sampled_from([2, 3, 16, 64]), st.integers(0, 10**6), st.floats(-9, 9))
def test_scores_of_what_was_seen_stay_about_0_to_1(count, dimension, seed, lean):
    rows = unit_rows(count, dimension, seed, lean)
    scores = Discriminant.of(rows).scores(rows, rows, np.ones(count, dtype=int))
    assert np.isfinite(scores).all()
    assert (np.abs(scores) <= 1 + 1e-3).all()
    assert scores == pytest.approx(scores.T, abs=1e-3)


def test_passages_score_the_same_whatever_stands_beside_them():
    rows, counts = unit_rows(40), groups_of(40)
    made, questions = Discriminant.of(rows), unit_rows(2, seed=3)
    every = made.scores(questions, rows, counts)
    alone = made.scores(questions, rows[: counts[0]], counts[:1])
    assert alone == pytest.approx(every[:, :1], abs=1e-6)


def test_what_all_texts_have_in_common_tells_nothing():
    rows = unit_rows(200)
    made, each = Discriminant.of(rows), np.ones(200, dtype=int)
    assert made.scores(made.mean[None, :], rows, each) == pytest.approx(np.zeros((1, 200)))
    plain, told = rows @ rows.T, made.scores(rows, rows, each)
    others = ~np.eye(len(rows), dtype=bool)
    assert told[others].mean() < 0.01 < plain[others].mean()


def test_one_text_alone_has_nothing_to_be_told_from():
    row = unit_rows(1)
    assert Discriminant.of(row).scores(unit_rows(2, seed=1), row, np.array([1])) == pytest.approx(0)


def test_no_rows_give_a_discriminant_all_the_same():
    made = Discriminant.of(np.empty((0, 16), dtype=np.float32))
    assert np.isfinite(made.metric).all()
    assert made.mean.tolist() == [0.0] * 16


def test_many_rows_are_told_apart_by_a_sample_of_them():
    few = unit_rows(SAMPLE // 100, dimension=4).astype(float)
    off = few - few.mean(axis=0)
    expected = np.linalg.inv(300 * off.T @ off + RIDGE * np.eye(4))
    made = Discriminant.of(np.tile(few, (300, 1)).astype(np.float32))
    assert np.diagonal(made.metric) == pytest.approx(np.diagonal(expected), rel=0.01)


def test_what_is_saved_is_loaded_to_the_bit(tmp_path):
    made = Discriminant.of(unit_rows(30))
    made.save(tmp_path / "metric")
    loaded = Discriminant.load(tmp_path / "metric")
    for name in ("mean", "metric"):
        kept, saved = getattr(made, name), getattr(loaded, name)
        assert saved.tobytes() == kept.tobytes()
        assert saved.dtype == kept.dtype == np.float32
