"""The HTTP side of the contract, with a scripted bot."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hostile import HOSTILE
from scripted_bot import ANSWER, STARTERS, ScriptedBot
from starlette.testclient import TestClient

from bot.config import Settings
from bot.web.api import create_app
from corpus.errors import PortelloError


def settings_in(folder: Path, **changed: Any) -> Settings:
    many = {"questions_per_minute": 100_000, "questions_at_once": 100_000}
    return Settings(
        name="Alfa Guide",
        contact="Call us on 555-0100",
        feedback=folder / "feedback.jsonl",
        **many | changed,
    )


def wait_until_answers(client: TestClient) -> None:
    for _ in range(500):
        if client.get("/api/suggestions").status_code == 200:
            return
        time.sleep(0.01)
    raise TimeoutError


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave Gradio out: it takes seconds to import and has its own tests in a browser."""
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI(openapi_url=None))


@pytest.fixture
def bot() -> ScriptedBot:
    return ScriptedBot()


@pytest.fixture
def client(bot: ScriptedBot, tmp_path: Path) -> Iterator[TestClient]:
    settings = settings_in(tmp_path, allowed_origins=("https://dealer.example",))
    app = create_app(lambda: bot, settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until_answers(client)
        yield client


def ask(client: TestClient, question: str, **more: Any) -> Any:
    return client.post("/api/ask", json={"question": question, **more})


def refusal(response: Any) -> tuple[int, str]:
    body = response.json()
    assert set(body) == {"error", "error_type"}
    return response.status_code, body["error_type"]


def test_answers_with_the_reply_of_the_contract(client: TestClient) -> None:
    reply = ask(client, "Where is Alfa Romeo made?").json()
    assert (reply["outcome"], reply["answer"]) == ("answer", ANSWER)
    source = reply["source"]
    start, end = source["highlight"]
    assert source["snippet"][start:end] == ANSWER
    assert len(reply["alternatives"]) == 2
    assert reply["reply_id"]


def test_abstains_with_null_where_there_is_no_answer(client: TestClient) -> None:
    reply = ask(client, "What is the capital of France?").json()
    assert (reply["outcome"], reply["answer"], reply["source"]) == ("abstain", None, None)
    assert reply["suggestions"] == list(STARTERS[:2])


def test_hands_the_earlier_questions_to_the_bot(client: TestClient, bot: ScriptedBot) -> None:
    ask(client, "hello", history=["first", "second"])
    assert bot.asked[-1] == ("hello", ("first", "second"))


def test_looks_at_the_last_twenty_earlier_questions(client: TestClient, bot: ScriptedBot) -> None:
    assert ask(client, "hello", history=[str(n) for n in range(30)]).status_code == 200
    assert bot.asked[-1][1] == tuple(str(n) for n in range(10, 30))


def test_suggestions_are_the_starters_with_name_and_contact(client: TestClient) -> None:
    assert client.get("/api/suggestions").json() == {
        "name": "Alfa Guide",
        "contact": "Call us on 555-0100",
        "suggestions": list(STARTERS),
    }


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        (b"", "invalid_input"),
        (b"{", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[" * 60_000, "invalid_json"),
        (b"[]", "invalid_input"),
        (b"null", "invalid_input"),
        (b"{}", "invalid_input"),
        (b'{"question": 7}', "invalid_input"),
        (b'{"question": null}', "invalid_input"),
        (b'{"question": ["a"]}', "invalid_input"),
        (b'{"question": "a", "history": "b"}', "invalid_input"),
        (b'{"question": "a", "history": [1]}', "invalid_input"),
        (b'{"question": "a", "hist": []}', "invalid_input"),
        (rb'{"question": "\ud800"}', "invalid_input"),
        (rb'{"question": "a", "history": ["\udfff"]}', "invalid_input"),
        (rb'{"question": "a", "\ud800": 1}', "invalid_input"),
        (b'{"question": ""}', "empty_question"),
        (b'{"question": " \\n\\t"}', "empty_question"),
    ],
)
def test_refuses_bad_input_with_422(client: TestClient, body: bytes, error_type: str) -> None:
    response = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})
    assert refusal(response) == (422, error_type)


def test_says_which_field_is_wrong(client: TestClient) -> None:
    assert ask(client, "hello", history=["a", 2]).json()["error"].startswith("history.1: ")


def test_refuses_a_question_or_an_earlier_one_that_is_too_long(client: TestClient) -> None:
    assert refusal(ask(client, "a" * 1001)) == (413, "question_too_long")
    assert refusal(ask(client, "a", history=["a" * 1001])) == (413, "question_too_long")
    assert ask(client, "a" * 1000).status_code == 200


@pytest.mark.parametrize("size", [70_000, 1_000_000, 6_000_000])
def test_refuses_a_body_that_is_too_large(client: TestClient, size: int) -> None:
    assert refusal(ask(client, "a" * size)) == (413, "body_too_large")


def test_refuses_a_large_body_that_comes_in_pieces(client: TestClient) -> None:
    response = client.post(
        "/api/ask",
        content=(b"a" * 10_000 for _ in range(10)),
        headers={"Content-Type": "application/json"},
    )
    assert refusal(response) == (413, "body_too_large")


def test_takes_a_body_that_comes_in_pieces(client: TestClient) -> None:
    pieces = iter((b'{"question": ', b'"hello"}'))
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert client.post("/api/ask", content=pieces, headers=headers).status_code == 200


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_refuses_what_a_form_could_post(client: TestClient, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.post("/api/ask", content=b'{"question": "hello"}', headers=headers)
    assert refusal(response) == (415, "not_json")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/docs",
        "/redoc",
        "/api",
        "/api/ask/",
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=http://evil.example",
        "/gradio_api/queue/status",
        "/gradio_api/component_server",
        "/gradio_api/deep_link",
        "/gradio_api/runs",
        "/gradio_api/mcp/",
        "/gradio_api/openapi.json",
        "/monitoring",
        "/monitoring/summary",
        "/login",
        "/file=/etc/passwd",
    ],
)
def test_knows_no_other_address(client: TestClient, path: str) -> None:
    assert refusal(client.get(path)) == (404, "not_found")
    assert refusal(client.post(path, json={})) == (404, "not_found")


def test_refuses_other_methods(client: TestClient) -> None:
    response = client.get("/api/ask")
    assert refusal(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"
    assert refusal(client.delete("/healthz")) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/embed.js", "/faq"])
def test_what_watches_a_server_may_ask_for_the_head_alone(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == client.get(path).status_code == 200


def test_never_tells_what_an_exception_says(client: TestClient) -> None:
    response = ask(client, "fail")
    assert refusal(response) == (500, "internal_error")
    assert "secret" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_survives_hostile_questions(client: TestClient) -> None:
    statuses = {
        question: ask(client, question, history=[question[:100]]).status_code
        for question in HOSTILE
    }
    assert len(statuses) > 100
    for question, status in statuses.items():
        expected = 413 if len(question) > 1000 else 200 if question.strip() else 422
        assert status == expected, repr(question[:50])


def test_every_response_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/healthz", "/embed.js", "/nothing", "/api/ask"):
        headers = client.get(path).headers
        assert "frame-ancestors 'self' https://dealer.example" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "X-Frame-Options" not in headers


def test_only_a_file_that_is_there_is_kept_for_ever(client: TestClient) -> None:
    """Else one that is asked for while the server starts would be missing for a year."""
    response = client.get("/assets/index-abc.js")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"


def test_data_carries_the_strictest_policy(client: TestClient) -> None:
    for path in ("/healthz", "/api/suggestions", "/nothing"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), path


def test_a_preflight_and_a_broken_request_carry_the_headers_too(client: TestClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for response in (client.options("/api/ask", headers=asked), ask(client, "fail")):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors" in response.headers["Content-Security-Policy"]


def test_answers_for_its_own_hosts_alone_where_they_are_named(
    bot: ScriptedBot, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, allowed_hosts=("chat.example", "localhost:8000"))
    with TestClient(create_app(lambda: bot, settings)) as client:
        for host, status in (("chat.example", 200), ("LOCALHOST:8000", 200), ("evil.example", 421)):
            assert client.get("/embed.js", headers={"Host": host}).status_code == status
        assert refusal(client.get("/api/suggestions")) == (421, "wrong_host")
        assert client.get("/healthz").status_code == 200


def test_allowed_origins_alone_may_read_replies(client: TestClient) -> None:
    def allowed(origin: str) -> str | None:
        response = client.post("/api/ask", json={"question": "hello"}, headers={"Origin": origin})
        assert "Access-Control-Allow-Credentials" not in response.headers
        return response.headers.get("Access-Control-Allow-Origin")

    assert allowed("https://dealer.example") == "https://dealer.example"
    for other in (
        "https://evil.example",
        "null",
        "",
        "HTTPS://Dealer.example",
        "http://dealer.example",
        "https://dealer.example.",
        "https://dealer.example:443",
        "https://dealer.example:8443",
        "https://dealer.example/",
        "https://dealer.example.evil.example",
        "https://evil.example#https://dealer.example",
        "https://dealer.example, https://evil.example",
    ):
        assert allowed(other) is None, other


def test_a_refusal_can_be_read_by_an_allowed_origin(client: TestClient) -> None:
    """Else the widget couldn't tell a refusal from a server that is gone."""
    headers = {"Origin": "https://dealer.example", "Content-Type": "application/json"}
    for body in (b"{", b"a" * 100_000, b'{"question": "fail"}'):
        response = client.post("/api/ask", content=body, headers=headers)
        assert response.status_code in {413, 422, 500}
        assert response.headers["Access-Control-Allow-Origin"] == "https://dealer.example"
        assert response.headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_a_preflight_from_an_allowed_origin_passes(client: TestClient) -> None:
    headers = {
        "Origin": "https://dealer.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    assert client.options("/api/ask", headers=headers).status_code == 200
    for changed in (
        {"Origin": "https://evil.example"},
        {"Access-Control-Request-Method": "DELETE"},
        {"Access-Control-Request-Headers": "content-type, x-other"},
    ):
        assert client.options("/api/ask", headers=headers | changed).status_code == 400


def test_the_widget_is_served_as_javascript(client: TestClient) -> None:
    response = client.get("/embed.js")
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "portello" in response.text
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_openapi_describes_every_route_and_refusal(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/api/ask", "/api/feedback", "/api/suggestions", "/healthz", "/readyz"}
    responses = paths["/api/ask"]["post"]["responses"]
    assert {"200", "413", "415", "422", "429", "503"} <= set(responses)
    schema = responses["422"]["content"]["application/json"]["schema"]
    assert schema["$ref"].endswith("/Error")


def rated(folder: Path) -> list[dict[str, Any]]:
    file = folder / "feedback.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_feedback_is_kept_without_the_question(client: TestClient, tmp_path: Path) -> None:
    reply_id = ask(client, "Where is Alfa Romeo made?").json()["reply_id"]
    opinion = {"reply_id": reply_id, "helpful": True, "comment": "merci " * 300}
    assert client.post("/api/feedback", json=opinion).json() == {"recorded": True}
    (line,) = rated(tmp_path)
    assert line.pop("time")
    assert line == {
        "reply_id": reply_id,
        "source": "Where Is Alfa Romeo Made?",
        "outcome": "answer",
        "helpful": True,
        "comment": ("merci " * 300)[:1000],
    }


def test_the_same_thumb_again_is_kept_once(client: TestClient, tmp_path: Path) -> None:
    reply_id = ask(client, "hello").json()["reply_id"]
    for helpful in (True, True, False):
        client.post("/api/feedback", json={"reply_id": reply_id, "helpful": helpful})
    assert [line["helpful"] for line in rated(tmp_path)] == [True, False]


def test_feedback_on_a_reply_never_given_is_refused(client: TestClient, tmp_path: Path) -> None:
    response = client.post("/api/feedback", json={"reply_id": "forged", "helpful": True})
    assert refusal(response) == (404, "unknown_reply")
    assert not (tmp_path / "feedback.jsonl").exists()


@pytest.mark.parametrize("helpful", ["yes", 1, None])
def test_a_thumb_is_true_or_false(client: TestClient, helpful: object) -> None:
    response = client.post("/api/feedback", json={"reply_id": "x", "helpful": helpful})
    assert refusal(response) == (422, "invalid_input")


def test_says_so_when_feedback_cannot_be_kept(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "feedback.jsonl").mkdir()
    reply_id = ask(client, "hello").json()["reply_id"]
    response = client.post("/api/feedback", json={"reply_id": reply_id, "helpful": True})
    assert refusal(response) == (503, "feedback_unavailable")


def test_is_alive_at_once_and_ready_when_the_bot_is_warm(tmp_path: Path) -> None:
    bot, loaded = ScriptedBot(), threading.Event()

    def load() -> ScriptedBot:
        loaded.wait(10)
        return bot

    with TestClient(create_app(load, settings_in(tmp_path))) as client:
        assert client.get("/healthz").status_code == 200
        for response in (client.get("/readyz"), ask(client, "hello"), client.get("/config")):
            assert refusal(response) == (503, "not_ready")
            assert int(response.headers["Retry-After"]) > 0
        waiting = client.get("/")
        assert waiting.status_code == 503
        assert "One moment" in waiting.text
        loaded.set()
        wait_until_answers(client)
        assert bot.asked, "no question warmed it"
        for _ in range(500):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.01)
        assert client.get("/readyz").json() == {"status": "ready"}


def test_a_bot_that_fails_to_load_is_reported(tmp_path: Path) -> None:
    failures: list[Exception] = []
    reported = threading.Event()

    def load() -> ScriptedBot:
        raise PortelloError("the corpus is empty; add pages")

    def on_failure(error: Exception) -> None:
        failures.append(error)
        reported.set()

    with TestClient(create_app(load, settings_in(tmp_path), on_failure)) as client:
        assert reported.wait(10)
        assert client.get("/readyz").status_code == 503
    assert [str(error) for error in failures] == ["the corpus is empty; add pages"]


def test_stops_while_the_bot_is_still_loading(tmp_path: Path) -> None:
    never = threading.Event()

    def load() -> ScriptedBot:
        never.wait(30)
        return ScriptedBot()

    started = time.monotonic()
    with TestClient(create_app(load, settings_in(tmp_path))) as client:
        assert client.get("/healthz").status_code == 200
    assert time.monotonic() - started < 5
    never.set()
