"""The chat page is loaded when it is first asked for, and nothing waits for it but who asks."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from scripted_bot import ANSWER, STARTERS, ScriptedBot
from serving import ROOT
from starlette.testclient import TestClient

from bot.config import Settings
from bot.web.api import create_app
from bot.web.desk import Desk
from index.errors import StoreAway

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROBE = """
import sys
from pathlib import Path
from scripted_bot import ScriptedBot
from starlette.testclient import TestClient
from bot.config import Settings
from bot.web.api import create_app

with TestClient(create_app(ScriptedBot, Settings(feedback=Path(sys.argv[1])))) as client:
    while client.get("/readyz").status_code != 200:
        pass
    for path in ("/embed.js", "/faq", "/faq?q=hello", "/api/suggestions", "/openapi.json"):
        assert client.get(path).status_code == 200, path
    assert client.post("/api/ask", json={"question": "hello"}).status_code == 200
    parts = ("/favicon.ico", "/robots.txt", "/theme.css", "/manifest.json", "/assets/a")
    assert {client.get(path).status_code for path in parts} == {404}
    loaded = [name in sys.modules for name in ("gradio", "pandas")]
    told = client.get("/gradio_api/info").json()["named_endpoints"]
    print(loaded, list(told), "gradio" in sys.modules, client.get("/favicon.ico").status_code)
"""


@contextmanager
def client_in(folder: Path) -> Iterator[TestClient]:
    app = create_app(ScriptedBot, Settings(feedback=folder / "feedback.jsonl"))
    with TestClient(app, raise_server_exceptions=False) as client:
        for _ in range(500):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.01)
        yield client


def test_gradio_is_not_in_memory_until_its_page_or_its_client_asks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path / "feedback.jsonl")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[False, False] ['/ask'] True 200\n", done.stderr


def test_a_browser_is_told_to_wait_and_any_other_client_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, built_times = threading.Event(), []

    def build(_: object) -> FastAPI:
        built_times.append(time.monotonic())
        built.wait(10)
        page = FastAPI(openapi_url=None)
        page.add_api_route("/", lambda: "the page")
        page.add_api_route("/config", lambda: "the configuration")
        return page

    monkeypatch.setattr("bot.web.page.Page.build", build)
    with client_in(tmp_path) as client, ThreadPoolExecutor(2) as visitors:
        assert built_times == []
        told = client.get("/", headers=BROWSER)
        assert told.status_code == 200, "a proxy would take any other for a server that failed"
        assert (told.headers["Cache-Control"], told.headers["X-Robots-Tag"]) == (
            "no-store",
            "noindex",
        )
        assert "One moment" in told.text
        assert 'http-equiv="refresh"' in told.text
        waiting = [visitors.submit(client.get, path) for path in ("/config", "/")]
        reply = client.post("/api/ask", json={"question": "Where is Alfa Romeo made?"})
        assert reply.json()["answer"] == ANSWER
        assert not any(each.done() for each in waiting)
        built.set()
        assert [each.result().json() for each in waiting] == ["the configuration", "the page"]
        assert client.get("/", headers=BROWSER).json() == "the page"
        assert len(built_times) == 1


def test_while_the_bot_itself_is_missing_the_page_that_waits_is_a_503(tmp_path: Path) -> None:
    loading = threading.Event()

    def load() -> ScriptedBot:
        loading.wait(10)
        return ScriptedBot()

    with TestClient(create_app(load, Settings(feedback=tmp_path / "feedback.jsonl"))) as client:
        told = client.get("/", headers=BROWSER)
        loading.set()
    assert (told.status_code, told.headers["Retry-After"]) == (503, "2")
    assert told.headers["X-Robots-Tag"] == "noindex"
    assert 'http-equiv="refresh"' in told.text


def test_a_page_that_cannot_be_loaded_leaves_the_rest_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def build(_: object) -> FastAPI:
        raise ImportError("no gradio here")

    monkeypatch.setattr("bot.web.page.Page.build", build)
    with client_in(tmp_path) as client:
        for headers in ({}, {}, BROWSER):
            failed = client.get("/", headers=headers)
            assert (failed.status_code, failed.json()["error_type"]) == (500, "internal_error")
            assert "no gradio" not in failed.text
        assert "no gradio here" in caplog.text
        assert client.get("/readyz").status_code == 200
        assert client.post("/api/ask", json={"question": "hello"}).status_code == 200


def test_a_page_that_could_not_be_loaded_is_tried_again_for_who_asks_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [OSError("too many open files")]

    def build(_: object) -> FastAPI:
        if failures:
            raise failures.pop()
        page = FastAPI(openapi_url=None)
        page.add_api_route("/", lambda: "the page")
        return page

    monkeypatch.setattr("bot.web.page.Page.build", build)
    with client_in(tmp_path) as client:
        assert client.get("/").status_code == 500
        assert client.get("/", headers=BROWSER).json() == "the page"


def test_the_chat_starts_with_the_bot_in_force_also_while_the_index_is_away(
    tmp_path: Path,
) -> None:
    from bot.web.chat import Chat

    class Newer(ScriptedBot):
        def starters(self) -> tuple[str, ...]:
            return ("What is new?",)

    class Away(ScriptedBot):
        def starters(self) -> tuple[str, ...]:
            raise StoreAway("Milvus is off", "Milvus is off; start it")

    desk = Desk(Settings(feedback=tmp_path / "feedback.jsonl"))
    desk.bot, desk.trouble = ScriptedBot(), "away"
    chat = Chat(desk)
    assert [option["value"] for option in chat.messages(())[0]["options"]] == list(STARTERS)
    desk.bot = Away()
    assert [option["value"] for option in chat.messages(())[0]["options"]] == list(STARTERS)
    desk.bot = Newer()
    assert [option["value"] for option in chat.messages(())[0]["options"]] == ["What is new?"]
    desk.close()


def test_an_event_that_comes_before_the_page_has_to_be_json(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        response = client.post("/gradio_api/run/predict", content="data=hello")
        assert (response.status_code, response.json()["error_type"]) == (415, "not_json")
