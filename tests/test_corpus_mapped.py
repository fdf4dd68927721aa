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
