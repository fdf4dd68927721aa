"""A server whose index is in Milvus: it waits for it, keeps up with it, and says when it can't."""

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI
from scripted_bot import ScriptedBot
from starlette.testclient import TestClient
from test_bot_web_api import ask, refusal, settings_in

from bot.following import in_thread
from bot.reply import Reply
from bot.web.api import create_app
from bot.web.desk import Desk
from corpus.errors import PortelloError
from index.errors import DamagedIndex, MissingIndex, StoreAway

AWAY = StoreAway("Milvus doesn't answer as it should", "Milvus at http://10.0.0.7 is off; start it")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave Gradio out, and look for a newer version all the time."""
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI(openapi_url=None))
    monkeypatch.setattr("bot.following.POLL_SECONDS", 0.01)


class VersionedBot(ScriptedBot):
    """A bot of a version; ``then`` is what looking for a newer one gives or raises, once
    ``loading`` is set, and ``away`` what a look at this one raises meanwhile.
    """

    def __init__(self, version: str) -> None:
        super().__init__()
        self.corpus_version = version
        self.then: VersionedBot | Exception | None = None
        self.fails: Exception | None = None
        self.away: Exception | None = None
        self.loading = threading.Event()
        self.loading.set()

    def check(self) -> None:
        if self.away is not None:
            raise self.away

    def newer(self) -> "VersionedBot | None":
        assert self.loading.wait(20)
        if isinstance(self.then, Exception):
            raise self.then
        return self.then

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        if self.fails is not None:
            raise self.fails
        return super().ask(question, history)


@pytest.fixture
def first() -> VersionedBot:
    return VersionedBot("one")


@pytest.fixture
def client(first: VersionedBot, tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(lambda: first, settings_in(tmp_path, store="milvus"))
    with TestClient(app, client=("127.0.0.1", 1), raise_server_exceptions=False) as client:
        wait_until(lambda: readiness(client) == 200)
        yield client


def readiness(client: TestClient) -> int:
    return client.get("/readyz").status_code


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def version(client: TestClient, question: str = "hello") -> str:
    told: str = ask(client, question).json()["corpus_version"]
    return told


def test_a_newer_version_answers_once_it_is_warm(client: TestClient, first: VersionedBot) -> None:
    assert version(client) == "one"
    second = VersionedBot("two")
    first.then = second
    wait_until(lambda: version(client) == "two")
    assert second.asked[0][0] != "hello", "it was asked something before visitors got to it"
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("then", [VersionedBot("two"), AWAY])
def test_while_a_newer_version_is_loaded_the_one_before_answers_and_is_watched(
    client: TestClient, first: VersionedBot, then: VersionedBot | Exception
) -> None:
    first.loading.clear()
    first.then = then
    assert version(client, "while it is loaded") == "one"
    first.away = AWAY
    wait_until(lambda: readiness(client) == 503)
    assert refusal(ask(client, "hello")) == (503, "index_away")
    first.away = None
    wait_until(lambda: readiness(client) == 200)
    assert version(client, "and still") == "one"
    first.loading.set()
    if then is AWAY:
        wait_until(lambda: readiness(client) == 503)
        first.then = VersionedBot("two")
    wait_until(lambda: readiness(client) == 200 and version(client) == "two")


def test_while_milvus_is_away_it_is_not_ready_and_says_so_without_an_address(
    client: TestClient, first: VersionedBot, capsys: pytest.CaptureFixture[str]
) -> None:
    first.then = AWAY
    wait_until(lambda: readiness(client) == 503)
    told = client.get("/readyz")
    assert refusal(told) == (503, "index_away")
    assert told.json()["error"] == "Not ready: Milvus doesn't answer as it should."
    refused = ask(client, "hello")
    assert refusal(refused) == (503, "index_away")
    assert refused.json()["error"].startswith("The pages can't be looked up at the moment")
    assert int(refused.headers["Retry-After"]) > 0
    assert client.get("/healthz").status_code == 200
    assert "portello_ready 0" in client.get("/metrics").text

    first.then = None
    wait_until(lambda: readiness(client) == 200)
    assert version(client) == "one"
    lines = capsys.readouterr().err.splitlines()
    noted = [line for line in lines if line.startswith("portello:")]
    assert noted == [
        "portello: Milvus at http://10.0.0.7 is off; start it; trying again every 0.01 seconds",
        "portello: the index can be searched again",
    ]


@pytest.mark.parametrize("error", [AWAY, DamagedIndex("a collection of 10.0.0.7 is gone")])
def test_a_question_that_finds_the_index_away_may_be_asked_again(
    client: TestClient, first: VersionedBot, error: PortelloError
) -> None:
    first.fails = error
    refused = ask(client, "new question")
    assert refusal(refused) == (503, "index_away")
    assert "10.0.0.7" not in refused.text
    first.fails = None
    assert version(client, "new question") == "one"


def test_questions_that_wait_are_refused_too_once_the_index_is_away(tmp_path: Path) -> None:
    async def asked() -> list[object]:
        desk = Desk(settings_in(tmp_path, store="milvus"))
        desk.bot = bot = ScriptedBot()
        asking = [asyncio.create_task(desk.ask(f"sleep 0.3{number}")) for number in range(4)]
        await asyncio.sleep(0.1)
        waiting = [asyncio.create_task(desk.ask("hello")), asyncio.create_task(desk.entries())]
        await asyncio.sleep(0.1)
        desk.trouble = "away"
        await asyncio.gather(*asking)
        refused = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(question != "hello" for question, _ in bot.asked)
        desk.close()
        return [getattr(error, "error_type", error) for error in refused]

    assert asyncio.run(asked()) == ["index_away", "index_away"]


@pytest.mark.parametrize("ending", [SystemExit(3), KeyboardInterrupt()])
def test_what_would_end_a_thread_is_told_to_who_waits_for_it(ending: BaseException) -> None:
    def work() -> None:
        raise ending

    async def wait() -> None:
        await asyncio.wait_for(in_thread(work), 5)

    with pytest.raises(RuntimeError, match=type(ending).__name__) as told:
        asyncio.run(wait())
    assert told.value.__cause__ is ending


def test_what_fails_when_nobody_waits_for_it_any_more_is_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work() -> None:
        raise StoreAway("away", "away")

    async def leave() -> None:
        left = in_thread(work)
        while not left.done():
            await asyncio.sleep(0.01)

    asyncio.run(leave())
    gc.collect()
    assert caplog.messages == []


def test_a_look_that_fails_in_an_unknown_way_does_not_end_the_server(
    client: TestClient, first: VersionedBot
) -> None:
    first.then = RuntimeError("secret of the server")
    wait_until(lambda: readiness(client) == 503)
    assert "secret" not in client.get("/readyz").text
    first.then = VersionedBot("two")
    wait_until(lambda: readiness(client) == 200)
    wait_until(lambda: version(client) == "two")


def test_a_server_that_starts_first_waits_for_milvus_and_for_an_index(tmp_path: Path) -> None:
    found: list[PortelloError] = [AWAY, MissingIndex("nothing there"), MissingIndex("nothing")]
    told: set[str] = set()

    def load() -> ScriptedBot:
        time.sleep(0.05)
        if found:
            raise found.pop(0)
        return VersionedBot("one")

    with TestClient(create_app(load, settings_in(tmp_path, store="milvus"))) as client:
        while (seen := client.get("/readyz")).status_code == 503:
            told.add(seen.json()["error"])
        assert version(client) == "one"
    assert {"Not ready: no index is published."} <= told


def test_an_index_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def load() -> ScriptedBot:
        raise MissingIndex("nothing there")

    app = create_app(load, settings_in(tmp_path), failures.append)
    with TestClient(app) as client:
        wait_until(lambda: bool(failures))
        assert refusal(client.get("/readyz")) == (503, "not_ready")
