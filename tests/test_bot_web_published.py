"""A server over the real Milvus, which fails while a newer version is being loaded."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_encoder import FakeEncoder
from fastapi import FastAPI
from milvus_server import RunningMilvus, eventually
from starlette.testclient import TestClient
from test_bot_web_api import ask, refusal, settings_in

from bot.answer import Bot
from bot.web.api import create_app
from corpus.document import Document
from corpus.read import corpus_of
from index import published
from index.errors import StoreAway
from index.milvus_client import Milvus, Place

pytest.importorskip("pymilvus", reason="the package pymilvus isn't there")


def publish(place: Place, text: str) -> str:
    """Publish a page and return its version."""
    encoder, page = FakeEncoder(), Document("p.md", "p.md", text, "Garage", "markdown")
    corpus = corpus_of([page])
    published.publish_index(corpus, lambda: encoder, encoder.fingerprint, place, Path())
    return corpus.version


@pytest.fixture
def place(milvus: RunningMilvus, request: pytest.FixtureRequest) -> Place:
    """Return a place where a page is published."""
    place = Place(milvus.uri, name=request.node.originalname)
    publish(place, "# Garage\n\nWe open at eight.\n")
    return place


@pytest.fixture
def client(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Return a client of a server that is ready to answer from that page."""
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI(openapi_url=None))
    settings, encoder = settings_in(tmp_path, store="milvus"), FakeEncoder()

    def load() -> Bot:
        index = published.open_published(place, encoder.fingerprint, tmp_path)
        return Bot(index, encoder, settings)

    with TestClient(create_app(load, settings), client=("127.0.0.1", 1)) as client:
        eventually(lambda: readiness(client) == 200)
        yield client


def readiness(client: TestClient) -> int:
    return client.get("/readyz").status_code


def version(client: TestClient, question: str) -> str:
    told: str = ask(client, question).json().get("corpus_version", "")
    return told


def while_loading(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Have something happen whenever a server, not a publisher, begins to read a version."""
    read = published.read_files

    def read_files(milvus: Milvus, collection: str, folder: Path) -> None:
        if threading.current_thread().name == "load":
            happens()
        read(milvus, collection, folder)

    monkeypatch.setattr(published, "read_files", read_files)


def test_where_only_the_newer_version_fails_the_one_before_answers_until_it_can_be_loaded(
    client: TestClient,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tried: list[int] = []
    seen: set[tuple[int, str]] = set()
    before = version(client, "When do you open?")

    def fail() -> None:
        tried.append(1)
        if len(tried) < 4:
            raise StoreAway("no memory", f"{place} has no memory for it")

    while_loading(monkeypatch, fail)
    after = publish(place, "# Garage\n\nWe open at nine.\n")
    while len(tried) < 3:
        seen.add((readiness(client), version(client, f"And now, {len(tried)}?")))
    assert seen == {(200, before)}
    eventually(lambda: version(client, "When do you open?") == after)
    assert [line for line in capsys.readouterr().err.splitlines() if "memory" in line] == [
        f"portello: {place} has no memory for it; till then the version before answers"
    ]


@pytest.mark.parametrize("crash", [False, True], ids=["it hangs", "it dies"])
def test_where_milvus_fails_meanwhile_it_is_told_and_mends_by_itself(
    client: TestClient,
    place: Place,
    milvus: RunningMilvus,
    monkeypatch: pytest.MonkeyPatch,
    crash: bool,
) -> None:
    before = version(client, "When do you open?")
    loading, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        loading.set()
        assert go_on.wait(60)

    while_loading(monkeypatch, wait)
    after = publish(place, "# Garage\n\nWe open at nine.\n")
    assert loading.wait(30)
    assert version(client, "Asked while it is loaded") == before
    (milvus.stop if crash else milvus.hold)()
    try:
        go_on.set()
        eventually(lambda: readiness(client) == 503)
        assert refusal(ask(client, "And now?")) == (503, "index_away")
    finally:
        (milvus.start if crash else milvus.go_on)()
    eventually(lambda: readiness(client) == 200, 60)
    eventually(lambda: version(client, "When do you open?") == after, 60)
