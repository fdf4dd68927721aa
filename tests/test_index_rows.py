import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index import rows
from index.rows import Rows

GIVEN = np.arange(60, dtype=np.float32).reshape(20, 3)


@given(st.integers(0, 20), st.lists(st.integers(0, 19)))
def test_rows_are_taken_from_where_they_were_put(first, slots):
    held = Rows(GIVEN[:first])
    for start in range(first, 20, 4):
        held.append(GIVEN[start : min(start + 4, 20)])
    assert len(held) == 20
    taken = held.take(np.array(slots, dtype=np.int64))
    assert taken.tolist() == GIVEN[slots].tolist()
    assert taken.dtype == np.float32


def test_what_is_written_is_mapped_in_its_order_and_more_may_follow(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "AT_ONCE", 3)
    held = Rows(GIVEN[:10])
    held.append(GIVEN[10:])
    order = np.array([19, 0, 3, 12, 11, 10, 9])
    held.write(tmp_path / "rows.npy", order)
    mapped = Rows.mapped(tmp_path / "rows.npy")
    mapped.append(GIVEN[:1])
    assert mapped.take(np.arange(8)).tolist() == [*GIVEN[order].tolist(), GIVEN[0].tolist()]
    assert np.load(tmp_path / "rows.npy").tolist() == GIVEN[order].tolist()


def test_a_copy_is_taken_that_may_be_changed(tmp_path):
    np.save(tmp_path / "rows.npy", GIVEN)
    held = Rows.mapped(tmp_path / "rows.npy")
    held.take(np.array([1]))[:] = 0
    assert held.take(np.array([1])).tolist() == GIVEN[1:2].tolist()
