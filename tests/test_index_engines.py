"""The engine is chosen by the number of rows, and a new version takes over the one before."""

import numpy as np
import pytest
from clustered import clustered_rows
from fake_encoder import FakeEncoder
from small_corpus import corpus_of

from index import approximate_store, engines
from index.approximate_store import ApproximateStore
from index.build import build_index, open_or_build
from index.engines import load_store, recall_of, save_store, store_for
from index.faiss_store import FaissStore
from index.lists import Lists

ROWS = clustered_rows(2_000)
TEXTS = [
    f"Part {number} costs {number * 7 % 900} euros in town {number % 31}." for number in range(300)
]


def load(folder, corpus):
    """Open an index that needn't be built."""
    return open_or_build(corpus, FakeEncoder, FakeEncoder().fingerprint, folder, say=pytest.fail)


@pytest.fixture
def large(monkeypatch):
    """Take a hundred rows for many."""
    monkeypatch.setattr(engines, "EXACT_UP_TO", 100)
    monkeypatch.setattr(approximate_store, "FEWEST", 100)


def test_up_to_tens_of_thousands_rows_the_engine_is_exact():
    assert engines.EXACT_UP_TO == 30_000
    rows = clustered_rows(30_001, 4)
    assert isinstance(store_for(rows[:-1]), FaissStore)
    assert isinstance(store_for(rows), ApproximateStore)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("count", [0, 100, 101])
def test_the_engine_that_was_saved_is_loaded(tmp_path, count):
    store = store_for(ROWS[:count])
    save_store(store, tmp_path)
    loaded = load_store(tmp_path)
    assert type(loaded) is type(store)
    assert len(loaded) == count
    ids = np.arange(count)[::-1]
    assert loaded.vectors(ids).tolist() == ROWS[:count][::-1].tolist()


@pytest.mark.usefixtures("large")
@pytest.mark.usefixtures("large")
def test_a_store_is_taken_over_without_learning_again_where_its_rows_have_moved(monkeypatch):
    before = store_for(ROWS[:1_000])
    monkeypatch.setattr(Lists, "trained", lambda *_: pytest.fail("learnt again"))
    # 0 and 1 are new, 2 to 4 one text that there was once, 500 texts are gone.
    places = np.concatenate([[-1, -1, 999, 999, 999], np.arange(499)])
    rows = np.concatenate([ROWS[1_500:1_502], ROWS[[999, 999, 999]], ROWS[:499]])
    store = store_for(rows, before, places)
    assert store is before
    assert len(store) == len(rows)
    assert store.vectors(np.arange(len(rows))).tolist() == rows.tolist()
    assert store.search(ROWS[999:1_000], 3)[0].ids.tolist() == [2, 3, 4]
    assert store.search(ROWS[1_500:1_501], 1)[0].ids.tolist() == [0]


@pytest.mark.usefixtures("large")
def test_an_exact_store_before_is_left_alone_when_there_are_many_rows():
    before = store_for(ROWS[:100])
    store = store_for(ROWS[:500], before, np.concatenate([np.arange(100), np.full(400, -1)]))
    assert isinstance(store, ApproximateStore)
    assert (len(store), len(before)) == (500, 100)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("kept", [0, 250, 251])
def test_a_store_that_holds_few_of_the_rows_is_not_taken_over(kept):
    before = store_for(ROWS[:1_000])
    store = store_for(ROWS[:500], before, np.where(np.arange(500) < kept, np.arange(500), -1))
    assert (store is before) == (kept > 250)
    assert store.vectors(np.arange(500)).tolist() == ROWS[:500].tolist()


@pytest.mark.usefixtures("large")
def test_the_operator_is_told_what_is_found_unless_it_is_all():
    assert recall_of(store_for(ROWS[:100])) == ""
    ten, many = store_for(ROWS).tuning.recall
    assert recall_of(store_for(ROWS)) == (
        f"search: approximate; finds {ten:.1%} of the 10 nearest vectors, "
        f"{many:.1%} of the 64 nearest\n"
    )


@pytest.mark.usefixtures("large")
def test_a_large_index_is_built_loaded_and_refreshed_with_the_rows_it_has(tmp_path):
    build_index(corpus_of(*TEXTS), FakeEncoder(), tmp_path)
    index = load(tmp_path, corpus_of(*TEXTS))
    assert isinstance(index.store, ApproximateStore)
    assert {"vectors/rows.npy", "vectors/lists.faiss"} <= set(index.manifest.files)
    changed = corpus_of("Quite another part.", *TEXTS[:100], *TEXTS[105:])
    fresh = build_index(changed, FakeEncoder(), tmp_path)
    afresh = build_index(changed, FakeEncoder(), tmp_path / "afresh")
    assert (fresh.manifest.embedded, afresh.manifest.reused) == (1, 0)
    for made in (fresh, load(tmp_path, changed)):
        views = np.arange(len(made.view_passage))
        assert made.store.vectors(views).tolist() == afresh.store.vectors(views).tolist()
        assert made.store.tuning.rows == len(index.view_passage)


@pytest.mark.usefixtures("large")
def test_a_damaged_file_of_a_large_index_is_noticed(tmp_path):
    build_index(corpus_of(*TEXTS), FakeEncoder(), tmp_path)
    (rows,) = tmp_path.rglob("rows.npy")
    rows.write_bytes(rows.read_bytes()[:-4])
    with pytest.raises(pytest.fail.Exception, match=r"vectors/rows\.npy has .*: building it"):
        load(tmp_path, corpus_of(*TEXTS))
