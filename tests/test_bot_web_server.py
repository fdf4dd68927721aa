"""The process that serves, and Gradio's page behind the gate, asked as a stranger would."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from scripted_bot import ANSWER, ScriptedBot
from serving import SCRIPTED, Served, serving

from bot.config import Settings
from bot.web.server import address, listening, serve
from corpus.errors import PortelloError


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    feedback = tmp_path_factory.mktemp("feedback") / "feedback.jsonl"
    with serving(SCRIPTED, str(feedback), page=True) as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        yield client


@pytest.fixture
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI())


def event(client: httpx.Client, name: str, session: str = "s", **changed: Any) -> httpx.Response:
    """Send one of the page's events as its script does."""
    config = client.get("/config").json()
    number = next(
        one["id"] for one in config["dependencies"] if (one["api_name"] or "").startswith(name)
    )
    body = {"data": [], "fn_index": number, "session_hash": session, "event_data": None} | changed
    headers = {"Content-Type": "application/json"}
    return client.post("/gradio_api/run/predict", content=json.dumps(body), headers=headers)


def test_the_page_shows_nothing_of_its_maker(client: httpx.Client) -> None:
    html = client.get("/").text
    assert 'property="og:title" content="Alfa Romeo Guide"' in html
    config = client.get("/config").json()
    assert config["footer_links"] == []
    assert not config["analytics_enabled"]
    assert not config["show_error"]
    assert [one["api_name"] for one in config["dependencies"] if one["queue"]] == ["ask"]


def test_a_question_is_answered_through_the_page(client: httpx.Client) -> None:
    field, messages, _ = event(client, "say", data=["Where is Alfa Romeo made?", None]).json()[
        "data"
    ]
    assert field == ""
    assert [message["role"] for message in messages] == ["assistant", "user", "assistant"]
    assert ANSWER[:20] in json.dumps(messages[2])


@pytest.mark.parametrize(
    "forged",
    [
        None,
        7,
        ["hello"],
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
        [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}],
        "a" * 1001,
        "",
        "\ud800",
    ],
    ids=repr,
)
def test_forged_questions_get_no_answer_and_no_exception(
    client: httpx.Client, served: Served, forged: object
) -> None:
    for name, more in (
        ("say", {"data": [forged, None]}),
        ("choose", {"data": [None], "event_data": {"index": 0, "value": forged}}),
        ("like", {"data": [None], "event_data": {"index": forged, "value": 1, "liked": forged}}),
    ):
        response = event(client, name, **more)
        assert "root:" not in response.text
        assert "Traceback" not in response.text
    assert "root:" not in served.log.read_text()
    assert client.get("/readyz").status_code == 200


def test_a_file_is_refused_by_gradios_own_check(client: httpx.Client, served: Served) -> None:
    """The check that Gradio leaves out for a page it takes for not launched."""
    data = [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, None]
    assert event(client, "say", data=data).status_code == 500
    assert "InvalidPathError" in served.log.read_text()


def test_no_file_can_be_fetched_or_left(client: httpx.Client) -> None:
    for path in (
        "/gradio_api/file=/etc/passwd",
        "/assets/../../../../../../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/%2e%2e/routes.py",
        "/static/..%2f..%2froutes.py",
        "/assets//etc/passwd",
    ):
        response = client.get(path)
        assert response.status_code in {403, 404}, path
        assert "root:" not in response.text
    assert client.post("/gradio_api/upload", files={"files": b"x"}).status_code == 404


def test_a_client_cannot_name_another_host(client: httpx.Client) -> None:
    for header in ("X-Forwarded-Host", "X-Gradio-Server"):
        response = client.get("/", headers={header: "http://evil.example"})
        assert "evil.example" not in response.text


def test_a_large_message_never_reaches_gradio(client: httpx.Client) -> None:
    response = event(client, "say", data=["a" * 100_000, None])
    assert (response.status_code, response.json()["error_type"]) == (413, "body_too_large")


def test_assets_are_kept_by_browsers_and_the_page_is_not(client: httpx.Client) -> None:
    html = client.get("/").text
    asset = html.split('src="./assets/')[1].split('"')[0]
    assert "immutable" in client.get(f"/assets/{asset}").headers["Cache-Control"]
    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_another_origin_gets_no_permission_from_gradio(client: httpx.Client) -> None:
    response = client.get("/config", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_small_packets_do_not_wait_for_one_another() -> None:
    """Asyncio turns the waiting off for sockets that are named as TCP."""
    with listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_says_in_one_line_that_the_port_is_taken() -> None:
    with (
        listening("127.0.0.1", 0) as taken,
        pytest.raises(PortelloError, match=r"can't listen on 127.0.0.1, port \d+: Address already"),
        listening("127.0.0.1", taken.getsockname()[1]),
    ):
        pass


def test_says_in_one_line_that_there_is_no_such_host() -> None:
    with pytest.raises(PortelloError, match="give another --host"):
        listening("nowhere.invalid", 0)


def test_names_an_address_that_a_browser_opens() -> None:
    with listening("0.0.0.0", 0) as listener:
        assert address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/"
    if socket.has_ipv6:
        with listening("::1", 0) as listener:
            assert address(listener) == f"http://[::1]:{listener.getsockname()[1]}/"


def settings_in(folder: Path) -> Settings:
    return Settings(port=0, feedback=folder / "feedback.jsonl")


@pytest.mark.usefixtures("no_page")
def test_sigterm_ends_it_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def end() -> None:
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    threading.Thread(target=end).start()
    assert serve(settings_in(tmp_path), ScriptedBot) == 0
    assert signal.getsignal(signal.SIGTERM) is before
    assert "Portello is at http://127.0.0.1:" in capsys.readouterr().err


@pytest.mark.usefixtures("no_page")
def test_what_keeps_the_bot_from_loading_ends_it(tmp_path: Path) -> None:
    def load() -> ScriptedBot:
        raise PortelloError("the corpus is empty; add pages")

    with pytest.raises(PortelloError, match="the corpus is empty; add pages"):
        serve(settings_in(tmp_path), load)


def test_does_not_start_where_gradio_is_told_to_open_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_SHARE", "1")
    with pytest.raises(PortelloError, match="unset GRADIO_SHARE"):
        serve(settings_in(tmp_path), ScriptedBot)
