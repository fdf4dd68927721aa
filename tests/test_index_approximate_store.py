"""The approximate engine finds what it says it finds, with exact scores, through every change."""

import json

import numpy as np
import pytest
from clustered import clustered_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from index import approximate_store
from index.approximate_store import ApproximateStore
from index.lists import Lists
from index.recall import DEPTHS, Tuning
from index.store import ExactStore

COUNT = 20_000
ROWS = clustered_rows(COUNT)
QUESTIONS = clustered_rows(100, seed=3)


def stores(ids, rows):
    """Return an approximate and an exact store of the same rows."""
    made = ApproximateStore(rows.shape[1]), ExactStore(rows.shape[1])
    for store in made:
        store.add(np.asarray(ids), rows)
    return made


def recall(store, exact, k):
    """Return the share of the exact hits found; scores must be exact, ids unique and ordered."""
    shares = []
    found, true = store.search(QUESTIONS, k), exact.search(QUESTIONS, k)
    for question, ours, theirs in zip(QUESTIONS, found, true, strict=True):
        assert len(set(ours.ids.tolist())) == len(ours.ids) == k
        everything = dict(zip(*(each.tolist() for each in all_hits(exact, question)), strict=True))
        assert [everything[one] for one in ours.ids.tolist()] == ours.scores.tolist()
        assert (np.diff(ours.scores) <= 0).all()
        shares.append(np.isin(theirs.ids, ours.ids).mean())
    return np.mean(shares)


def all_hits(exact, question):
    return exact.search(question[None, :], len(exact))[0]


@pytest.fixture(scope="module")
def filled():
    """Return the two stores of many rows; they are not to be changed."""
    return stores(np.arange(COUNT), ROWS)


@pytest.fixture
def few(monkeypatch):
    """Let lists be made for two hundred rows, and search them for few hits."""
    monkeypatch.setattr(approximate_store, "FEWEST", 200)


def fixed(store, probes, candidates=200):
    """Have a store search so far, whatever it has measured."""
    assert store.tuning is not None
    store.tuning = Tuning(probes, candidates, store.tuning.recall, store.tuning.rows)
    return store


def same(found, expected):
    return [(one.ids.tolist(), one.scores.tolist()) for one in found] == [
        (one.ids.tolist(), one.scores.tolist()) for one in expected
    ]


def test_it_finds_the_share_that_it_says(filled):
    store, exact = filled
    tuning = store.tuning
    assert (tuning.rows, len(store)) == (COUNT, COUNT)
    assert tuning.candidates * 2 < COUNT
    assert tuning.probes < Lists.wanted(COUNT)
    for k, claimed in zip(DEPTHS, tuning.recall, strict=True):
        assert 0.97 <= claimed <= 1
        assert recall(store, exact, k) >= claimed - 0.02


def test_it_finds_more_the_more_lists_it_scans_and_all_in_all_of_them(filled):
    _, exact = filled
    store = stores(np.arange(COUNT), ROWS)[0]
    reaches = [(1, 50), (4, 500), (256, 8_000)]
    shares = [recall(fixed(store, *reach), exact, 10) for reach in reaches]
    assert shares == sorted(shares)
    assert shares[0] < 0.95
    assert shares[-1] == 1


def test_it_goes_on_to_further_lists_until_it_has_as_many_as_were_asked_for():
    store = fixed(stores(np.arange(COUNT), ROWS)[0], 1, 8_000)
    size = len(store.search(QUESTIONS[:1], 500)[0].ids)
    assert size == 500


@pytest.mark.parametrize("count", [3, 900])
def test_few_rows_are_all_compared(count):
    store, exact = stores(np.arange(count) * 2, ROWS[:count])
    assert store.tuning is None
    assert same(store.search(QUESTIONS, 10), exact.search(QUESTIONS, 10))


def test_all_rows_are_compared_where_most_of_them_are_asked_for(filled):
    store, exact = filled
    assert same(store.search(QUESTIONS[:2], COUNT), exact.search(QUESTIONS[:2], COUNT))


def test_twins_are_found_and_stand_in_the_order_of_their_ids():
    store, exact = stores(np.arange(COUNT)[::-1] * 3, np.repeat(ROWS[: COUNT // 2], 2, axis=0))
    questions = ROWS[:20]
    for ours, theirs in zip(store.search(questions, 2), exact.search(questions, 2), strict=True):
        assert ours.ids.tolist() == theirs.ids.tolist()


def test_rows_that_are_added_or_removed_leave_the_others_where_they_are(monkeypatch):
    store, exact = stores(np.arange(COUNT), ROWS)
    monkeypatch.setattr(Lists, "trained", lambda *_: pytest.fail("learnt again"))
    more = clustered_rows(3_000, seed=5)
    for each in (store, exact):
        each.remove(np.arange(0, COUNT, 3))
        each.add(np.arange(COUNT, COUNT + 3_000), more)
        each.add(np.arange(0, 300, 3), ROWS[0:300:3])
    assert len(store) == len(exact)
    assert recall(store, exact, 10) > 0.97
    asked = np.array([COUNT + 7, 5, 0, COUNT, 5])
    assert store.vectors(asked).tolist() == exact.vectors(asked).tolist()
    with pytest.raises(KeyError, match="id 300 isn't held"):
        store.vectors(np.array([300]))
    with pytest.raises(KeyError, match="id -1 isn't held"):
        store.vectors(np.array([-1]))


def test_places_of_removed_rows_are_filled_afresh_when_most_are_empty(monkeypatch):
    store, exact = stores(np.arange(COUNT), ROWS)
    monkeypatch.setattr(Lists, "trained", lambda *_: pytest.fail("learnt again"))
    for part in (np.arange(7_000), np.arange(7_000, 14_000)):
        for each in (store, exact):
            each.remove(part)
    assert store._lists.places == len(store) == 6_000
    assert recall(store, exact, 10) > 0.97


def test_rows_that_are_changed_again_and_again_are_found_all_the_same(tmp_path):
    store, exact = stores(np.arange(8000), ROWS[:8000])
    page = exact.search(ROWS[:1], 50)[0].ids
    others = np.setdiff1d(np.arange(8000), page)
    draw = np.random.default_rng(0)
    rows = ROWS[:8000].copy()
    for edit in range(20):
        rows[page] += 0.02 * draw.standard_normal((50, rows.shape[1])).astype(np.float32)
        rows[page] /= np.linalg.norm(rows[page], axis=1, keepdims=True)
        store.rename(others, others)
        store.add(page, rows[page])
        store.save(tmp_path / str(edit))
        store = ApproximateStore.load(tmp_path / str(edit))
    exact.remove(page)
    exact.add(page, rows[page])
    found, true = store.search(rows[page], 64), exact.search(rows[page], 64)
    assert {len(hits.ids) for hits in found} == {64}
    shares = [np.isin(b.ids[:10], a.ids).mean() for a, b in zip(found, true, strict=True)]
    assert np.mean(shares) > 0.95


def test_questions_about_what_was_removed_find_what_is_left():
    store, exact = stores(np.arange(8000), ROWS[:8000])
    gone = exact.search(ROWS[:1], 3000)[0].ids
    store.remove(gone)
    assert {len(hits.ids) for hits in store.search(ROWS[gone[:20]], 64)} == {64}


def test_centres_are_learnt_again_when_there_are_many_times_the_rows():
    store, exact = stores(np.arange(2_000), ROWS[:2_000])
    assert store.tuning.rows == 2_000
    for each in (store, exact):
        each.add(np.arange(2_000, 7_999), ROWS[2_000:7_999])
    assert store.tuning.rows == 2_000
    for each in (store, exact):
        each.add(np.array([7_999]), ROWS[7_999:8_000])
    assert store.tuning.rows == 8_000
    assert recall(store, exact, 10) > 0.97


@settings(max_examples=20)
@given(st.data())
def test_with_all_lists_scanned_it_is_the_exact_store_through_any_changes(tmp_path_factory, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(approximate_store, "FEWEST", 200)
        ids = data.draw(st.permutations(range(1_500)))[:1_000]
        store, exact = stores(ids, ROWS[:1_000])
    held, unused = set(ids), sorted(set(range(1_500)) - set(ids))
    for step in range(data.draw(st.integers(1, 5))):
        kind = data.draw(st.sampled_from(["add", "remove", "save"]))
        if kind == "add" and len(unused) > 40:
            new, unused = unused[:40], unused[40:]
            for each in (store, exact):
                each.add(np.array(new), ROWS[2_000 + 40 * step : 2_040 + 40 * step])
            held |= set(new)
        elif kind == "remove":
            gone = data.draw(st.sets(st.sampled_from(sorted(held)), min_size=1, max_size=60))
            for each in (store, exact):
                each.remove(np.array(sorted(gone)))
            held -= gone
            unused += sorted(gone)
        else:
            folder = tmp_path_factory.mktemp("saved") / "vectors"
            store.save(folder)
            if data.draw(st.booleans()):
                store = ApproximateStore.load(folder)
    fixed(store, 256, 100)
    assert len(store) == len(exact) == len(held)
    assert same(store.search(QUESTIONS[:5], 3), exact.search(QUESTIONS[:5], 3))
    some = np.array(sorted(held))[::7]
    assert store.vectors(some).tolist() == exact.vectors(some).tolist()


@pytest.mark.usefixtures("few")
def test_rows_take_new_names_and_all_others_are_forgotten():
    store, _ = stores(np.arange(600), ROWS[:600])
    store.rename(np.array([5, 599, 0]), np.array([0, 1, 7]))
    assert len(store) == 3
    assert store.vectors(np.array([0, 1, 7])).tolist() == ROWS[[5, 599, 0]].tolist()
    assert sorted(store.search(ROWS[5:6], 9)[0].ids.tolist()) == [0, 1, 7]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("ids", "names", "error", "message"),
    [
        ([1, 1], [0, 1], ValueError, "id 1 is held already"),
        ([1, 2], [0, 0], ValueError, "id 0 is held already"),
        ([1], [-4], ValueError, "must not be negative, found -4"),
        ([1], [0, 1], ValueError, "1 vectors need as many ids"),
        ([77], [0], KeyError, "id 77 isn't held"),
    ],
)
def test_names_that_cannot_be_are_refused(ids, names, error, message):
    store, _ = stores(np.arange(20), ROWS[:20])
    with pytest.raises(error, match=message):
        store.rename(np.array(ids), np.array(names))
    assert len(store) == 20


def test_what_is_loaded_is_what_was_saved_and_rows_stay_on_disk(tmp_path):
    store, _ = stores(np.arange(COUNT) * 5, ROWS)
    store.remove(np.arange(0, COUNT, 4) * 5)
    expected = store.search(QUESTIONS, 20)
    store.save(tmp_path / "vectors")
    loaded = ApproximateStore.load(tmp_path / "vectors")
    assert (len(loaded), loaded.dimension, loaded.tuning) == (COUNT * 3 // 4, 32, store.tuning)
    assert same(store.search(QUESTIONS, 20), expected)
    assert same(loaded.search(QUESTIONS, 20), expected)
    for each in (store, loaded):
        assert isinstance(each._rows._first.base, np.memmap)


def test_recall_is_measured_again_before_saving_when_half_of_the_rows_are_others(tmp_path):
    store, exact = stores(np.arange(8_000), ROWS[:8_000])
    for number, rows in enumerate([ROWS[8_000:10_000], ROWS[10_000:11_000]]):
        store.save(tmp_path / str(number))
        store = ApproximateStore.load(tmp_path / str(number))
        assert store.tuning.rows == 8_000
        for each in (store, exact):
            each.remove(np.arange(1_000 * number, 1_000 * number + 1_000))
            each.add(np.arange(len(rows)) + 10_000 * (number + 1), rows)
    store.save(tmp_path / "last")
    assert store.tuning.rows == len(store) == 9_000
    assert ApproximateStore.load(tmp_path / "last").tuning == store.tuning
    assert recall(store, exact, 10) > 0.97


def test_a_loaded_store_is_added_to_and_saved_again(tmp_path):
    store, exact = stores(np.arange(COUNT), ROWS)
    store.save(tmp_path / "one")
    again = ApproximateStore.load(tmp_path / "one")
    for each in (again, exact):
        each.remove(np.arange(100))
        each.add(np.arange(COUNT, COUNT + 500), clustered_rows(500, seed=8))
    again.save(tmp_path / "two")
    last = ApproximateStore.load(tmp_path / "two")
    assert recall(last, exact, 10) > 0.97
    ids = np.array([COUNT + 3, 100])
    assert last.vectors(ids).tolist() == exact.vectors(ids).tolist()


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["lists.faiss", "rows.npy", "ids.npy", "tuning.json"])
@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_damaged_file_is_an_error_and_no_other_result(tmp_path, name, content):
    store, _ = stores(np.arange(400), ROWS[:400])
    store.save(tmp_path / "vectors")
    (tmp_path / "vectors" / name).unlink()
    if content is not None:
        (tmp_path / "vectors" / name).write_bytes(content)
    with pytest.raises((OSError, RuntimeError, ValueError)):
        ApproximateStore.load(tmp_path / "vectors")


@pytest.mark.usefixtures("few")
def test_rows_cut_short_are_an_error(tmp_path):
    store, _ = stores(np.arange(400), ROWS[:400])
    store.save(tmp_path / "vectors")
    rows = tmp_path / "vectors" / "rows.npy"
    rows.write_bytes(rows.read_bytes()[:-1])
    with pytest.raises(ValueError, match="mmap length"):
        ApproximateStore.load(tmp_path / "vectors")


@pytest.mark.usefixtures("few")
def test_ids_of_another_number_of_rows_are_an_error(tmp_path):
    store, _ = stores(np.arange(400), ROWS[:400])
    store.save(tmp_path / "vectors")
    np.save(tmp_path / "vectors" / "ids.npy", np.arange(399))
    with pytest.raises(ValueError, match="399 ids for 400 rows in vectors"):
        ApproximateStore.load(tmp_path / "vectors")


@pytest.mark.usefixtures("few")
def test_the_recall_stands_beside_the_vectors(tmp_path):
    store, _ = stores(np.arange(400), ROWS[:400])
    store.save(tmp_path / "vectors")
    written = json.loads((tmp_path / "vectors" / "tuning.json").read_text(encoding="utf-8"))
    assert written["learnt_from"] == 400
    assert tuple(written["tuning"]["recall"]) == store.tuning.recall
