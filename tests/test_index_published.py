"""An index in Milvus: the same hits as in memory, swapped whole, and clear words when it isn't."""

import socket
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from fake_encoder import FakeEncoder
from milvus_server import RunningMilvus, eventually

from corpus.document import Corpus, Document
from corpus.errors import PortelloError
from corpus.portable import from_json, to_json
from corpus.read import corpus_of
from index import published
from index.build import build_index
from index.errors import DamagedIndex, MissingIndex, RefusedIndex, StoreAway
from index.milvus_client import Milvus, Place
from index.milvus_store import MilvusStore
from index.published import PublishedIndex, open_published, publish_index
from index.rank import Ranker

pytest.importorskip("pymilvus", reason="the package pymilvus isn't there")

QUESTIONS = ("Where is it made?", "when do you open", "tyres", "xyzzy")


def pages(*texts: str) -> Corpus:
    """Return a corpus of a Markdown page for each text."""
    return corpus_of(
        [
            Document(f"{number}.md", f"pages/{number}.md", text, "Garage", "markdown")
            for number, text in enumerate(texts)
        ]
    )


GARAGE = (
    "# Garage\n\nWe open at eight. On Saturdays we close at noon.\n\n| Work | Price |\n|---|---|\n"
    "| Tyres | 40 |\n",
    "## Frequently Asked Questions\n\n### Where is it made?\n\nIn Turin and Naples.\n",
)


@pytest.fixture
def place(milvus: RunningMilvus, request: pytest.FixtureRequest) -> Place:
    """Return a place of the test's own."""
    return Place(milvus.uri, name=request.node.originalname)


def publish(place: Place, corpus: Corpus, encoder: FakeEncoder | None = None) -> PublishedIndex:
    """Publish a corpus."""
    made = encoder or FakeEncoder()
    return publish_index(corpus, lambda: made, made.fingerprint, place, Path())[0]


def opened(place: Place, fingerprint: str = "f" * 64) -> PublishedIndex:
    """Open what is published."""
    return open_published(place, fingerprint, Path())


def stem(index: PublishedIndex) -> str:
    """Return what the names of a version's two collections begin with."""
    return index.target.rpartition("_")[0]


def stems(place: Place) -> set[str]:
    """Return the versions of a place, finished or not."""
    names = Milvus(place).call("list_collections")
    return {name.rpartition("_")[0] for name in names if name.startswith(f"{place.name}_")}


@pytest.fixture(scope="module")
def garage(milvus: RunningMilvus) -> PublishedIndex:
    """Return an index that is published once for all tests that don't change it."""
    return publish(Place(milvus.uri, name="garage"), pages(*GARAGE))


def test_documents_are_read_back_as_they_were_written_whatever_is_in_them():
    documents = [
        Document(
            "a", "a.jsonl", "x\ud800\r\n\0é😀", "T", field="answer", questions=("Q?",), line=3
        ),
        Document("b.md", "b.md", "# B", "B", "markdown", url="u", valid_until=date(2027, 1, 31)),
    ]
    corpus = corpus_of(documents)
    assert from_json(to_json(corpus)) == corpus


def test_ranks_as_the_index_in_memory_does(garage, tmp_path):
    corpus, encoder = pages(*GARAGE), FakeEncoder()
    local = Ranker(build_index(corpus, encoder, tmp_path))
    there = opened(garage.milvus.place)
    assert there.corpus == corpus
    for question in QUESTIONS:
        expected = local.rank(question, encoder.encode)
        found = Ranker(there).rank(question, encoder.encode)
        assert found.passages.tolist() == expected.passages.tolist()
        assert found.scores.tolist() == expected.scores.tolist()


def test_a_newer_version_takes_the_place_of_the_one_before_which_answers_till_then(
    place, monkeypatch
):
    encoder = FakeEncoder()
    first = publish(place, pages(*GARAGE), encoder)
    made = len(encoder.encoded)
    same = publish(place, pages(*GARAGE), encoder)
    assert (same.target, len(encoder.encoded)) == (first.target, made), "nothing had changed"
    assert first.newer() is None

    second = publish(place, pages(*GARAGE, "We sell boats.\n"), encoder)
    assert second.manifest.reused == made, "what was embedded is embedded again"
    assert encoder.encoded[made:] == ["Garage. We sell boats."]
    moved = first.newer()
    assert moved is not None
    assert (moved.target, moved.corpus) == (second.target, second.corpus)
    assert Ranker(first).rank("boats", encoder.encode).passages.size

    def cut_short(_store):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MilvusStore, "finish", cut_short)
        with pytest.raises(KeyboardInterrupt):
            publish(place, pages("# Other\n\nNothing.\n"), encoder)
    assert second.newer() is None, "what isn't whole never counts"
    unfinished = stems(place) - {stem(first), stem(second)}
    assert len(unfinished) == 1

    third = publish(place, pages(*GARAGE), encoder)
    assert stems(place) == {stem(second), stem(third)} | unfinished, "it may be another builder's"
    with pytest.raises(DamagedIndex, match="a collection is gone"):
        first.store.search(encoder.encode(["never asked before"]), 3)
    monkeypatch.setattr(published, "_UNFINISHED", timedelta(0))
    fourth = publish(place, pages("# Fourth\n\nNothing.\n"), encoder)
    assert stems(place) == {stem(third), stem(fourth)}


def test_of_the_version_before_each_file_and_each_row_that_is_kept_is_read_once(place, monkeypatch):
    first = publish(place, pages(*GARAGE))
    files, rows = [], []
    read_files, get = published.read_files, MilvusStore._get
    monkeypatch.setattr(
        published, "read_files", lambda *given: files.append(given[1]) or read_files(*given)
    )
    monkeypatch.setattr(
        MilvusStore,
        "_get",
        lambda store, ids, fields: rows.append((store.collection, *ids)) or get(store, ids, fields),
    )
    second = publish(place, pages(*GARAGE, "We sell boats.\n"))
    assert files == [first.target, second.target]
    (kept,) = (ids for name, *ids in rows if name == first.store.collection)
    assert len(set(kept)) == len(kept) == second.manifest.reused > 0


def test_a_newer_version_that_cannot_be_used_is_told_once_and_the_one_before_answers(
    place, monkeypatch, capsys
):
    encoder, other = FakeEncoder(), FakeEncoder()
    other.fingerprint = "0" * 64
    first = publish(place, pages(*GARAGE), encoder)
    publish(place, pages("# Other\n\nNothing.\n"), other)
    read = []
    whole = published._opened
    monkeypatch.setattr(published, "_opened", lambda *given: read.append(1) or whole(*given))
    assert [first.newer(), first.newer(), len(read)] == [None, None, 1]
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"portello: the index {place} was made by another model")
    assert told.endswith("; till then the version before answers")
    assert Ranker(first).rank("tyres", encoder.encode).passages.size

    third = publish(place, pages(*GARAGE), encoder)
    moved = first.newer()
    assert moved is not None
    assert moved.target == third.target


def test_of_two_who_publish_at_once_the_later_is_told_and_nothing_is_lost(place, monkeypatch):
    publish(place, pages(*GARAGE))
    write, theirs = published._write_files, []

    def be_overtaken(*given):
        monkeypatch.setattr(published, "_write_files", write)
        theirs.append(publish(place, pages("# Theirs\n\nNothing.\n")))
        write(*given)

    monkeypatch.setattr(published, "_write_files", be_overtaken)
    with pytest.raises(PortelloError, match=r"somebody else published .* meanwhile"):
        publish(place, pages("# Mine\n\nNothing.\n"))
    assert opened(place).target == theirs[0].target


def test_what_was_written_is_read_back_before_it_counts(place, monkeypatch):
    add = MilvusStore.add

    def lose_a_row(store, ids, vectors):
        add(store, ids[:-1], vectors[:-1])

    monkeypatch.setattr(MilvusStore, "add", lose_a_row)
    with pytest.raises(DamagedIndex, match=r"has 2 rows instead of 3\); publish it where"):
        publish(place, pages("# Other\n\nNothing. At all.\n"))
    with pytest.raises(MissingIndex):
        opened(place)


def test_what_is_missing_made_by_another_model_or_changed_is_told(place, monkeypatch):
    with pytest.raises(MissingIndex, match=r"no index '.*' in Milvus at http.*; publish it where"):
        opened(place)
    index = publish(place, pages(*GARAGE))
    with pytest.raises(RefusedIndex, match=r"another model, fake .*; set `model` as the publisher"):
        opened(place, "0" * 64)
    with monkeypatch.context() as patch:
        patch.setattr("index.manifest.FORMAT", 0)
        with pytest.raises(RefusedIndex, match=r"another format; install the same version here"):
            opened(place)
    milvus, vectors = index.milvus, index.store.collection
    milvus.call("delete", vectors, ids=[0])
    with pytest.raises(DamagedIndex, match=r"has \d+ rows instead of \d+\); publish it where"):
        opened(place)
    milvus.call("drop_collection", vectors)
    with pytest.raises(DamagedIndex, match="a collection is gone"):
        index.newer()
    MilvusStore.create(milvus, vectors, 3).finish()
    with pytest.raises(
        DamagedIndex, match="'vector': 3} instead of id and vector, of dimension 64"
    ):
        index.newer()
    milvus.call("alter_alias", vectors, place.name)
    with pytest.raises(DamagedIndex, match="which is no index"):
        opened(place)
    mended = publish(place, pages(*GARAGE))
    assert opened(place).target == mended.target


def test_a_name_that_a_collection_bears_is_refused(place):
    MilvusStore.create(Milvus(place), place.name, 2)
    with pytest.raises(PortelloError, match="choose another name with milvus_collection"):
        publish(place, pages(*GARAGE))


def test_a_server_that_is_not_there_is_told_with_a_remedy():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        place = Place(f"http://127.0.0.1:{nobody.getsockname()[1]}", token="root:secret")
        with pytest.raises(StoreAway, match=r"start it, or check milvus_uri") as caught:
            opened(place)
    assert "secret" not in f"{caught.value} {place!r}"
    assert "127.0.0.1" not in caught.value.reason


def test_a_server_that_is_slow_or_was_restarted_is_found_again(garage, milvus):
    index, encoder = opened(garage.milvus.place), FakeEncoder()
    question = encoder.encode(["Where is it made?"])
    before = index.store.search(question, 5)[0]
    milvus.hold()
    began = time.monotonic()
    with pytest.raises(StoreAway, match="doesn't answer as it should"):
        index.store.search(question, 5)
    with pytest.raises(StoreAway):
        index.newer()
    assert time.monotonic() - began < 20
    milvus.go_on()
    assert index.newer() is None
    milvus.stop()
    with pytest.raises(StoreAway, match="start it"):
        index.newer()
    milvus.start()

    def back() -> bool:
        try:
            return index.newer() is None
        except StoreAway:
            return False

    eventually(back)
    after = index.store.search(question, 5)[0]
    assert after.ids.tolist() == before.ids.tolist()
    assert after.scores.tolist() == before.scores.tolist()
    assert np.array_equal(
        opened(garage.milvus.place).store.vectors(before.ids), index.store.vectors(before.ids)
    )
