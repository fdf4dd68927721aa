"""Which addresses a content security policy lets a page use."""

import pytest

from bot.policies import policies

PAGE = "https://dealer.example/page"
CHAT = "https://chat.example/embed.js"


def allows(directives: str, url: str = CHAT, page: str = PAGE, **script: str) -> bool:
    (policy,) = policies(directives, "a header")
    return policy.allows_script(url, page, **script)


@pytest.mark.parametrize(
    "sources",
    [
        "*",
        "https:",
        "http:",
        "https://chat.example",
        "HTTPS://CHAT.EXAMPLE",
        "http://chat.example",
        "chat.example",
        "chat.example:443",
        "chat.example:*",
        "chat.example:80",
        "*.example",
        "https://*.example",
        "https://chat.example/",
        "https://chat.example/embed.js",
        "'self' 'unsafe-inline' https://chat.example",
    ],
)
def test_sources_that_name_the_chat_let_it_in(sources: str) -> None:
    assert allows(f"script-src {sources}")


@pytest.mark.parametrize(
    "sources",
    [
        "",
        "'none'",
        "'self'",
        "data:",
        "wss:",
        "'unsafe-inline'",
        "https://other.example",
        "chat.example.evil",
        "*.chat.example",
        "chat.example:8443",
        "https://chat.example/other.js",
        "https://chat.example/embed",
        "https://chat.example/embed.js/",
        "'nonce-abc'",
        "'strict-dynamic' https://chat.example",
    ],
)
def test_other_sources_keep_it_out(sources: str) -> None:
    assert not allows(f"script-src {sources}")


@pytest.mark.parametrize(
    ("url", "page", "inside"),
    [
        ("https://a.example/x", "https://a.example/", True),
        ("https://a.example/x", "http://a.example/", True),
        ("http://a.example/x", "https://a.example/", False),
        ("https://a.example:8443/x", "https://a.example/", False),
        ("http://a.example:8000/x", "http://a.example:8000/", True),
        ("https://b.a.example/x", "https://a.example/", False),
    ],
)
def test_self_is_the_pages_origin_or_its_safer_one(url: str, page: str, inside: bool) -> None:
    assert allows("script-src 'self'", url, page) is inside


def test_the_more_particular_directive_decides() -> None:
    assert not allows("script-src-elem 'self'; script-src https://chat.example")
    assert allows("script-src https://chat.example; default-src 'none'")
    assert not allows("default-src 'self'")
    assert allows("img-src 'self'; object-src 'none'")
    assert not allows("script-src 'self'; script-src https://chat.example")


def test_a_nonce_or_a_digest_lets_its_script_in() -> None:
    assert allows("script-src 'nonce-abc' 'strict-dynamic'", nonce="abc")
    assert not allows("script-src 'nonce-abc'", nonce="xyz")
    assert allows("script-src 'sha256-AAAA='", integrity="sha256-AAAA=")


def test_connections_have_a_directive_of_their_own() -> None:
    (policy,) = policies("connect-src 'self'; script-src *", "a header")
    assert not policy.allows_connection("https://chat.example/api/ask", PAGE)
    (policy,) = policies("script-src 'none'", "a header")
    assert policy.allows_connection("https://chat.example/api/ask", PAGE)


def test_a_header_may_hold_several_policies() -> None:
    first, second = policies("default-src *, script-src 'self';;", "a header")
    assert first.allows_script(CHAT, PAGE)
    assert not second.allows_script(CHAT, PAGE)
    assert policies(" , ", "a header") == []


def test_addresses_of_ipv6_are_matched_too() -> None:
    assert allows("script-src http://[::1]:7860", "http://[::1]:7860/embed.js")
    assert allows("script-src http://[::1]", "http://[::1]/embed.js")
