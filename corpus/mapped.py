"""Arrays that stay in their files: the system reads what is looked at, and shares it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mapped(path: Path) -> NDArray[Any]:
    """Return the array of a ``.npy`` file, read-only and mapped into memory.

    Raises
    ------
    OSError
        The file isn't there or can't be read.
    ValueError
        It holds no array.
    """
    if path.stat().st_size == 0:  # Else an EOFError.
        raise ValueError(f"{path.name} is empty")
    # A plain array over the mapping: np.memmap itself makes every slice slow.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
