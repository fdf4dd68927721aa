import numpy as np
import pytest

from corpus.mapped import mapped


@pytest.mark.parametrize("numbers", [[], [1, 2, 3]])
def test_an_array_is_mapped_as_it_was_saved_and_cannot_be_written_to(tmp_path, numbers):
    np.save(tmp_path / "a.npy", np.array(numbers, dtype=np.int32))
    found = mapped(tmp_path / "a.npy")
    assert type(found) is np.ndarray
    assert (found.tolist(), found.dtype, found.flags.writeable) == (numbers, np.int32, False)


def test_a_file_that_is_gone_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        mapped(tmp_path / "a.npy")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00"])
def test_a_file_that_holds_no_array_is_an_error(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"empty|pickled|header"):
        mapped(tmp_path / "a.npy")
