import os
import random
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_encoder import FakeEncoder
from small_corpus import corpus_of

from corpus.document import Corpus
from index import build, manifest, texts, versions
from index.build import build_index, open_or_build
from index.errors import UnwritableIndex
from index.faiss_store import FaissStore
from index.terms import terms
from index.views import VIEW_KINDS, views_of

CORPUS = corpus_of("The Giulia is built in Cassino.", "Toluca is in Mexico.")
FINGERPRINT = FakeEncoder().fingerprint
TESTS = Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)]),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def no_encoder():
    raise AssertionError("nothing has to be embedded")


def load(folder, corpus=CORPUS, fingerprint=FINGERPRINT):
    """Open an index; the test fails with what the operator is told where it would be built."""
    return open_or_build(corpus, no_encoder, fingerprint, folder, say=pytest.fail)


def version_folders(folder):
    return sorted(path for path in folder.iterdir() if path.name.startswith("version-"))


def asked(index, question, k=5):
    """Return the passages found for a question by vector and by words."""
    (hits,) = index.store.search(FakeEncoder().encode([question]), k)
    found = index.view_passage[hits.ids]
    words = index.keyword.search(terms(question), k)
    return found.tolist(), hits.scores.tolist(), words.ids.tolist(), words.scores.tolist()


def test_every_view_has_a_vector_and_knows_its_passage_and_kind(tmp_path, fake_encoder):
    index = build_index(CORPUS, fake_encoder, tmp_path)
    views = [(number, view) for number, one in enumerate(CORPUS.passages) for view in views_of(one)]
    assert index.view_passage.tolist() == [number for number, _ in views]
    assert [VIEW_KINDS[kind] for kind in index.view_kind] == [view.kind for _, view in views]
    assert (index.view_passage.dtype, index.view_kind.dtype) == (np.int32, np.uint8)
    rows = index.store.vectors(np.arange(len(views)))
    assert rows.tolist() == FakeEncoder().encode([view.text for _, view in views]).tolist()
    assert len(index.keyword) == len(CORPUS.passages)


def test_an_entry_is_found_by_each_of_its_phrasings(tmp_path, fake_encoder):
    questions = ("Where is it made?", "Which country builds Alfas?")
    index = build_index(corpus_of("Other.", questions=questions), fake_encoder, tmp_path)
    for question in questions:
        found, scores, _, _ = asked(index, question, 1)
        assert (found, scores) == ([0], pytest.approx([1]))


def test_a_loaded_index_answers_as_the_built_one_did(tmp_path, fake_encoder):
    built = build_index(CORPUS, fake_encoder, tmp_path / "new" / "index")
    loaded = load(tmp_path / "new" / "index")
    assert loaded.manifest == built.manifest
    assert loaded.view_passage.tolist() == built.view_passage.tolist()
    assert loaded.view_kind.tolist() == built.view_kind.tolist()
    for question in ("Where is the Giulia built?", "Mexico", "zebra"):
        assert asked(loaded, question) == asked(built, question)


def test_a_loaded_index_holds_the_corpus_as_it_was_read_now(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    moved = replace(CORPUS, documents=(replace(CORPUS.documents[0], file="../guide.md"),))
    assert load(tmp_path, moved).corpus is moved


def test_the_manifest_says_what_is_in_the_index_and_who_made_it(tmp_path, fake_encoder):
    made = build_index(CORPUS, fake_encoder, tmp_path).manifest
    (version,) = version_folders(tmp_path)
    on_disk = {
        path.relative_to(version).as_posix() for path in version.rglob("*") if path.is_file()
    }
    assert set(made.files) | {"manifest.json"} == on_disk
    assert (made.format, made.model, made.fingerprint) == (manifest.FORMAT, "fake", FINGERPRINT)
    assert (made.dimension, made.corpus_version) == (64, CORPUS.version)
    assert (made.documents, made.passages, made.views) == (1, 3, 5)
    assert set(made.made_with) == {"faiss-cpu", "bm25s", "numpy"}


def test_a_text_that_stands_in_two_places_is_embedded_once(tmp_path, fake_encoder):
    index = build_index(corpus_of("Same.", "Same."), fake_encoder, tmp_path)
    assert len(fake_encoder.encoded) == len(set(fake_encoder.encoded)) == 4
    assert (len(index.store), index.manifest.embedded) == (5, 4)


def test_unchanged_passages_are_not_embedded_again(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    fake_encoder.encoded.clear()
    changed = corpus_of("New.", "Toluca is in Mexico.", "The Giulia is built in Cassino.")
    index = build_index(changed, fake_encoder, tmp_path)
    assert len(fake_encoder.encoded) == 1
    assert fake_encoder.encoded[0].endswith("New.")
    assert (index.manifest.embedded, index.manifest.reused) == (1, 5)
    afresh = build_index(changed, FakeEncoder(), tmp_path / "afresh")
    assert asked(index, "Giulia in Cassino") == asked(afresh, "Giulia in Cassino")


def test_another_model_reuses_nothing(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    other = FakeEncoder(dimension=32, fingerprint="0" * 64)
    index = build_index(CORPUS, other, tmp_path)
    assert (index.manifest.reused, index.store.dimension) == (0, 32)


def test_a_damaged_version_is_not_reused(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    (version,) = version_folders(tmp_path)
    (version / "vectors.faiss").write_bytes(b"")
    assert build_index(CORPUS, fake_encoder, tmp_path).manifest.reused == 0


def test_a_corpus_without_passages_has_an_empty_index(tmp_path, fake_encoder):
    empty = Corpus((), (), "empty")
    build_index(empty, fake_encoder, tmp_path)
    assert asked(load(tmp_path, empty), "What?") == ([], [], [], [])


def test_half_a_surrogate_pair_in_a_corpus_breaks_nothing(tmp_path, fake_encoder):
    odd = corpus_of("Half \ud83d a pair.")
    odd = replace(odd, version="odd")
    build_index(odd, fake_encoder, tmp_path)
    assert asked(load(tmp_path, odd), "half a pair")[2] == [1]


def test_a_bar_is_asked_for_only_on_a_terminal(tmp_path, monkeypatch):
    bars = []

    class Watched(FakeEncoder):
        def encode(self, texts, progress=False):
            bars.append(progress)
            return super().encode(texts)

    for number, (terminal, progress) in enumerate([(True, True), (True, False), (False, True)]):
        monkeypatch.setattr("sys.stderr.isatty", lambda answer=terminal: answer)
        build_index(CORPUS, Watched(), tmp_path / str(number), progress=progress)
    assert bars == [True, False, False]


def test_an_encoder_other_than_the_one_announced_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match="expected the encoder 0000, found ffff"):
        open_or_build(CORPUS, FakeEncoder, "0000", tmp_path)


# What is refused


def reason(*given):
    """Return what the operator is told of an index that can't be used."""
    with pytest.raises(pytest.fail.Exception) as error:
        load(*given)
    told = str(error.value)
    assert told.endswith(": building it")
    assert "\n" not in told
    return told


def test_a_folder_without_an_index_is_named(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert reason(folder) == f"there is no index in {folder}: building it"


def test_an_index_of_another_model_is_refused(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    assert "made by another model, fake (ffffffffffff" in reason(tmp_path, CORPUS, "0" * 64)


def test_an_index_of_another_format_is_refused(tmp_path, monkeypatch, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    monkeypatch.setattr(manifest, "FORMAT", manifest.FORMAT + 1)
    assert f"has format {manifest.FORMAT - 1}, this Portello reads" in reason(tmp_path)


def test_an_index_of_a_changed_corpus_is_outdated(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    assert "corpus has changed" in reason(tmp_path, corpus_of("Other."))


def test_an_index_whose_passages_were_split_or_read_otherwise_is_outdated(
    tmp_path, monkeypatch, fake_encoder
):
    build_index(CORPUS, fake_encoder, tmp_path)
    turned = replace(CORPUS, passages=CORPUS.passages[::-1])
    assert "corpus has changed" in reason(tmp_path, turned)
    monkeypatch.setattr(texts, "terms", str.split)
    assert "corpus has changed" in reason(tmp_path)


def damages():
    """Yield every file of an index with each way to damage it."""
    names = [
        "vectors.faiss",
        "digests.npy",
        "manifest.json",
        "bm25/passages.npy",
        "bm25/scores.npy",
        "bm25/starts.npy",
        "bm25/tops.npy",
        "bm25/terms.json",
        "corpus/documents.npy",
        "view_passage.npy",
        "words.msgpack",
    ]
    return [(name, damage) for name in names for damage in ("missing", "truncated", "changed")]


def inflict(path, damage):
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(("name", "damage"), damages())
def test_a_damaged_file_is_noticed_named_and_mended_by_building(
    tmp_path, name, damage, fake_encoder
):
    build_index(CORPUS, fake_encoder, tmp_path)
    (version,) = version_folders(tmp_path)
    inflict(version / name, damage)
    told = reason(tmp_path)
    assert "is damaged" in told
    assert name in told
    open_or_build(CORPUS, FakeEncoder, FINGERPRINT, tmp_path)
    assert load(tmp_path).manifest.embedded == 5


@pytest.mark.parametrize("pointer", ["", "version-0\n", "../../etc " + "0" * 64 + "\n", "\0\xff"])
def test_a_damaged_pointer_is_noticed_and_mended_by_building(tmp_path, pointer, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    (tmp_path / "current").write_text(pointer, encoding="latin-1")
    assert "current names no version" in reason(tmp_path)
    open_or_build(CORPUS, FakeEncoder, FINGERPRINT, tmp_path)
    assert len(version_folders(tmp_path)) == 1


def test_a_version_that_has_vanished_is_damage(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    (version,) = version_folders(tmp_path)
    version.rename(tmp_path / "elsewhere")
    assert "manifest.json is missing" in reason(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named_with_the_remedy(tmp_path, fake_encoder):
    (tmp_path / "file").write_text("taken", encoding="utf-8")
    with pytest.raises(UnwritableIndex, match="name another folder with --index"):
        build_index(CORPUS, fake_encoder, tmp_path / "file")


def test_a_full_disk_leaves_the_index_as_it_was(tmp_path, monkeypatch, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FaissStore, "save", full)
    with pytest.raises(UnwritableIndex, match=r"\(No space left on device\); make room"):
        build_index(corpus_of("Other."), fake_encoder, tmp_path)
    assert len(version_folders(tmp_path)) == 1
    assert asked(load(tmp_path), "Mexico")[2] == [2]


# Opening


def test_opening_builds_once_says_so_and_then_needs_no_encoder(tmp_path):
    said = []
    open_or_build(CORPUS, FakeEncoder, FINGERPRINT, tmp_path, say=said.append)
    assert said == [
        f"there is no index in {tmp_path}: building it",
        "index built: 3 passages, 5 texts embedded, 0 kept",
    ]
    index = open_or_build(CORPUS, no_encoder, FINGERPRINT, tmp_path, say=said.append)
    assert len(said) == 2
    assert index.manifest.model == "fake"


def test_opening_after_a_change_that_embeds_nothing_needs_no_encoder(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    said = []
    fewer = corpus_of("Toluca is in Mexico.")
    index = open_or_build(fewer, no_encoder, FINGERPRINT, tmp_path, say=said.append)
    assert "corpus has changed" in said[0]
    assert said[1] == "index built: 2 passages, 0 texts embedded, 4 kept"
    assert asked(index, "Mexico")[2] == [1]
    assert load(tmp_path, fewer).manifest.model == "fake"


def test_opening_an_index_of_another_model_says_so_and_builds(tmp_path):
    build_index(CORPUS, FakeEncoder(fingerprint="0" * 64), tmp_path)
    said = []
    open_or_build(CORPUS, FakeEncoder, FINGERPRINT, tmp_path, say=said.append)
    assert "made by another model" in said[0]
    assert load(tmp_path).manifest.embedded == 5


def test_loading_a_built_index_imports_no_heavy_library(tmp_path, fake_encoder):
    build_index(CORPUS, fake_encoder, tmp_path)
    code = f"""
import sys
from pathlib import Path
HEAVY = ("torch", "sentence_transformers", "gradio", "bm25s", "scipy")
import index.build
assert "faiss" not in sys.modules
import test_index_build as t
from index.build import open_or_build
open_or_build(t.CORPUS, t.no_encoder, t.FINGERPRINT, Path({str(tmp_path)!r}))
print([name for name in HEAVY if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


# Several at once, and death


def test_building_keeps_other_files_and_removes_what_dead_builders_left(tmp_path, fake_encoder):
    (tmp_path / "version-0123456789abcdef").mkdir()
    (tmp_path / "version-mine").mkdir()
    (tmp_path / "feedback.jsonl").write_text("{}\n", encoding="utf-8")
    build_index(CORPUS, fake_encoder, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"version-mine", "feedback.jsonl", "current"} < names
    assert "version-0123456789abcdef" not in names
    assert len(version_folders(tmp_path)) == 2


def test_a_reader_whose_version_is_swapped_away_reads_the_new_one(
    tmp_path, monkeypatch, fake_encoder
):
    build_index(CORPUS, fake_encoder, tmp_path)
    check = build.check_files

    def swapped_before_check(*arguments):
        monkeypatch.setattr(build, "check_files", check)
        build_index(CORPUS, fake_encoder, tmp_path)
        check(*arguments)

    monkeypatch.setattr(build, "check_files", swapped_before_check)
    index = build._load(tmp_path, CORPUS, texts.texts_of(CORPUS), FINGERPRINT)
    assert asked(index, "Mexico")[2] == [2]


def test_an_opened_index_outlives_the_swap(tmp_path, fake_encoder):
    old = build_index(CORPUS, fake_encoder, tmp_path)
    loaded = load(tmp_path)
    before = asked(old, "Mexico")
    build_index(corpus_of("Other."), fake_encoder, tmp_path)
    assert asked(loaded, "Mexico") == asked(old, "Mexico") == before


def test_a_second_builder_waits_says_so_and_takes_what_the_first_has_built(tmp_path):
    said = []
    waits = threading.Event()

    def say(line):
        said.append(line)
        waits.set()

    def second():
        open_or_build(CORPUS, no_encoder, FINGERPRINT, tmp_path, say=say)

    with versions.building(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(10)
        build._build(CORPUS, FakeEncoder, FINGERPRINT, tmp_path, False)
    thread.join(10)
    assert said == [f"another process is building the index in {tmp_path}: waiting for it"]


def test_processes_that_build_into_one_folder_at_once_all_end_well(tmp_path):
    code = f"""
import sys
from pathlib import Path
import test_index_build as t
from index.build import build_index, open_or_build
folder = Path({str(tmp_path)!r})
for number in range(8):
    corpus = t.corpus_of(f"Edition {{sys.argv[1]}} {{number}}.")
    build = open_or_build if number % 2 else None
    if build:
        index = build(corpus, t.FakeEncoder, t.FINGERPRINT, folder)
    else:
        index = build_index(corpus, t.FakeEncoder(), folder)
    assert t.asked(index, "Edition")[2] == [1]
"""
    command = [sys.executable, "-c", code]
    running = [
        subprocess.Popen([*command, name], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        for name in ("first", "second")
    ]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    assert len(version_folders(tmp_path)) == 1
    last = [corpus_of(f"Edition {name} 7.") for name in ("first", "second")]
    assert sum(can_load(tmp_path, corpus) for corpus in last) == 1


def can_load(folder, corpus):
    try:
        index = load(folder, corpus)
    except pytest.fail.Exception as found:
        if "corpus has changed" not in str(found):
            raise
        return False
    return asked(index, "Edition")[2] == [1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_after_a_hundred_builders_killed_at_random_points_the_old_index_or_the_new_one_answers(
    tmp_path,
):
    command = [sys.executable, "-W", "ignore", str(TESTS / "killed_builds.py"), str(tmp_path)]
    pipe = subprocess.PIPE
    moments = random.Random(2)
    ends = {"old": 0, "new": 0}
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=pipe, stdout=pipe, text=True) as process:

        def build_in_child(number, moment):
            process.stdin.write(f"{number} {moment}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        build_in_child(0, 0)
        touches = build_in_child(1, 0)
        assert touches > 60
        held = corpus_of("Edition 1.")
        for number in range(2, 102):
            assert build_in_child(number, moments.randint(1, touches)) == 0, "it should have died"
            new = corpus_of(f"Edition {number}.")
            if can_load(tmp_path, new):
                ends["new"] += 1
                held = new
            else:
                assert can_load(tmp_path, held)
                ends["old"] += 1
        assert build_in_child(102, 0) > 0
        process.stdin.close()
    assert ends["old"] > 10
    assert ends["new"] > 0
    assert can_load(tmp_path, corpus_of("Edition 102."))
    assert len(version_folders(tmp_path)) == 1
