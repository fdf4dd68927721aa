"""Connections that are held open by sending or reading next to nothing."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from bot.web import connection
from bot.web.server import listening

HEAD = 0.6
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Any, _receive: Any, send: Any) -> None:
    """Reply at once, or after twice the time a head has, or with more than a socket takes."""
    if scope["path"] == "/slow":
        await asyncio.sleep(2 * HEAD)
    size = 50_000_000 if scope["path"] == "/much" else 2
    headers = [(b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    with contextlib.suppress(OSError):
        for start in range(0, size, 1_000_000):
            part = b"a" * min(size - start, 1_000_000)
            more = start + len(part) < size
            await send({"type": "http.response.body", "body": part, "more_body": more})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connection, "HEAD_SECONDS", HEAD)
    monkeypatch.setattr(connection, "READ_SECONDS", HEAD)
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(
            uvicorn.Config(app, http=connection.Connection, log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def closed_after(port: int, first: bytes, drip: bytes = b"", most: float = 4 * HEAD) -> float:
    """Return the seconds until the server closes a connection, ``most`` if it doesn't."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(0.05)
        client.sendall(first)
        while time.monotonic() - began < most:
            try:
                if not client.recv(10_000):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
            with contextlib.suppress(OSError):
                client.sendall(drip)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\n", b"X: a\r\n"),
        (GET + b"GET / HT", b"a"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", b"a"),
    ],
    ids=["nothing", "a slow head", "a slow second head", "a slow body after the reply"],
)
def test_who_sends_next_to_nothing_is_not_waited_for(port: int, first: bytes, drip: bytes) -> None:
    assert HEAD * 0.9 < closed_after(port, first, drip) < 3 * HEAD


POST = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ([b"\0\r\n\r\n"], b"HTTP/1.1 400"),
        ([POST + b"no chunk\r\n"], b"HTTP/1.1 400"),
        ([POST, b"no chunk\r\n"], b"HTTP/1.1 200"),
        ([POST.replace(b"/", b"/slow", 1), b"no chunk\r\n"], b"HTTP/1.1 400"),
    ],
    ids=["at once", "before the reply", "after the reply", "during the reply"],
)
def test_what_is_no_http_ends_the_connection_without_a_word_of_python(
    port: int, sent: list[bytes], reply: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        for part in sent:
            client.sendall(part)
            time.sleep(HEAD / 4)
        told = b""
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(10_000):
                told += part
    assert told.startswith(reply)
    if reply.endswith(b"400"):
        head, _, body = told.partition(b"\r\n\r\n")
        assert json.loads(body) == {"error": "This is no HTTP request.", "error_type": "no_http"}
        for name in (b"Content-Security-Policy", b"X-Content-Type-Options", b"Permissions-Policy"):
            assert name in head
    time.sleep(2 * HEAD)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("other", [b"websocket", b"h2c"])
def test_a_wish_for_another_protocol_is_passed_over(
    port: int, other: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    wish = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: " + other
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(wish + b"\r\nSec-WebSocket-Version: 13\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    assert caplog.text == ""


def test_an_answer_may_take_longer_than_a_question(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.connect()
    ours = client.sock.getsockname()
    for path in ("/slow", "/", "/slow"):
        client.request("GET", path)
        assert client.getresponse().read() == b"aa"
        assert client.sock.getsockname() == ours
    client.close()


def test_who_reads_nothing_is_let_go(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(GET.replace(b"/ ", b"/much ", 1))
        time.sleep(3 * HEAD)
        taken = 0
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(1_000_000):
                taken += len(part)
    assert taken < 50_000_000


def test_who_reads_slowly_gets_all(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(GET.replace(b"/ ", b"/much ", 1))
        taken, began = 0, time.monotonic()
        while taken < 50_000_000:
            taken += len(client.recv(4_000_000))
            time.sleep(HEAD / 10)
    assert time.monotonic() - began > HEAD
