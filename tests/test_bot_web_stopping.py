"""Told to stop, the server takes nothing new, finishes what runs, and is gone within 10 seconds."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import SCRIPTED, Served, serving

from bot.config import Settings
from bot.web.desk import Desk
from bot.web.page import Page

RUNNING = b'{"question": "sleep 2"}'
STUCK = b'{"question": "sleep 60"}'


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server; ``serving`` fails at the end unless it exits with 0."""
    with serving(SCRIPTED, str(tmp_path / "feedback.jsonl")) as served:
        yield served


def ask(url: str, body: bytes, into: list[int]) -> threading.Thread:
    """Ask in a thread that adds the status, or 0 where the connection was cut."""

    def run() -> None:
        try:
            kind = {"Content-Type": "application/json"}
            response = httpx.post(f"{url}api/ask", content=body, headers=kind, timeout=30)
            into.append(response.status_code)
        except httpx.TransportError:
            into.append(0)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.5)
    return thread


def seconds_to_stop(served: Served, sent: signal.Signals = signal.SIGTERM) -> float:
    began = time.monotonic()
    served.process.send_signal(sent)
    assert served.process.wait(15) == 0
    return time.monotonic() - began


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(served: Served, sent: signal.Signals) -> None:
    assert seconds_to_stop(served, sent) < 3


def test_what_runs_is_answered_and_nothing_new_is_taken(served: Served) -> None:
    statuses: list[int] = []
    running = ask(served.url, RUNNING, statuses)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.7)
    port = httpx.URL(served.url).port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0), 1)
    running.join()
    assert statuses == [200]
    assert served.process.wait(5) == 0


def test_what_never_ends_does_not_keep_the_server(served: Served) -> None:
    statuses: list[int] = []
    stuck = [ask(served.url, STUCK, statuses) for _ in range(5)]
    assert seconds_to_stop(served) < 10
    for thread in stuck:
        thread.join()
    assert set(statuses) <= {0, 500}


def test_an_open_page_does_not_keep_the_server(served: Served) -> None:
    with httpx.stream("GET", f"{served.url}gradio_api/heartbeat/session1", timeout=20) as stream:
        assert next(stream.iter_text()).startswith("data: ALIVE")
        assert seconds_to_stop(served) < 4


def test_a_question_of_gradios_client_is_answered_before_the_server_stops(served: Served) -> None:
    with httpx.Client(base_url=served.url, timeout=20) as client:
        found = client.get("/config").json()["dependencies"]
        (number,) = (each["id"] for each in found if each["api_name"] == "ask")
        body = {"data": ["sleep 1", []], "fn_index": number, "session_hash": "s"}
        assert client.post("/gradio_api/queue/join", json=body).status_code == 200
        with client.stream("GET", "/gradio_api/queue/data?session_hash=s") as stream:
            told = stream.iter_lines()
            assert "estimation" in next(told)
            served.process.send_signal(signal.SIGTERM)
            assert any('"msg":"process_completed"' in line and "outcome" in line for line in told)
    assert served.process.wait(9) == 0


def test_half_a_question_does_not_keep_the_server(served: Served) -> None:
    port = httpx.URL(served.url).port
    with socket.create_connection(("127.0.0.1", port or 0)) as client:
        head = "POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        time.sleep(0.5)
        assert seconds_to_stop(served) < 5
    assert "Traceback" not in served.log.read_text()


def test_looking_whether_a_client_is_still_there_leaves_nothing_behind() -> None:
    async def never() -> None:
        await asyncio.Future()

    async def look() -> int:
        receive = Page(Desk(Settings()))._until_the_end(never, 0)  # type: ignore[arg-type]
        for _ in range(20):
            looking = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(look()) == 1
