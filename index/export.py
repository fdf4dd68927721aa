"""A sentence-transformers model becomes ONNX, so that answering needs no PyTorch.

The only place, beside the encoder for building, that imports torch.
"""

import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.digest import sha256_of
from index.model import Model
from index.onnx_encoder import MODEL, SMALL, SMALL_WEIGHTS, TOKENIZER, Card, OnnxEncoder
from index.quantize import write_small
from index.store import Vectors

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

TOLERANCE = 1e-4
"""How far a component of a vector may lie from what sentence-transformers computes."""

SMALLEST_COSINE = 0.99
"""Least cosine of a vector from 8-bit weights with that of the model itself."""

_PROBES = ("", "Where is it made?", "A longer text, cut where the model stops reading. " * 200)


class UnsupportedExportError(Exception):
    """A model that ONNX Runtime can't stand in for: sentence-transformers must answer."""


def export_model(model: Model, target: Path) -> None:
    """Write a model's graph, tokenizer and card into a folder, whole or not at all.

    Built beside and swapped in; the caller keeps a second process from doing the same.

    Parameters
    ----------
    model
        A sentence-transformers model, its weights already checked.

    Raises
    ------
    UnsupportedExportError
        The model does more than a mean over its tokens, can't be traced, or the export's vectors
        differ from those of sentence-transformers.
    OSError
        The folder can't be written.
    """
    beside = target.with_name(target.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        with _quiet():
            _write(model, beside)
        _swap_in(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(model: Model, folder: Path) -> None:
    transformer = _load(model)
    _require_plain_mean(transformer)
    expected = transformer.encode(list(_PROBES), normalize_embeddings=True, show_progress_bar=False)
    _write_graph(transformer, folder / MODEL)
    _write_tokenizer(transformer, folder / TOKENIZER)
    write_small(folder / MODEL, folder / SMALL)
    names = (MODEL, SMALL, SMALL_WEIGHTS, TOKENIZER)
    files = {name: sha256_of(folder / name) for name in names}
    length = transformer.tokenizer.model_max_length
    card = Card(model.name, model.fingerprint, expected.shape[1], length, files)
    card.write(folder)
    plain = OnnxEncoder.load(folder, precision="fp32").encode(_PROBES)
    difference = float(np.abs(plain - expected).max())
    if not difference <= TOLERANCE:
        raise UnsupportedExportError(f"its export's vectors are off by {difference:.1e}")
    _drop_untrue(card, folder, expected)


def _drop_untrue(card: Card, folder: Path, expected: Vectors) -> None:
    """Do without the small model where its vectors differ: some models don't bear rounding."""
    small = OnnxEncoder.load(folder).encode(_PROBES)
    if not float((small * expected).sum(axis=1).min()) >= SMALLEST_COSINE:
        for name in (SMALL, SMALL_WEIGHTS):
            (folder / name).unlink()
            del card.files[name]
        card.write(folder)


def _load(model: Model) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(model.folder),
            device="cpu",
            local_files_only=True,
            # Fused attention leaves guards in the graph that cost time and change nothing.
            model_kwargs={"attn_implementation": "eager"},
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise UnsupportedExportError(str(error).partition("\n")[0]) from error


def _require_plain_mean(transformer: "SentenceTransformer") -> None:
    modules = list(transformer)
    kinds = [type(module).__name__ for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise UnsupportedExportError(f"it is made of {', '.join(kinds)}")
    if modules[1].pooling_mode != "mean":
        raise UnsupportedExportError(f"it pools by {modules[1].pooling_mode}")
    if transformer.default_prompt_name:
        raise UnsupportedExportError(f"it adds the prompt {transformer.default_prompt_name!r}")
    if not transformer.tokenizer.is_fast or not transformer.tokenizer.model_max_length < 1 << 20:
        raise UnsupportedExportError(
            "its tokenizer can't be used alone, or names no length to cut at"
        )


def _write_graph(transformer: "SentenceTransformer", file: Path) -> None:
    import torch

    examples = transformer.tokenizer(
        ["One short text", "and another one, somewhat longer"], padding=True, return_tensors="pt"
    )
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
    try:
        torch.onnx.export(
            _unit_rows(transformer[0].auto_model),
            (examples["input_ids"], examples["attention_mask"]),
            str(file),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_shapes=(axes, axes),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    except torch.onnx.OnnxExporterError as error:
        raise UnsupportedExportError(str(error).partition("\n")[0]) from error


def _unit_rows(model: Any) -> "torch.nn.Module":
    """Return the model with its pooling: the mean over the mask, scaled to unit length."""
    import torch

    class UnitRows(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            tokens = self.model(input_ids=input_ids, attention_mask=attention_mask)[0]
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, p=2.0, dim=1)

    return UnitRows().eval()


def _write_tokenizer(transformer: "SentenceTransformer", file: Path) -> None:
    from tokenizers import Tokenizer

    # A copy, so that the options set here don't leak into the model's own tokenizer.
    tokenizer = Tokenizer.from_str(transformer.tokenizer.backend_tokenizer.to_str())
    whole = transformer.tokenizer
    tokenizer.enable_padding(pad_id=whole.pad_token_id, pad_token=whole.pad_token)
    tokenizer.save(str(file))


def _swap_in(beside: Path, target: Path) -> None:
    for file in beside.iterdir():
        with file.open("rb+") as stream:
            os.fsync(stream.fileno())
    shutil.rmtree(target, ignore_errors=True)
    os.replace(beside, target)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's notes to its own developers off an operator's terminal."""
    import torch.onnx  # noqa: F401  First: importing it sets the levels of its loggers.
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        exporter.setLevel(level)
