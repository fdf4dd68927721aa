"""Gradio behind the gate: what it could do and what its versions may change, asked for real."""

import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import ROOT, SCRIPTED, Served, serving

ORIGIN = "https://dealer.example"
CLOSED = (
    "/gradio_api/upload",
    "/gradio_api/upload_progress",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file/etc/passwd",
    "/gradio_api/stream/x/y/z/playlist.m3u8",
    "/gradio_api/proxy=http://evil.example",
    "/gradio_api/reset",
    "/gradio_api/cancel",
    "/gradio_api/queue/status",
    "/gradio_api/call/say",
    "/gradio_api/api/predict",
    "/gradio_api/component_server",
    "/gradio_api/deep_link",
    "/gradio_api/runs",
    "/gradio_api/mcp/",
    "/gradio_api/mcp/sse",
    "/gradio_api/startup-events",
    "/gradio_api/openapi.json",
    "/gradio_api/vibe-code/",
    "/gradio_api/app_id",
    "/gradio_api/token",
    "/gradio_api/user",
    "/login",
    "/logout",
    "/monitoring",
    "/monitoring/summary",
    "/custom_component/x/client/component/y",
    "/file=/etc/passwd",
    "/proxy=http://evil.example",
    "/upload",
    "/queue/join",
    "/info",
    "/docs",
    "/redoc",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that may not look up or connect to anything, which Gradio would like to."""
    folder = tmp_path_factory.mktemp("offline")
    code = (ROOT / "tests" / "network.py").read_text("utf-8") + "\nblock()\n"
    (folder / "sitecustomize.py").write_text(code, "utf-8")
    environ = os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    with serving(
        SCRIPTED, str(folder / "feedback.jsonl"), ORIGIN, environ=environ, page=True
    ) as served:
        yield served
        assert "NetworkUsedError" not in served.log.read_text()


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        yield client


def say(client: httpx.Client, number: int, **changed: Any) -> httpx.Response:
    body = {"data": ["hello", None], "fn_index": number, "session_hash": "s", "event_data": None}
    return client.post("/gradio_api/run/predict", json=body | changed)


def number_of(client: httpx.Client, name: str) -> int:
    found: list[int] = [
        one["id"]
        for one in client.get("/config").json()["dependencies"]
        if (one["api_name"] or "").startswith(name)
    ]
    return found[0]


@pytest.mark.parametrize("path", CLOSED)
def test_gradios_other_addresses_are_unknown(client: httpx.Client, path: str) -> None:
    for response in (client.get(path), client.post(path, json={})):
        assert response.status_code == 404
        assert response.json()["error_type"] == "not_found"


@pytest.mark.parametrize(
    "path",
    [
        "//healthz",
        "//evil.example/",
        "/%2e%2e/",
        "/healthz;x=1",
        "/healthz/",
        "/HEALTHZ",
        "/healthz%00",
        "http://evil.example/healthz",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets//etc/passwd",
        "/assets/..;/..;/etc/passwd",
        "/static/%252e%252e/%252e%252e/etc/passwd",
        "/static/..%5c..%5cetc%5cpasswd",
        "/static/%ff%00",
        "/static/",
        "/gradio_api/heartbeat/%2e%2e/info",
        "/gradio_api/heartbeat/..%2f..%2ffile=%2fetc%2fpasswd",
        "/gradio_api/../config",
        "/gradio_api/run/predict/../../file=/etc/passwd",
    ],
)
def test_no_trick_in_a_path_leads_anywhere(served: Served, path: str) -> None:
    url = httpx.URL(served.url)
    connection = http.client.HTTPConnection(url.host, url.port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status in {400, 403, 404}
    assert set(json.loads(response.read())) <= {"error", "error_type", "detail"}
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    connection.close()


def test_what_describes_the_api_is_ours(client: httpx.Client) -> None:
    assert "/api/ask" in client.get("/openapi.json").json()["paths"]


def test_gradios_description_tells_of_one_function(client: httpx.Client) -> None:
    told = client.get("/gradio_api/info").json()
    assert list(told["named_endpoints"]) == ["/ask"]
    assert told["unnamed_endpoints"] == {}


@pytest.mark.parametrize(
    "data",
    [
        [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, None],
        [["a"], None],
        [7, [8]],
        ["hello", "history"],
        ["hello", [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]],
    ],
    ids=repr,
)
def test_what_is_no_question_gets_no_answer_from_the_queue(
    client: httpx.Client, served: Served, data: list[Any]
) -> None:
    number = number_of(client, "ask")
    body = {"data": data, "fn_index": number, "session_hash": repr(data)[:60]}
    joined = client.post("/gradio_api/queue/join", json=body)
    told = ""
    if joined.status_code == 200:
        stream = {"session_hash": body["session_hash"]}
        told = client.get("/gradio_api/queue/data", params=stream).text
        assert '"success": false' in told or '"success":false' in told
    assert "root:" not in told
    assert "root:" not in served.log.read_text()


def test_the_page_keeps_nothing_in_a_cookie_and_asks_for_what_there_is(
    client: httpx.Client,
) -> None:
    for path in ("/", "/config", "/theme.css", "/manifest.json", "/favicon.ico"):
        response = client.get(path)
        assert response.status_code == 200, path
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/favicon.ico", "/manifest.json"])
def test_every_part_of_the_page_carries_the_strict_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path, headers={"Origin": "https://evil.example"}).headers
    assert f"frame-ancestors 'self' {ORIGIN}" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "X-Frame-Options" not in headers
    assert "Access-Control-Allow-Origin" not in headers
    assert "Access-Control-Allow-Credentials" not in headers


def test_no_event_can_be_sent_as_a_form(client: httpx.Client) -> None:
    body = '{"data": ["hello", null], "fn_index": 0, "session_hash": "s"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = client.post(
            "/gradio_api/run/predict", content=body, headers={"Content-Type": kind}
        )
        assert (response.status_code, response.json()["error_type"]) == (415, "not_json")


def test_an_event_sent_in_pieces_or_too_large_is_refused_or_read_whole(
    client: httpx.Client,
) -> None:
    headers = {"Content-Type": "application/json"}
    pieces = (b'{"data": ["' + b"a" * 9_000 for _ in range(10))
    response = client.post("/gradio_api/run/predict", content=pieces, headers=headers)
    assert (response.status_code, response.json()["error_type"]) == (413, "body_too_large")


def test_a_forged_host_is_told_to_nobody_else(client: httpx.Client) -> None:
    response = client.get("/config", headers={"Host": "evil.example"})
    assert response.headers["Cache-Control"] == "no-store"
    page = client.get("/", headers={"Host": "evil.example"})
    assert page.headers["Cache-Control"] == "no-store"
    assert "evil.example" not in client.get("/").text


def test_what_an_exception_says_never_reaches_the_visitor(
    client: httpx.Client, served: Served
) -> None:
    response = say(client, number_of(client, "say"), data=["fail", None])
    assert response.status_code == 200
    assert "Something went wrong here" in response.text
    assert "secret" not in response.text
    assert "secret of the server" in served.log.read_text()
    for wrong in ({"fn_index": 999}, {"data": 7}, {"data": []}, {"session_hash": {"a": 1}}):
        response = say(client, number_of(client, "say"), **wrong)
        assert response.status_code in {200, 404, 422, 500}
        assert "Traceback" not in response.text


def test_a_thousand_messages_later_the_page_answers_as_fast(client: httpx.Client) -> None:
    """Gradio's statistics, left on, make every event slower than the one before."""
    number = number_of(client, "say")
    times = []
    for asked in range(1200):
        began = time.perf_counter()
        assert say(client, number, session_hash=f"s{asked % 40}").status_code == 200
        times.append(time.perf_counter() - began)
    first, last = times[100:400], times[-300:]
    assert statistics.median(last) < 2 * statistics.median(first) + 0.002


def test_questions_on_the_page_are_noted_like_any_other(
    client: httpx.Client, served: Served
) -> None:
    say(client, number_of(client, "say"), data=["Where is Alfa Romeo made?", None])
    noted: list[str] = []
    for _ in range(100):
        lines = [line for line in served.log.read_text().splitlines() if "run/predict" in line]
        noted = [json.loads(line)["outcome"] for line in lines if '"answer"' in line]
        if noted:
            break
        time.sleep(0.05)
    assert noted == ["answer"]
    assert "Alfa Romeo made" not in served.log.read_text()
    assert 'portello_questions_total{outcome="answer"}' in client.get("/metrics").text


def test_a_question_of_gradios_client_is_a_line_with_its_outcome(
    client: httpx.Client, served: Served
) -> None:
    number = number_of(client, "ask")
    for question, status in (("Is it made in Germany?", 200), ("", 422), ("fail", 500)):
        before = len(joins(served))
        body = {"data": [question, []], "fn_index": number, "session_hash": "noted"}
        assert client.post("/gradio_api/queue/join", json=body).status_code == 200
        client.get("/gradio_api/queue/data", params={"session_hash": "noted"})
        (line,) = joins(served)[before:]
        assert (line["method"], line["status"]) == ("POST", status)
        assert line.get("outcome") == ("closest" if status == 200 else None)
        assert "question" not in line
    counts = client.get("/metrics").text
    assert 'portello_refusals_total{error_type="empty_question"} 1.0' in counts


def test_a_session_that_nobody_knows_is_told_so_without_a_word_in_the_log(
    client: httpx.Client, served: Served
) -> None:
    before = served.log.read_text().count("Traceback")
    told = client.get("/gradio_api/queue/data", params={"session_hash": "nobody"})
    assert '"session_not_found":true' in told.text.replace(" ", "")
    assert served.log.read_text().count("Traceback") == before


def joins(served: Served) -> list[dict[str, Any]]:
    lines = served.log.read_text().splitlines()
    return [json.loads(line) for line in lines if '"path": "/gradio_api/queue/join"' in line]


def test_only_so_many_pages_of_an_address_hold_a_connection(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    feedback = str(tmp_path_factory.mktemp("pages") / "feedback.jsonl")
    with (
        serving(SCRIPTED, feedback, environ=os.environ | {"PORTELLO_PAGES_AT_ONCE": "2"}) as served,
        httpx.Client(base_url=served.url, timeout=30) as client,
        contextlib.ExitStack() as stack,
    ):
        alive = []
        for number in range(2):
            page = stack.enter_context(client.stream("GET", f"/gradio_api/heartbeat/{number}"))
            alive.append(page.iter_text())
            assert next(alive[-1]).startswith("data: ALIVE")
        for path in ("/gradio_api/heartbeat/3", "/gradio_api/queue/data?session_hash=s"):
            refused = client.get(path)
            assert (refused.status_code, refused.json()["error_type"]) == (429, "too_many")
            assert refused.headers["Retry-After"] == "60"
        assert "Ask me about" in say(client, number_of(client, "say")).text
        page.close()
        for _ in range(100):
            with client.stream("GET", "/gradio_api/heartbeat/4") as again:
                if again.status_code == 200:
                    break
            time.sleep(0.05)
        assert again.status_code == 200


def test_this_is_the_gradio_that_was_looked_into() -> None:
    """Whoever raises the version looks again at what the code relies on, named below."""
    major, minor = version("gradio").split(".")[:2]
    assert (major, minor) == ("6", "31"), "read bot/web/chat.py and page.py against this version"
    code = """import gradio
with gradio.Blocks(analytics_enabled=False) as page: pass
page.queue(api_open=False)
print(page.has_launched, page._queue.sleep_when_free > 0)
print(page._queue.progress_update_sleep_when_free > 0, gradio.__file__)"""
    environ = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    launched, sleeps, updates, file = done.stdout.split()
    assert (launched, sleeps, updates) == ("False", "True", "True")
    assets = Path(file).parent / "templates" / "frontend" / "assets"
    assert any(assets.glob("index-*.js"))


def test_the_page_says_itself_that_too_much_was_asked(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("limited")
    few = {"PORTELLO_QUESTIONS_PER_MINUTE": "1", "PORTELLO_QUESTIONS_AT_ONCE": "1"}
    with (
        serving(
            SCRIPTED, str(folder / "feedback.jsonl"), environ=os.environ | few, page=True
        ) as served,
        httpx.Client(base_url=served.url) as client,
    ):
        number = number_of(client, "say")
        assert "Ask me about" in say(client, number).text
        refused = say(client, number)
        assert refused.status_code == 200
        assert "Too many questions in a short time" in refused.text
        body = {"data": ["hello", None], "fn_index": number_of(client, "ask"), "session_hash": "q"}
        assert client.post("/gradio_api/queue/join", json=body).status_code == 429
