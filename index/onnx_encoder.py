"""Texts become vectors through ONNX Runtime: the same rows as sentence-transformers, no PyTorch.

A folder written by :mod:`index.export` holds the model (its graph ends in unit rows), its
tokenizer, and a card that says what they are.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from index.digest import Digest, sha256_of
from index.store import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
SMALL, SMALL_WEIGHTS = "model-int8.onnx", "model-int8.onnx.data"
CARD = "encoder.json"
FORMAT = 3
"""Raised when an export of an earlier Portello must be made anew."""

_MANY = 32
"""Batches from which on threads are worth starting: an index is built, no question asked."""
BATCH = 4
"""Texts a run. On a CPU larger ones cost memory and gain nothing: more padding, colder caches."""


Precision = Literal["int8", "fp32"]
"""Of a model's weights when answering: questions take half as long in int8, fp32 is exact."""


class DamagedExportError(Exception):
    """An exported model that is missing, incomplete, changed or of another format."""


@dataclass(frozen=True, slots=True)
class Card:
    """What an exported model is.

    Attributes
    ----------
    fingerprint
        Hash of the weights it was made from.
    max_tokens
        Longer texts are cut to so many tokens, special ones included.
    pooling, normalized
        What the graph does to the tokens' vectors: their mean over the attention mask, scaled to
        unit length.
    files
        sha256 of each file by its name; :data:`SMALL` is among them where it is true to the model.
    """

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    files: dict[str, str]
    pooling: str = "mean"
    normalized: bool = True
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Write the card into a folder."""
        (folder / CARD).write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Card":
        """Read a folder's card; DamagedExportError if it can't be."""
        try:
            card = cls(**json.loads((folder / CARD).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise DamagedExportError(f"{folder / CARD}: {error}") from error
        if card.format != FORMAT:
            raise DamagedExportError(f"{folder / CARD}: format {card.format}, expected {FORMAT}")
        return card


class OnnxEncoder:
    """Keeps the contract of :class:`index.encode.Encoder`; may be used from several threads."""

    def __init__(self, card: Card, session: "InferenceSession", tokenizer: "Tokenizer") -> None:
        self.name = card.name
        self.fingerprint = card.fingerprint
        self.dimension = card.dimension
        self._session = session
        self._tokenizer = tokenizer
        self._pad = int(tokenizer.padding["pad_id"]) if tokenizer.padding else 0
        tokenizer.no_padding()  # Rows are padded here, once those of a like length are together.
        tokenizer.enable_truncation(card.max_tokens)

    @classmethod
    def load(
        cls, folder: Path, digest: Digest = sha256_of, precision: Precision = "int8"
    ) -> "OnnxEncoder":
        """Open an exported model.

        Parameters
        ----------
        precision
            Of the weights; where there are none of 8 bits, those of 32 are taken.
        digest
            How files are hashed; one that remembers (:class:`index.digest.Digests`) spares
            reading the weights twice.

        Raises
        ------
        DamagedExportError
            The folder isn't there, or a file isn't the one that was exported.
        """
        from tokenizers import Tokenizer

        card = Card.read(folder)
        small = precision == "int8" and SMALL in card.files
        model, *weights = (SMALL, SMALL_WEIGHTS) if small else (MODEL,)
        for name in (model, *weights, TOKENIZER):
            _check(folder / name, card, digest)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        return cls(card, _session(folder / model), tokenizer)

    def encode(self, texts: Sequence[str], progress: bool = False) -> Vectors:
        """Return one unit row a text, float32, (n, dimension), in the order given."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(_clean(texts))]
        batches = list(_batches(rows))

        def run(chosen: list[int]) -> None:
            vectors[chosen] = self._run([rows[number] for number in chosen])

        with _side_by_side(len(batches)) as each:
            for _ in _track(each(run, batches), len(batches), progress):
                pass
        return vectors

    def _run(self, rows: list[list[int]]) -> Vectors:
        shape = (len(rows), max(map(len, rows)))
        ids = np.full(shape, self._pad, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        outputs = self._session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})
        return np.asarray(outputs[0], dtype=np.float32)


def _check(file: Path, card: Card, digest: Digest) -> None:
    try:
        found = digest(file)
    except OSError as error:
        raise DamagedExportError(f"{file}: {error.strerror}") from error
    if found != card.files.get(file.name):
        raise DamagedExportError(f"{file}: not the file that was exported")


def _session(model: Path) -> "InferenceSession":
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    # A question is too short to share: a second thread costs more than it takes off the first,
    # and several questions have a thread each.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # The arena and the memory plans would grow with every new length of text and never shrink.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return InferenceSession(
        str(model),
        options,
        providers=["CPUExecutionProvider"],
        # Fused, adding and normalizing take four times as long as apart.
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def _clean(texts: Sequence[str]) -> list[str]:
    # Half a surrogate pair, which JSON may carry, has no UTF-8 form and the tokenizer refuses it.
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


def _batches(rows: list[list[int]]) -> Iterator[list[int]]:
    order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


@contextmanager
def _side_by_side(batches: int) -> Iterator[Callable[..., Iterable[None]]]:
    """Give a ``map`` that runs many batches on all cores, a few of them in turn."""
    if batches < _MANY:
        yield map
        return
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="embed") as pool:
        yield pool.map


def _track(done: Iterable[None], batches: int, progress: bool) -> Iterable[None]:
    if not progress:
        return done
    from rich.progress import track

    return track(done, description="Embedding", total=batches)
