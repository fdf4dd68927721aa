"""Every engine gives the ids and the scores that the exact store gives."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.approximate_store import ApproximateStore
from index.errors import DamagedIndex
from index.faiss_store import FaissStore
from index.milvus_store import MilvusStore
from index.store import ExactStore, Held

FILES = [ExactStore, FaissStore]
ENGINES = [*FILES, ApproximateStore, MilvusStore]


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.__name__)
def engine(request):
    if request.param is MilvusStore:
        return request.getfixturevalue("milvus_engine")
    return request.param


@pytest.fixture(scope="session")
def milvus_engine(milvus):
    """Return what makes an empty store; a collection for each dimension is emptied again."""
    from index.milvus_client import Milvus, Place

    client = Milvus(Place(milvus.uri, name="engine"))
    made = {}

    def empty_store(dimension):
        if dimension not in made:
            made[dimension] = MilvusStore.create(client, f"engine_{dimension}", dimension)
            made[dimension].finish()
        store = made[dimension]
        held = client.call(
            "query", store.collection, filter="id >= 0", limit=16384, consistency_level="Strong"
        )
        store.remove(np.array([row["id"] for row in held], dtype=np.int64))
        return store

    return empty_store


def unit_rows(count, dimension, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def filled(engine, ids, rows):
    store = engine(rows.shape[1])
    store.add(np.asarray(ids, dtype=np.int64), rows)
    return store


def brute_force(ids, rows, vector, k):
    scores = [float(np.dot(row.astype(float), vector.astype(float))) for row in rows]
    ranked = sorted(zip(scores, ids, strict=True), key=lambda pair: (-pair[0], pair[1]))[:k]
    return [one for _, one in ranked], [score for score, _ in ranked]


def test_finds_the_nearest_rows_with_their_inner_products(engine):
    rows = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], dtype=np.float32)
    (hits,) = filled(engine, [10, 20, 30, 40], rows).search(np.float32([[0.8, 0.6]]), 3)
    assert hits.ids.tolist() == [30, 10, 20]
    assert hits.scores.tolist() == pytest.approx([0.96, 0.8, 0.6])
    assert (hits.ids.dtype, hits.scores.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_a_plain_loop_over_all_rows(engine, seed):
    rows, questions = unit_rows(300, 48, seed), unit_rows(7, 48, seed + 100)
    ids = np.random.default_rng(seed).permutation(1000)[:300]
    for vector, hits in zip(
        questions, filled(engine, ids, rows).search(questions, 20), strict=True
    ):
        expected_ids, expected_scores = brute_force(ids.tolist(), rows, vector, 20)
        assert hits.ids.tolist() == expected_ids
        assert hits.scores == pytest.approx(expected_scores, abs=1e-7)


@pytest.mark.parametrize("count", [1, 2, 33, 500])
def test_gives_the_very_hits_of_the_exact_store_twins_included(engine, count):
    rows = unit_rows(count, 32, count)
    rows = np.concatenate([rows, rows, rows])
    ids = np.random.default_rng(count).permutation(len(rows)) * 3
    questions = np.concatenate([unit_rows(5, 32, 9), rows[:3]])
    store, reference = filled(engine, ids, rows), filled(ExactStore, ids, rows)
    for k in (1, 2, 10, len(rows), len(rows) + 5):
        found = store.search(questions, k)
        for ours, exact in zip(found, reference.search(questions, k), strict=True):
            assert ours.ids.tolist() == exact.ids.tolist()
            assert ours.scores.tolist() == exact.scores.tolist()


def test_equal_scores_stand_in_the_order_of_their_ids_even_where_k_cuts_them(engine):
    rows = np.repeat(np.float32([[1, 0]]), 50, axis=0)
    ids = np.random.default_rng(1).permutation(50)
    (hits,) = filled(engine, ids, rows).search(np.float32([[1, 0]]), 4)
    assert hits.ids.tolist() == [0, 1, 2, 3]


def test_gives_fewer_hits_where_fewer_rows_exist_and_never_a_padding_id(engine):
    store = filled(engine, [0, 1], unit_rows(2, 4))
    (hits,) = store.search(unit_rows(1, 4, 5), 10)
    assert sorted(hits.ids.tolist()) == [0, 1]
    assert len(hits.scores) == 2


def test_an_empty_store_finds_nothing(engine):
    store = engine(4)
    hits = store.search(unit_rows(2, 4), 3)
    assert len(store) == 0
    assert [(len(one.ids), len(one.scores)) for one in hits] == [(0, 0), (0, 0)]


def test_no_question_gives_no_hits(engine):
    assert filled(engine, [1], unit_rows(1, 4)).search(np.empty((0, 4), np.float32), 3) == []


def test_adds_in_several_steps(engine):
    rows = unit_rows(10, 4)
    store = filled(engine, range(5), rows[:5])
    store.add(np.arange(5, 10), rows[5:])
    assert len(store) == 10
    assert [one.ids[0] for one in store.search(rows, 1)] == list(range(10))


def test_gives_rows_back_by_id_in_the_order_asked_for(engine):
    rows = unit_rows(4, 8)
    store = filled(engine, [7, 3, 9, 1], rows)
    assert store.vectors(np.array([1, 7, 7])).tolist() == rows[[3, 0, 0]].tolist()
    assert store.vectors(np.empty(0, np.int64)).shape == (0, 8)


def test_forgets_removed_rows_and_takes_their_ids_again(engine):
    rows = unit_rows(6, 8)
    store = filled(engine, range(6), rows)
    store.remove(np.array([1, 4]))
    assert len(store) == 4
    assert sorted(store.search(rows[:1], 6)[0].ids.tolist()) == [0, 2, 3, 5]
    store.add(np.array([4]), rows[1:2])
    assert store.search(rows[1:2], 1)[0].ids.tolist() == [4]
    assert store.vectors(np.array([5])).tolist() == rows[[5]].tolist()


def test_refuses_to_remove_or_read_an_id_it_does_not_hold_and_keeps_the_rest(engine):
    store = filled(engine, [1, 2], unit_rows(2, 4))
    with pytest.raises(KeyError, match="id 5 isn't held"):
        store.remove(np.array([1, 5]))
    with pytest.raises(KeyError, match="id 0 isn't held"):
        store.vectors(np.array([0]))
    assert len(store) == 2


@pytest.mark.parametrize(
    ("ids", "rows", "message"),
    [
        ([1], [[1, 0, 0]], r"shape \(n, 2\), found \(1, 3\)"),
        ([1], [1, 0], r"shape \(n, 2\), found \(2,\)"),
        ([1, 2], [[1, 0]], r"1 vectors need as many ids"),
        ([5], [[1, 0]], "id 5 is held already"),
        ([1, 1], [[1, 0], [0, 1]], "id 1 is held already"),
        ([-1], [[1, 0]], "must not be negative, found -1"),
        ([1], [[2, 0]], "row 0 must have length 1, found 2"),
        ([1, 2], [[1, 0], [np.nan, 0]], "row 1 must have length 1, found nan"),
    ],
)
def test_refuses_what_is_not_a_new_unit_row(engine, ids, rows, message):
    store = filled(engine, [5], np.float32([[0, 1]]))
    with pytest.raises(ValueError, match=message):
        store.add(np.array(ids), np.array(rows, dtype=np.float32))
    assert len(store) == 1


def test_refuses_a_question_of_another_dimension_or_length_and_a_k_below_one(engine):
    store = filled(engine, [5], np.float32([[0, 1]]))
    with pytest.raises(ValueError, match="shape"):
        store.search(np.float32([[1, 0, 0]]), 1)
    with pytest.raises(ValueError, match="length 1, found 3"):
        store.search(np.float32([[3, 0]]), 1)
    with pytest.raises(ValueError, match="k must be at least 1, found 0"):
        store.search(np.float32([[1, 0]]), 0)


@pytest.mark.parametrize("count", [0, 1, 40])
@pytest.mark.parametrize("engine", FILES, ids=lambda engine: engine.__name__)
def test_is_the_same_after_saving_and_loading(engine, tmp_path, count):
    rows = unit_rows(max(count, 1), 16)[:count]
    store = filled(engine, np.arange(count) * 5, rows)
    store.save(tmp_path / "vectors")
    loaded = engine.load(tmp_path / "vectors")
    questions = unit_rows(3, 16, 8)
    assert (len(loaded), loaded.dimension) == (count, 16)
    for before, after in zip(store.search(questions, 9), loaded.search(questions, 9), strict=True):
        assert before.ids.tolist() == after.ids.tolist()
        assert before.scores.tolist() == after.scores.tolist()


def test_faiss_says_when_a_file_cannot_be_written(tmp_path):
    with pytest.raises(OSError, match=r"couldn't write vectors\.faiss"):
        FaissStore(4).save(tmp_path / "nowhere" / "vectors.faiss")


@given(st.sets(st.integers(0, 40)), st.booleans(), st.lists(st.integers(-2, 45)))
def test_ids_are_found_where_they_stand_whether_they_count_up_or_not(ids, count_up, asked):
    held = list(range(len(ids))) if count_up else list(ids)
    places = Held(np.array(held, dtype=np.int64))
    known = np.array([one in held for one in asked], dtype=bool)
    assert places.contains(np.array(asked, dtype=np.int64)).tolist() == known.tolist()
    if known.all():
        found = places.positions(np.array(asked, dtype=np.int64))
        assert found.tolist() == [held.index(one) for one in asked]
    else:
        missing = asked[int(np.argmin(known))]
        with pytest.raises(KeyError, match=f"id {missing} isn't held"):
            places.positions(np.array(asked, dtype=np.int64))


def test_finding_an_id_does_not_look_through_all_of_them_again(monkeypatch):
    ids = np.arange(50)
    for held in (Held(ids), Held(ids[::-1] * 3)):
        held.positions(held.ids[:2])
        monkeypatch.setattr(np, "diff", lambda *_: pytest.fail("looked through all ids"))
        monkeypatch.setattr(np, "argsort", lambda *_: pytest.fail("sorted all ids"))
        assert held.positions(held.ids[[7, 3]]).tolist() == [7, 3]
        monkeypatch.undo()


def test_rows_that_milvus_does_not_give_are_not_waited_for(monkeypatch):
    some = (np.arange(20), np.ones(20, dtype=np.float32))
    monkeypatch.setattr(MilvusStore, "_nearest", lambda *_: [some])
    store = MilvusStore(SimpleNamespace(place="there"), "rows", 2, 100)
    with pytest.raises(DamagedIndex, match=r"there is damaged \(rows gives 20 of 100 rows"):
        store.search(np.eye(1, 2, dtype=np.float32), 4)
