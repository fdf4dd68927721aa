"""Rows that lie as those of texts do: near others, which lie near a subject."""

import numpy as np
from numpy.typing import NDArray


def clustered_rows(count: int, dimension: int = 32, seed: int = 0) -> NDArray[np.float32]:
    """Return unit rows, (count, dimension), about fifty subjects, of unequal sizes."""
    draw = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((50, dimension))
    spread = draw.uniform(0.2, 1.2, (count, 1)) * draw.standard_normal((count, dimension))
    rows = centres[(50 * draw.random(count) ** 2).astype(int)] + spread
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
