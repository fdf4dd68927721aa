"""How much may be asked: by one address, by all, and while others wait."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from scripted_bot import ScriptedBot
from starlette.testclient import TestClient
from test_bot_web_api import ask, refusal, settings_in, wait_until_answers

import bot.web.gate
from bot.public import Public
from bot.web.api import create_app
from bot.web.limits import Limits
from bot.web.pool import Pool
from bot.web.refusal import Refusal

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
JSON = {"Content-Type": "application/json"}


class Clock:
    """Milliseconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limits_of(clock: Clock, **changed: int) -> Limits:
    usual = {"questions_per_minute": 6, "questions_at_once": 3, "total_per_minute": 100}
    return Limits(Public(**usual | changed), clock)  # type: ignore[arg-type]


def taken(limits: Limits, address: str, times: int) -> int:
    """Return how many of several questions are let through."""
    count = 0
    for _ in range(times):
        try:
            limits.take(address)
        except Refusal:
            continue
        count += 1
    return count


def test_an_address_may_ask_some_in_a_row_and_then_at_its_pace(clock: Clock) -> None:
    limits = limits_of(clock)
    assert taken(limits, "203.0.113.7", 10) == 3
    clock.now += 10_000
    assert taken(limits, "203.0.113.7", 10) == 1
    clock.now += MINUTE
    assert taken(limits, "203.0.113.7", 10) == 3


def test_a_refusal_says_how_long_to_wait_and_waiting_helps(clock: Clock) -> None:
    limits = limits_of(clock)
    taken(limits, "203.0.113.7", 3)
    with pytest.raises(Refusal, match="Too many questions in a short time") as caught:
        limits.take("203.0.113.7")
    assert (caught.value.status, caught.value.headers) == (429, {"Retry-After": "10"})
    clock.now += 10_000
    assert taken(limits, "203.0.113.7", 1) == 1


def test_one_address_does_not_use_up_another_ones_questions(clock: Clock) -> None:
    limits = limits_of(clock)
    taken(limits, "203.0.113.7", 10)
    assert taken(limits, "203.0.113.8", 3) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("203.0.113.7", "::ffff:203.0.113.7"),
        ("fe80::1%eth0", "fe80::2%eth1"),
    ],
)
def test_a_visitor_is_no_other_for_an_address_that_costs_nothing(
    clock: Clock, one: str, other: str
) -> None:
    limits = limits_of(clock)
    taken(limits, one, 3)
    assert taken(limits, other, 3) == 0


def test_all_together_have_a_limit_too(clock: Clock) -> None:
    limits = limits_of(clock, total_per_minute=5)
    assert sum(taken(limits, f"203.0.113.{number}", 1) for number in range(9)) == 5
    with pytest.raises(Refusal, match="More questions come in") as caught:
        limits.take("203.0.113.99")
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "12"})


def test_no_address_is_kept_and_every_day_hashes_it_otherwise(clock: Clock) -> None:
    limits = limits_of(clock)
    limits.take("203.0.113.7")
    (before,) = limits._states
    kept = repr(vars(limits))
    assert "203.0.113" not in kept
    assert bytes([203, 0, 113, 7]) not in before
    clock.now += DAY
    limits.take("203.0.113.7")
    (after,) = limits._states
    assert before != after
    assert limits_of(clock)._salt != limits._salt


def test_a_flood_of_addresses_takes_bounded_memory(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.limits._ADDRESSES", 50)
    limits = limits_of(clock, total_per_minute=100_000)
    for number in range(500):
        taken(limits, f"10.0.{number // 250}.{number % 250}", 1)
    assert len(limits._states) == 50


def held(limits: Limits, address: str, times: int, stack: contextlib.ExitStack) -> int:
    """Return how many of several pages may stay open."""
    count = 0
    for _ in range(times):
        with contextlib.suppress(Refusal):
            stack.enter_context(limits.stream(address))
            count += 1
    return count


def test_only_so_many_pages_are_open_at_an_address_and_in_all(clock: Clock) -> None:
    limits = limits_of(clock, pages_at_once=3, total_pages=5)
    with contextlib.ExitStack() as stack:
        assert held(limits, "203.0.113.7", 9, stack) == 3
        with (
            pytest.raises(Refusal, match="Too many pages are open") as caught,
            limits.stream("203.0.113.7"),
        ):
            pass
        assert (caught.value.status, caught.value.headers) == (429, {"Retry-After": "60"})
        assert held(limits, "203.0.113.8", 9, stack) == 2
        with pytest.raises(Refusal, match="than there is room for") as full:
            held(limits, "203.0.113.9", 1, stack) or limits.stream("203.0.113.9").__enter__()
        assert (full.value.status, full.value.headers) == (503, {"Retry-After": "60"})
        clock.now += DAY
        limits.take("203.0.113.7")
    assert limits._open == {}
    with contextlib.ExitStack() as stack:
        assert held(limits, "203.0.113.7", 9, stack) == 3


@given(st.text(max_size=50))
def test_whatever_stands_for_an_address_has_a_limit(address: str) -> None:
    assert taken(limits_of(Clock()), address, 5) == 3


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI(openapi_url=None))


class SlowBot(ScriptedBot):
    """Answers what begins with "wait" only once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def ask(self, question: str, history: Any = ()) -> Any:
        if question.startswith("wait"):
            self.go.wait(20)
        return super().ask(question, history)


def client_of(bot: ScriptedBot, folder: Path, **changed: Any) -> TestClient:
    settings = settings_in(folder, allowed_origins=("https://dealer.example",), **changed)
    return TestClient(create_app(lambda: bot, settings))


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[TestClient]:
    changed = {"questions_per_minute": 1, "questions_at_once": 2}
    with client_of(ScriptedBot(), tmp_path, **changed) as client:
        wait_until_answers(client)
        yield client


def test_too_many_questions_get_429_with_the_seconds_to_wait(limited: TestClient) -> None:
    headers = {"Origin": "https://dealer.example"}
    responses = [
        limited.post("/api/ask", json={"question": "hello"}, headers=headers) for _ in range(3)
    ]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert refusal(responses[2]) == (429, "too_many")
    assert 50 <= int(responses[2].headers["Retry-After"]) <= 60
    assert responses[2].headers["Access-Control-Allow-Origin"] == "https://dealer.example"


def test_what_asks_nothing_costs_nothing(limited: TestClient) -> None:
    preflight = {"Origin": "https://dealer.example", "Access-Control-Request-Method": "POST"}
    for _ in range(5):
        assert limited.get("/api/suggestions").status_code == 200
        assert limited.get("/embed.js").status_code == 200
        assert limited.options("/api/ask", headers=preflight).status_code == 200
    assert ask(limited, "hello").status_code == 200


def test_broken_questions_and_thumbs_count_too(limited: TestClient) -> None:
    assert limited.post("/api/ask", content=b"{").status_code == 415
    assert limited.post("/api/feedback", json={}).status_code == 422
    assert refusal(ask(limited, "hello")) == (429, "too_many")


def test_more_than_may_wait_are_sent_away(tmp_path: Path) -> None:
    bot = SlowBot()
    with client_of(bot, tmp_path, max_waiting=2) as client:
        wait_until_answers(client)
        statuses: list[int] = []

        def asked(number: int) -> Any:
            return ask(client, f"wait {number}")

        threads = [
            # Others each, since the same question asked by several is answered once.
            threading.Thread(target=lambda n=n: statuses.append(asked(n).status_code))
            for n in range(9)
        ]
        for thread in threads:
            thread.start()
        for _ in range(500):
            if len(statuses) == 3:
                break
            threading.Event().wait(0.01)
        assert statuses == [503, 503, 503], "four are answered and two wait"
        assert refusal(ask(client, "hello")) == (503, "busy")
        bot.go.set()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200] * 6 + [503] * 3
        assert ask(client, "hello").status_code == 200


@pytest.mark.parametrize(("most", "seen"), [(0, ()), (2, ("b", "c")), (20, ("a", "b", "c"))])
def test_as_many_earlier_questions_are_looked_at_as_set(
    tmp_path: Path, most: int, seen: tuple[str, ...]
) -> None:
    bot = ScriptedBot()
    with client_of(bot, tmp_path, max_history=most) as client:
        wait_until_answers(client)
        ask(client, "hello", history=["a", "b", "c"])
    assert bot.asked[-1] == ("hello", seen)


def test_a_body_is_as_large_as_set(tmp_path: Path) -> None:
    with client_of(ScriptedBot(), tmp_path, max_body_bytes=2000) as client:
        wait_until_answers(client)
        assert ask(client, "a" * 900).status_code == 200
        assert refusal(ask(client, "a" * 2000)) == (413, "body_too_large")


def test_the_longest_question_fits_into_a_body_in_any_script(tmp_path: Path) -> None:
    with client_of(ScriptedBot(), tmp_path, max_question_chars=20_000) as client:
        wait_until_answers(client)
        assert ask(client, "😀" * 20_000).status_code == 200


def test_a_body_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.web.gate, "_BODY_SECONDS", 0.05)
    sent: list[Any] = []

    async def receive() -> Any:
        if not sent:
            await asyncio.sleep(0.03)
            return {"type": "http.request", "body": b"a", "more_body": True}
        return await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(*_: Any) -> None:
        raise AssertionError("nobody asks a half question")

    gate = bot.web.gate.Gate(app, settings_in(Path()), Limits(Public()))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/ask",
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
    }
    asyncio.run(asyncio.wait_for(gate(scope, receive, send), 5))
    assert sent[0]["status"] == 408


def test_a_length_told_in_two_ways_is_refused_and_the_connection_ended(limited: TestClient) -> None:
    headers = {"Transfer-Encoding": "chunked", "Content-Length": "21", **JSON}
    response = limited.post("/api/ask", content=b'{"question": "hello"}', headers=headers)
    assert refusal(response) == (400, "unclear_length")
    assert response.headers["Connection"] == "close"


def test_the_pool_hands_on_results_and_exceptions_and_drops_what_waits_at_the_end() -> None:
    def fail() -> None:
        raise LookupError("told")

    async def use() -> None:
        pool = Pool(1, 5, "test")
        assert await pool.run(len, "abc") == 3
        with pytest.raises(LookupError, match="told"):
            await pool.run(fail)
        go = threading.Event()
        running = asyncio.ensure_future(pool.run(go.wait, 10))
        await asyncio.sleep(0.05)
        waiting = asyncio.ensure_future(pool.run(len, "abc"))
        await asyncio.sleep(0)
        assert pool.waiting == 1
        pool.close()
        go.set()
        assert await running is True
        with pytest.raises(asyncio.CancelledError):
            await waiting
        for thread in pool._threads:
            thread.join(5)
            assert not thread.is_alive()

    asyncio.run(use())
