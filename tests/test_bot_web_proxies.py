"""Whose word counts about who is asking."""

import asyncio
import logging
from typing import Any

import pytest

from bot.web.proxies import Proxies

FORGED = {
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    "x-gradio-server": "http://evil.example",
}


def passed_on(
    trusted: tuple[str, ...] = (),
    prefix: str = "",
    peer: str = "127.0.0.1",
    path: str = "/",
    **headers: str,
) -> dict[str, Any]:
    """Return what the application behind is given."""
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "scheme": "http", "client": (peer, 5), "headers": sent}
    asyncio.run(Proxies(app, trusted, prefix)(scope, None, None))  # type: ignore[arg-type]
    return seen


def test_a_strangers_word_about_itself_is_not_believed() -> None:
    seen = passed_on((), **FORGED)
    assert (seen["client"], seen["scheme"]) == (("127.0.0.1", 5), "http")
    assert seen["portello.unknown_proxy"]


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8"])
def test_a_trusted_proxy_tells_the_visitors_address_and_scheme(trusted: str) -> None:
    seen = passed_on((trusted,), **FORGED)
    assert (seen["client"][0], seen["scheme"]) == ("203.0.113.7", "https")
    assert not seen["portello.unknown_proxy"]


def test_a_trusted_proxy_is_known_by_either_way_of_writing_its_address() -> None:
    seen = passed_on(("127.0.0.1",), peer="::ffff:127.0.0.1", **FORGED)
    assert seen["client"][0] == "203.0.113.7"
    assert passed_on((), peer="::ffff:203.0.113.9")["client"][0] == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:db8::7]:51234", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("", "127.0.0.1"),
    ],
)
def test_a_port_is_no_part_of_a_visitors_address(forwarded: str, address: str) -> None:
    assert passed_on(("127.0.0.1",), x_forwarded_for=forwarded)["client"][0] == address


def test_a_line_that_the_visitor_put_before_the_proxys_own_does_not_count() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    lines = [(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-for", b"203.0.113.7")]
    scope = {"type": "http", "path": "/", "client": ("127.0.0.1", 5), "headers": lines}
    asyncio.run(Proxies(app, ("127.0.0.1",))(scope, None, None))  # type: ignore[arg-type]
    assert seen["client"][0] == "203.0.113.7"


def test_of_several_addresses_the_last_untrusted_one_counts() -> None:
    forwarded = "1.1.1.1, 203.0.113.7, 10.0.0.2"
    seen = passed_on(("127.0.0.1", "10.0.0.0/8"), x_forwarded_for=forwarded)
    assert seen["client"][0] == "203.0.113.7"


@pytest.mark.parametrize("trusted", [(), ("127.0.0.1",)])
def test_nothing_a_proxy_told_is_left_for_gradio(trusted: tuple[str, ...]) -> None:
    assert passed_on(trusted, host="a", **FORGED)["headers"] == [(b"host", b"a")]


def test_a_request_without_a_proxy_comes_from_where_it_comes_from() -> None:
    seen = passed_on(())
    assert not seen["portello.unknown_proxy"]
    assert seen["client"] == ("127.0.0.1", 5)


def test_says_once_that_a_proxy_is_not_trusted(caplog: pytest.LogCaptureFixture) -> None:
    async def app(*_: Any) -> None:
        pass

    proxies = Proxies(app, ())
    headers = [(b"x-forwarded-for", b"203.0.113.7")]
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            scope = {"type": "http", "path": "/", "client": ("127.0.0.1", 5), "headers": headers}
            asyncio.run(proxies(scope, None, None))  # type: ignore[arg-type]
    (line,) = caplog.messages
    assert "through 127.0.0.1" in line
    assert "add its address to trusted_proxies" in line
    assert "203.0.113.7" not in line


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/chat/api/ask", "/api/ask"),
        ("/chat/", "/"),
        ("/api/ask", "/api/ask"),
        ("/chatter/x", "/chatter/x"),
        ("/", "/"),
    ],
)
def test_the_prefix_is_taken_off_where_the_proxy_left_it(path: str, inside: str) -> None:
    assert passed_on(prefix="/chat", path=path)["path"] == inside
