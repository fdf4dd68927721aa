"""Answering without PyTorch: the exported model gives the rows of sentence-transformers."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from index import encoders, export
from index.digest import Digests, sha256_of
from index.encode import Encoder
from index.errors import ModelProblem
from index.model import DEFAULT_MODEL, Model, find_model
from index.onnx_encoder import (
    CARD,
    SMALL,
    SMALL_WEIGHTS,
    TOKENIZER,
    Card,
    DamagedExportError,
    OnnxEncoder,
)

if TYPE_CHECKING:
    from index.sentence_encoder import SentenceEncoder

TEXTS = (
    "",
    "   \n\t ",
    "Where is the Giulia made?",
    "🚗🏭 emoji and a café with a combining accent: café",
    "アルファロメオはどこで製造されていますか。 阿尔法·罗密欧在哪里生产?",
    "أين تُصنع سيارات ألفا روميو؟",
    "[CLS] [MASK] [PAD] <script>alert(1)</script>",
    "word " * 2000,
    "x" * 5000,
    "Cassino " * 253 + "one two three four",
)


class CountingSession:
    """Stands in for ONNX Runtime: a row is the sum of its ids and the number of its tokens."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, _: list[str], inputs: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        self.shapes.append(inputs["input_ids"].shape)
        ids, mask = inputs["input_ids"], inputs["attention_mask"]
        return [np.stack([(ids * mask).sum(1), mask.sum(1)], axis=1).astype(np.float32)]


def counting_encoder(session: Any) -> OnnxEncoder:
    tokenizer = Tokenizer(WordLevel({"?": 0, "a": 1, "b": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.enable_padding(pad_id=2, pad_token="b")
    return OnnxEncoder(Card("counting", "f" * 64, 2, 5, {}), session, tokenizer)


def test_rows_come_back_in_the_order_of_the_texts_though_batches_are_sorted_by_length() -> None:
    session = CountingSession()
    texts = ["a " * (1 + number * 7 % 5) for number in range(50)]
    rows = counting_encoder(session).encode(texts)
    assert rows.tolist() == [[text.count("a")] * 2 for text in texts]
    lengths = [length for _, length in session.shapes]
    assert lengths == sorted(lengths)


def test_many_texts_come_back_in_order_from_several_threads() -> None:
    texts = ["a " * (1 + number * 7 % 5) for number in range(1000)]
    rows = counting_encoder(CountingSession()).encode(texts)
    assert rows.tolist() == [[text.count("a")] * 2 for text in texts]


def test_a_batch_that_fails_in_a_thread_is_not_passed_over() -> None:
    class Failing(CountingSession):
        def run(self, names: list[str], inputs: Any) -> list[NDArray[np.float32]]:
            if len(self.shapes) > 40:
                raise RuntimeError("out of memory")
            return super().run(names, inputs)

    with pytest.raises(RuntimeError, match="out of memory"):
        counting_encoder(Failing()).encode(["a"] * 1000)


def test_longer_texts_are_cut_to_the_models_length() -> None:
    assert counting_encoder(CountingSession()).encode(["a " * 9]).tolist() == [[5, 5]]


def test_no_texts_give_no_rows_of_the_models_dimension() -> None:
    rows = counting_encoder(CountingSession()).encode([])
    assert rows.shape == (0, 2)
    assert rows.dtype == np.float32


def test_half_a_surrogate_pair_is_encoded_like_an_unknown_character() -> None:
    assert counting_encoder(CountingSession()).encode(["a \ud800"]).tolist() == [[1, 2]]


def test_a_folder_that_is_missing_is_a_damaged_export(tmp_path: Path) -> None:
    with pytest.raises(DamagedExportError, match=CARD):
        OnnxEncoder.load(tmp_path / "nowhere")


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"name": "x"}', "\x00"])
def test_a_card_that_cannot_be_read_is_a_damaged_export(tmp_path: Path, card: str) -> None:
    (tmp_path / CARD).write_text(card, "utf-8")
    with pytest.raises(DamagedExportError, match=CARD):
        OnnxEncoder.load(tmp_path)


def test_an_export_of_another_format_is_damaged(tmp_path: Path) -> None:
    Card("x", "f" * 64, 2, 5, {}, format=0).write(tmp_path)
    with pytest.raises(DamagedExportError, match="format 0"):
        OnnxEncoder.load(tmp_path)


def test_a_hash_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    file, memory = tmp_path / "weights", tmp_path / "new" / "digests.json"
    file.write_bytes(b"one")
    Digests(memory).of(file)
    memory.write_text(memory.read_text("utf-8").replace(sha256_of(file), "remembered"), "utf-8")
    assert Digests(memory).of(file) == "remembered"
    file.write_bytes(b"two")
    assert Digests(memory).of(file) == sha256_of(file)


def test_a_damaged_memory_of_hashes_is_made_anew(tmp_path: Path) -> None:
    file, memory = tmp_path / "weights", tmp_path / "digests.json"
    file.write_bytes(b"one")
    for content in ("", "[1]", '{"a":', json.dumps({str(file): 3})):
        memory.write_text(content, "utf-8")
        assert Digests(memory).of(file) == sha256_of(file)


def run_offline(cache: Path) -> "subprocess.CompletedProcess[str]":
    """Encode a question in a process of its own that has no network; print what it loaded."""
    site = cache.with_name(f"{cache.name}-site")  # Blocks it for the process's children, too.
    site.mkdir(exist_ok=True)
    code = Path(__file__).with_name("network.py").read_text("utf-8") + "\nblock()\n"
    (site / "sitecustomize.py").write_text(code, "utf-8")
    paths = os.pathsep.join([str(site), str(Path(__file__).parents[1])])
    script = f"""
import sys
from pathlib import Path
from index.encoders import question_encoder
rows = question_encoder("default", Path({str(cache)!r})).encode(["Where is it made?"])
print(rows.shape, sorted({{"torch", "transformers", "sentence_transformers"}} & set(sys.modules)))
"""
    return subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def first_run(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """Return a cache and the process that exported the packaged model into it."""
    folder = tmp_path_factory.mktemp("cache")
    return folder, run_offline(folder)


@pytest.fixture
def cache(first_run: tuple[Path, object]) -> Path:
    return first_run[0]


@pytest.fixture
def exported(cache: Path) -> OnnxEncoder:
    encoder = encoders.question_encoder(DEFAULT_MODEL, cache, "fp32")
    assert isinstance(encoder, OnnxEncoder)
    return encoder


@pytest.fixture
def small(cache: Path) -> Encoder:
    return encoders.question_encoder(DEFAULT_MODEL, cache)


@pytest.fixture
def damaged(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the cache to damage; an export into it copies the good one again."""

    def copy(_: Model, target: Path) -> bool:
        shutil.rmtree(target)
        shutil.copytree(cache / "onnx" / target.name, target)
        return True

    monkeypatch.setattr(encoders, "export_apart", copy)
    return Path(shutil.copytree(cache, tmp_path / "cache"))


@pytest.mark.model
def test_rows_equal_those_of_sentence_transformers(
    exported: OnnxEncoder, real_encoder: "SentenceEncoder"
) -> None:
    rows = exported.encode(TEXTS)
    assert np.abs(rows - real_encoder.encode(TEXTS)).max() < 1e-4
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert (exported.name, exported.fingerprint, exported.dimension) == (
        real_encoder.name,
        real_encoder.fingerprint,
        real_encoder.dimension,
    )


@pytest.mark.model
def test_a_text_has_the_same_row_alone_in_a_batch_and_from_several_threads(
    exported: OnnxEncoder,
) -> None:
    together = exported.encode(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        alone = np.vstack(list(pool.map(lambda text: exported.encode([text]), TEXTS)))
    assert np.abs(together - alone).max() < 1e-5


@pytest.mark.model
def test_weights_of_8_bits_keep_the_direction_of_every_text(
    small: Encoder, exported: OnnxEncoder
) -> None:
    rows = small.encode(TEXTS)
    assert not np.array_equal(rows, exported.encode(TEXTS))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert (rows * exported.encode(TEXTS)).sum(axis=1).min() > 0.995


@pytest.mark.model
def test_weights_of_8_bits_see_no_neighbours(small: Encoder) -> None:
    together = small.encode(TEXTS)
    alone = np.vstack([small.encode([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.995


@pytest.mark.model
def test_a_model_that_does_not_bear_rounding_keeps_its_weights(
    cache: Path, tmp_path: Path, exported: OnnxEncoder
) -> None:
    (source,) = (path for path in (cache / "onnx").iterdir() if path.is_dir())
    folder = Path(shutil.copytree(source, tmp_path / "export"))
    expected = -exported.encode(export._PROBES)
    export._drop_untrue(Card.read(folder), folder, expected)
    assert not (folder / SMALL).exists()
    assert not (folder / SMALL_WEIGHTS).exists()
    rows = OnnxEncoder.load(folder).encode(TEXTS)
    assert np.array_equal(rows, exported.encode(TEXTS))


@pytest.mark.model
def test_the_export_needs_no_network_says_nothing_and_leaves_no_pytorch_behind(
    first_run: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    run = first_run[1]
    assert run.stdout == "(1, 384) []\n"
    assert run.stderr == ""


@pytest.mark.model
def test_answering_loads_neither_torch_nor_sentence_transformers_nor_uses_the_network(
    cache: Path,
) -> None:
    run = run_offline(cache)
    assert run.stdout == "(1, 384) []\n"
    assert run.stderr == ""


@pytest.mark.model
def test_a_damaged_export_is_made_again(damaged: Path, small: Encoder) -> None:
    question = ["Where is it made?"]
    (folder,) = (path for path in (damaged / "onnx").iterdir() if path.is_dir())
    flipped = b"damage" + (folder / SMALL).read_bytes()[6:]
    for damage in (
        partial((folder / SMALL).write_bytes, flipped),
        partial(os.truncate, folder / SMALL, 1000),
        partial(os.truncate, folder / SMALL_WEIGHTS, 1000),
        (folder / SMALL_WEIGHTS).unlink,
        (folder / TOKENIZER).unlink,
        partial((folder / CARD).write_text, "{"),
    ):
        damage()
        rows = encoders.question_encoder(DEFAULT_MODEL, damaged).encode(question)
        assert np.array_equal(rows, small.encode(question))


@pytest.mark.model
def test_a_model_with_another_pooling_is_run_by_sentence_transformers(tmp_path: Path) -> None:
    folder = tmp_path / "first-token"
    shutil.copytree(find_model().folder, folder)
    pooling = {"word_embedding_dimension": 384, "pooling_mode_cls_token": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling), "utf-8")
    encoder = encoders.question_encoder(str(folder), tmp_path / "cache")
    assert not isinstance(encoder, OnnxEncoder)
    assert encoder.encode(["Where is it made?"]).shape == (1, 384)
    assert not list((tmp_path / "cache" / "onnx").glob("*.new"))


@pytest.mark.model
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(ModelProblem, match="writable"):
        encoders.question_encoder(DEFAULT_MODEL, tmp_path / "file")


@pytest.mark.model
def test_an_export_that_cannot_be_written_says_so_as_if_it_were_made_here(tmp_path: Path) -> None:
    nothing = Model("nothing", tmp_path / "nothing", "0" * 64)
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(NotADirectoryError):
        encoders.export_apart(nothing, tmp_path / "file" / "export")
