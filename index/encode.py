"""Text becomes vectors."""

from collections.abc import Sequence
from typing import Protocol

from index.store import Vectors


class Encoder(Protocol):
    """Turns texts into float32 rows of unit length, (n, dimension)."""

    name: str
    fingerprint: str
    """Hash of the weights: equal fingerprints mean equal vectors."""
    dimension: int

    def encode(self, texts: Sequence[str], progress: bool = False) -> Vectors:
        """Return one row a text, in the order given; (0, dimension) for none."""
        ...
