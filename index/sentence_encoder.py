"""Texts become vectors through sentence-transformers: for building an index."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from index.errors import ModelProblem
from index.model import Model
from index.store import Vectors

BATCH = 32


class SentenceEncoder:
    """Keeps the contract of :class:`index.encode.Encoder`; longer texts are cut by the model.

    Parameters
    ----------
    model
        What :func:`index.model.find_model` found.

    Raises
    ------
    ModelProblem
        sentence-transformers can't load it.
    """

    def __init__(self, model: Model) -> None:
        from sentence_transformers import SentenceTransformer

        self.name = model.name
        self.fingerprint = model.fingerprint
        try:
            with _no_loading_bar():
                self._model = SentenceTransformer(
                    str(model.folder), device="cpu", local_files_only=True
                )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise ModelProblem(
                f"sentence-transformers can't load {model.folder} ({reason}); name another model"
            ) from error
        self.dimension = self._model.get_embedding_dimension() or len(self._model.encode("a"))

    def encode(self, texts: Sequence[str], progress: bool = False) -> Vectors:
        """Return one unit row a text, float32, (n, dimension), in the order given."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        # Half a surrogate pair, which JSON may carry, has no UTF-8 form; the tokenizer refuses it.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        # sentence-transformers sorts by length, so that like lengths are padded together.
        made = self._model.encode(clean, batch_size=BATCH, show_progress_bar=progress)
        rows = np.asarray(made, dtype=np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@contextmanager
def _no_loading_bar() -> Iterator[None]:
    """Keep the bar of loading weights, a blink long, off an operator's terminal."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
