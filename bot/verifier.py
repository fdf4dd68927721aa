"""Does this passage answer this question? A small cross-encoder reads both together.

Nearness of embeddings can't tell "who founded it" from "when was it founded"; a model that reads
question and passage side by side can begin to. It sees short texts only, all in one format: an FAQ
entry as ``phrasing answer``, running text as ``title – section: sentences``, a table row as
``title – section: header: value; header: value``.
"""

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corpus.document import Passage
from corpus.sentences import sentences
from index.terms import terms

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FOLDER = Path(__file__).parent / "models" / "verifier"
"""The model that ships; its card says what it was made from."""
MAX_TOKENS = 128
WINDOW_WORDS = 60
_REMEMBERED = 4096
"""Pairs whose logits are kept: visitors ask the same, and what is read depends on nothing else."""
_SIDE_BY_SIDE = min(2, os.cpu_count() or 1)
_WORD = re.compile(r"\S+")


class Verifier:
    """Scores passages against a question; the model is loaded at the first call.

    May be used from several threads; what they ask is read in turn, a pair a core.

    Parameters
    ----------
    folder
        Holds ``model-int8.onnx``, its weights in ``model-int8.onnx.data``, and ``tokenizer.json``.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._readers = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="read")
        self._logit = lru_cache(maxsize=_REMEMBERED)(self._read)

    def score(self, question: str, passages: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one logit a passage, float32 (n,): above 0 more likely an answer than not.

        Parameters
        ----------
        passages
            Texts as :func:`passage_text` writes them; cut after :data:`MAX_TOKENS` together with
            the question.
        """
        asked, texts = _clean(question), [_clean(passage) for passage in passages]
        logits = self._readers.map(lambda text: self._logit(asked, text), texts)
        return np.array(list(logits), dtype=np.float32)

    def _read(self, question: str, passage: str) -> float:
        # One at a time: a batch rounds activations by the range of all its rows, so that a score
        # would depend on its neighbours, and computes their padding too.
        row = self._tokenizer.encode(question, passage)
        columns = {
            "input_ids": row.ids,
            "attention_mask": row.attention_mask,
            "token_type_ids": row.type_ids,
        }
        inputs = {name: np.array([values], dtype=np.int64) for name, values in columns.items()}
        return float(self._session.run(["logits"], inputs)[0][0])

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> "InferenceSession":
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        # Pairs side by side use two cores better than the halves of one pair, which wait for
        # each other after every product.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        model = str(self._folder / "model-int8.onnx")
        return InferenceSession(
            model,
            options,
            providers=["CPUExecutionProvider"],
            # Fused, adding and normalizing take four times as long, a quarter of the whole.
            disabled_optimizers=["SkipLayerNormFusion"],
        )


def _clean(text: str) -> str:
    # Half a surrogate pair, which JSON may carry, has no UTF-8 form and the tokenizer refuses it.
    return text.encode("utf-8", "replace").decode("utf-8")


def as_question(text: str) -> str:
    """Return what a visitor typed with one question mark: many leave it out, and it tells nothing.

    The verifier was trained on questions that all have one.
    """
    return text.rstrip(" ?!.,") + "?"


def passage_text(passage: Passage, weights: Mapping[str, float], phrasing: str = "") -> str:
    """Return the text of a passage that the verifier reads for one question.

    Parameters
    ----------
    weights
        What each of the question's terms (as :func:`index.terms.terms` writes them) is worth: its
        rarity in the corpus.
    phrasing
        Of an entry: the phrasing nearest to the question; its first, where none is given.
    """
    if passage.kind == "entry":
        return entry_text(phrasing or next(iter(passage.questions), ""), passage.text, weights)
    if passage.kind == "row":
        return row_text(passage.title, passage.section, passage.cells)
    return paragraph_text(passage.title, passage.section, passage.text, weights)


def entry_text(phrasing: str, answer: str, weights: Mapping[str, float]) -> str:
    """Return ``phrasing answer``, a long answer cut to its best sentences; neither said twice."""
    said = "" if answer.strip() == phrasing.strip() else window(answer, weights)
    return f"{phrasing} {said}".strip()


def paragraph_text(
    title: str,
    section: Sequence[str],
    text: str,
    weights: Mapping[str, float],
    words: int = WINDOW_WORDS,
) -> str:
    """Return ``title – section: sentences``, the sentences chosen by :func:`window`."""
    return _under(title, section, window(text, weights, words))


def row_text(title: str, section: Sequence[str], cells: Sequence[tuple[str, str]]) -> str:
    """Return ``title – section: header: value; header: value``, empty cells left out."""
    named = (f"{header}: {value}" if header else value for header, value in cells if value)
    return _under(title, section, "; ".join(named))


def _under(title: str, section: Sequence[str], text: str) -> str:
    heading = " – ".join(part for part in (title, *section[-1:]) if part)
    return f"{heading}: {text}" if heading else text


def window(text: str, weights: Mapping[str, float], words: int = WINDOW_WORDS) -> str:
    """Return the neighbouring sentences, of ``words`` words at most, worth most to the question.

    Each of the question's terms counts once. One sentence that is too long is taken whole.
    """
    spans = sentences(text)
    if not spans or len(_WORD.findall(text)) <= words:
        return text.strip()
    lengths = [len(_WORD.findall(text[start:end])) for start, end in spans]
    found = [weights.keys() & set(terms(text[start:end])) for start, end in spans]
    runs = [(first, _last(lengths, first, words)) for first in range(len(spans))]
    # fsum: a set has no order that lasts, and a plain sum would depend on it.
    worth = [fsum(weights[t] for t in set().union(*found[a : b + 1])) for a, b in runs]
    first, last = runs[int(np.argmax(worth))]
    return text[spans[first][0] : spans[last][1]]


def _last(lengths: Sequence[int], first: int, words: int) -> int:
    """Return the last sentence of the longest run from ``first`` that keeps to ``words``."""
    total, last = lengths[first], first
    while last + 1 < len(lengths) and total + lengths[last + 1] <= words:
        last += 1
        total += lengths[last]
    return last
