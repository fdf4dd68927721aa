"""What is noted of requests: the access log and the counts for Prometheus."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from scripted_bot import ScriptedBot
from starlette.testclient import TestClient
from test_bot_web_api import ask, settings_in, wait_until_answers

from bot.web.api import create_app
from bot.web.journal import AccessLog
from bot.web.metrics import may_read, route_of
from corpus.errors import PortelloError

HERE = ("127.0.0.1", 50_000)


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI(openapi_url=None))


def client_in(folder: Path, address: tuple[str, int] = HERE, **changed: Any) -> TestClient:
    changed = {"access_log": str(folder / "log" / "access.jsonl")} | changed
    app = create_app(ScriptedBot, settings_in(folder, **changed))
    return TestClient(app, raise_server_exceptions=False, client=address)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path) as client:
        wait_until_answers(client)
        yield client


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "log" / "access.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_question_is_a_line_with_its_outcome_and_without_its_words(
    client: TestClient, tmp_path: Path
) -> None:
    reply = ask(client, "Where is Alfa Romeo made?", history=["My secret"]).json()
    line = lines(tmp_path)[-1]
    assert line.pop("time").endswith("+00:00")
    assert line.pop("ms") > 0
    assert line.pop("bytes") > 500
    assert line == {
        "method": "POST",
        "path": "/api/ask",
        "status": 200,
        "outcome": "answer",
        "confidence": 0.97,
        "reply_id": reply["reply_id"],
    }


def test_no_way_of_asking_leaves_words_or_addresses_in_the_log(
    client: TestClient, tmp_path: Path
) -> None:
    ask(client, "a secret thing")
    ask(client, "a secret thing" * 100)
    client.get("/faq", params={"q": "a secret thing"})
    client.post("/api/feedback", json={"reply_id": "x", "helpful": True, "comment": "secret"})
    text = (tmp_path / "log" / "access.jsonl").read_text("utf-8")
    assert "secret" not in text
    assert HERE[0] not in text
    assert '"path": "/faq"' in text


def test_questions_stand_in_the_log_where_the_owner_wants_them(tmp_path: Path) -> None:
    with client_in(tmp_path, log_questions=True) as client:
        wait_until_answers(client)
        ask(client, "Zürich?\n\x1b[31m")
    assert lines(tmp_path)[-1]["question"] == "Zürich?\n\x1b[31m"
    assert "\x1b" not in (tmp_path / "log" / "access.jsonl").read_text("utf-8")


def test_a_refusal_is_a_line_that_says_why(client: TestClient, tmp_path: Path) -> None:
    before = len(lines(tmp_path))
    expected = [
        (ask(client, "").status_code, "empty_question"),
        (client.post("/api/ask", content=b"{").status_code, "not_json"),
        (client.post("/api/ask", json={"question": 7}).status_code, "invalid_input"),
        (ask(client, "a" * 100_000).status_code, "body_too_large"),
        (client.get("/nothing").status_code, "not_found"),
        (client.delete("/healthz").status_code, "method_not_allowed"),
        (client.get("/faq?q=").status_code, "empty_question"),
        (ask(client, "fail").status_code, "internal_error"),
    ]
    noted = lines(tmp_path)[before:]
    assert [(line["status"], line["error_type"]) for line in noted] == expected


def test_a_long_address_is_cut(client: TestClient, tmp_path: Path) -> None:
    client.get("/" + "a" * 5000)
    assert len(lines(tmp_path)[-1]["path"]) == 200


def test_files_of_the_page_have_no_line_unless_one_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = FastAPI(openapi_url=None)
    for path in ("/", "/assets/here.js"):
        page.add_api_route(path, lambda: "1")
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: page)
    with client_in(tmp_path) as client:
        for _ in range(200):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.01)
        for path in ("/", "/assets/here.js"):
            assert client.get(path).status_code == 200
        assert client.get("/assets/missing.js").status_code == 404
    assert [line["path"] for line in lines(tmp_path) if "assets" in line["path"]] == [
        "/assets/missing.js"
    ]


def test_standard_error_is_the_usual_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with client_in(tmp_path, access_log="-") as client:
        client.get("/healthz")
    line = json.loads(capsys.readouterr().err.splitlines()[0])
    assert (line["path"], line["status"]) == ("/healthz", 200)


def test_an_empty_text_turns_the_log_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with client_in(tmp_path, access_log="") as client:
        client.get("/healthz")
    assert capsys.readouterr().err == ""
    assert not (tmp_path / "log").exists()


def test_a_log_that_cannot_be_written_ends_the_start_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PortelloError, match=r"access log can't be written \(.*\); set access_log"):
        AccessLog(str(tmp_path / "file" / "access.jsonl"), with_questions=False)


def metrics(client: TestClient) -> dict[tuple[str, ...], float]:
    """Return every sample under its name and the values of its labels."""
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_questions_are_counted_by_outcome_and_timed(client: TestClient) -> None:
    ask(client, "Where is Alfa Romeo made?")
    client.get("/faq?q=What+is+the+capital+of+France")
    ask(client, "Is it made in Germany?")
    ask(client, "Is it made in Germany?")
    told = metrics(client)
    counts = {
        outcome: told["portello_questions_total", outcome]
        for outcome in ("answer", "closest", "abstain", "smalltalk")
    }
    assert counts == {"answer": 1, "closest": 2, "abstain": 1, "smalltalk": 0}
    assert told["portello_question_seconds_count",] == 4
    assert told["portello_question_seconds_bucket", "10.0"] == 4
    assert told["portello_waiting",] == 0
    assert told["portello_requests_total", "POST", "/api/ask", "200"] == 3


def test_limits_hit_and_thumbs_are_counted(tmp_path: Path) -> None:
    few = {"questions_per_minute": 1, "questions_at_once": 3}
    with client_in(tmp_path, **few) as client:
        wait_until_answers(client)
        reply_id = ask(client, "hello").json()["reply_id"]
        client.post("/api/feedback", json={"reply_id": reply_id, "helpful": False})
        ask(client, "a" * 1001)
        ask(client, "hello")
        client.get("/faq?q=hello")
        told = metrics(client)
    assert told["portello_refusals_total", "question_too_long"] == 1
    assert told["portello_refusals_total", "too_many"] == 2
    assert told["portello_thumbs_total", "no"] == 1


def test_strangers_cannot_make_up_labels(client: TestClient) -> None:
    before = len(metrics(client))
    for number in range(20):
        client.get(f"/made-up-{number}")
        client.request(f"MADE{number}", "/")
    assert len(metrics(client)) <= before + 12


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.7", {}, 404),
        ("testclient", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, 404),
        ("203.0.113.7", {"X-Forwarded-For": "127.0.0.1"}, 404),
    ],
)
def test_counts_are_told_to_this_machine_alone(
    tmp_path: Path, address: str, headers: dict[str, str], status: int
) -> None:
    client = client_in(tmp_path, (address, 5), access_log="")
    assert client.get("/metrics", headers=headers).status_code == status


def test_a_visitor_behind_a_trusted_proxy_is_not_this_machine(tmp_path: Path) -> None:
    client = client_in(tmp_path, trusted_proxies=("127.0.0.1",), access_log="")
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    assert client.get("/metrics", headers=forwarded).status_code == 404
    assert client.get("/metrics").status_code == 200


def test_who_may_read_is_a_setting() -> None:
    assert may_read("10.1.2.3", ("10.0.0.0/8",))
    assert may_read("::ffff:10.1.2.3", ("10.0.0.0/8",))
    assert not may_read("127.0.0.1", ())
    assert not may_read("", ("127.0.0.1",))


def test_a_path_is_counted_under_its_route() -> None:
    assert route_of("/assets/index-abc.js") == "/assets/"
    assert route_of("/gradio_api/heartbeat/x1") == "/gradio_api/heartbeat/"
    assert route_of("/api/ask") == "/api/ask"
    assert route_of("/gradio_api/queue/join") == "/gradio_api/queue/join"
    assert route_of("/wp-login.php") == "other"
