"""Behind Debian's nginx, with TLS and under a prefix, set up as the README says."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from scripted_bot import ANSWER
from serving import SCRIPTED, serving
from test_project import block_with

from bot.config import load_settings

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx isn't installed")

HOST = "chat.localhost"


@dataclass(frozen=True)
class Proxied:
    """A server behind nginx: the address of the chat, and a client that trusts its certificate."""

    url: str
    client: httpx.Client


@pytest.fixture(scope="module", params=["/", ""], ids=["prefix taken off", "prefix left"])
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    site = block_with("toml", "behind a proxy").replace("chat.example.com", f"{HOST}:{port}")
    (folder / "site.toml").write_text(site, "utf-8")
    settings = load_settings(folder / "site.toml")
    environ = os.environ | {
        "PORTELLO_PREFIX": settings.prefix,
        "PORTELLO_TRUSTED_PROXIES": ",".join(settings.trusted_proxies),
        "PORTELLO_ALLOWED_HOSTS": ",".join(settings.allowed_hosts),
    }
    with serving(SCRIPTED, str(folder / "feedback.jsonl"), environ=environ) as served:
        certify(folder)
        backend = f"127.0.0.1:{httpx.URL(served.url).port}{request.param};"
        config = block_with("nginx", "location /chat/").replace("127.0.0.1:7860/;", backend)
        with (
            nginx(folder, config, port),
            httpx.Client(verify=False, headers={"Host": f"{HOST}:{port}"}) as client,
        ):
            client.get(f"https://127.0.0.1:{port}/chat/", timeout=60)  # Has the page loaded.
            yield Proxied(f"https://{HOST}:{port}/chat/", client)
        assert "Traceback" not in served.log.read_text()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def certify(folder: Path) -> None:
    """Make a certificate of our own."""
    pair = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *pair,
         "-subj", f"/CN={HOST}"],
        check=True, capture_output=True,
    )  # fmt: skip


@contextlib.contextmanager
def nginx(folder: Path, server: str, port: int) -> Iterator[None]:
    """Run nginx with the README's server, on a port of our own and all its files in a folder."""
    server = (
        server.replace("listen 443", f"listen 127.0.0.1:{port}")
        .replace("chat.example.com;", f"{HOST};")
        .replace("/etc/ssl/chat.example.com.pem", str(folder / "cert.pem"))
        .replace("/etc/ssl/chat.example.com.key", str(folder / "key.pem"))
    )
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
        f" http {{ access_log off; {temporary} types {{}} {server} }}",
        "utf-8",
    )
    command = [str(NGINX), "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(config)]
    process = subprocess.Popen(command)
    try:
        wait_for(port, process, folder / "error.log")
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(log.read_text())


def local(url: str) -> str:
    """Return an address with this machine's own number, for clients that look names up."""
    return url.replace(HOST, "127.0.0.1")


def test_the_api_answers_under_the_prefix(proxied: Proxied) -> None:
    question = {"question": "Where is Alfa Romeo made?"}
    reply = proxied.client.post(local(f"{proxied.url}api/ask"), json=question)
    assert reply.json()["answer"] == ANSWER
    described = proxied.client.get(local(f"{proxied.url}openapi.json")).json()
    assert described["servers"] == [{"url": "/chat"}]
    assert "portello" in proxied.client.get(local(f"{proxied.url}embed.js")).text


def test_the_page_knows_that_it_came_over_tls_and_under_a_prefix(proxied: Proxied) -> None:
    assert proxied.client.get(local(f"{proxied.url}config")).json()["root"] == proxied.url[:-1]
    html = proxied.client.get(local(proxied.url)).text
    assert re.findall(r"http://\w*\.localhost\S*", html) == []
    moved = proxied.client.get(local(proxied.url[:-1]))
    assert moved.status_code == 301
    assert moved.headers["Location"].endswith("/chat/")


def test_text_comes_compressed(proxied: Proxied) -> None:
    for path in ("", "embed.js", "api/suggestions", "faq"):
        response = proxied.client.get(local(f"{proxied.url}{path}"))
        assert response.status_code == 200
        packed = response.headers.get("Content-Encoding") == "gzip"
        assert packed is (path in ("", "embed.js") or len(response.content) > 100), path


def test_another_host_is_refused(proxied: Proxied) -> None:
    response = proxied.client.get(local(proxied.url), headers={"Host": "evil.example"})
    assert response.status_code == 421


def test_a_visitor_cannot_make_up_an_address(proxied: Proxied) -> None:
    for forged in ("203.0.113.7", "127.0.0.1, 203.0.113.7"):
        headers = {"X-Forwarded-For": forged, "X-Forwarded-Host": "evil.example"}
        config = proxied.client.get(local(f"{proxied.url}config"), headers=headers)
        assert config.json()["root"] == proxied.url[:-1]
        counts = proxied.client.get(local(f"{proxied.url}metrics"), headers=headers)
        assert counts.status_code == 200, "nginx tells the address that it sees: this machine's"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )


@pytest.mark.browser
def test_a_browser_chats_through_the_proxy(proxied: Proxied, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "console",
        lambda said: (
            faults.append(f"{said.text} {said.location}") if said.type == "error" else None
        ),
    )
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("response", lambda seen: faults.append(seen.url) if seen.status >= 400 else None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(proxied.url)
    page.locator("#talk .reply").first.wait_for()
    page.locator("textarea").fill("Where is Alfa Romeo made?")
    page.locator("textarea").press("Enter")
    expect(page.locator("#talk .said").first).to_have_text(ANSWER)
    page.get_by_role("button", name="This helped").last.click()
    page.goto(f"{proxied.url}faq")
    page.get_by_label("Your question").fill("What is the capital of France?")
    page.get_by_label("Your question").press("Enter")
    page.get_by_role("link", name="Where Is Alfa Romeo Made?").click()
    expect(page.locator(".reply > .said")).to_have_text(ANSWER)
    assert [url for url in asked if not url.startswith((proxied.url, "data:", "blob:"))] == []
    # Browsers look for an icon of the whole host, which isn't ours under a prefix.
    left = [fault for fault in faults if "/favicon.ico'" not in fault]
    assert [fault for fault in left if "heartbeat" not in fault] == []
    context.close()


def test_limits_count_the_visitor_and_not_the_proxy(tmp_path: Path) -> None:
    """As the proxy would send it: its own address, the visitor's in a header."""
    environ = os.environ | {
        "PORTELLO_TRUSTED_PROXIES": "127.0.0.1",
        "PORTELLO_QUESTIONS_PER_MINUTE": "1",
        "PORTELLO_QUESTIONS_AT_ONCE": "1",
    }
    with serving(SCRIPTED, str(tmp_path / "feedback.jsonl"), environ=environ) as served:
        statuses = [
            httpx.post(
                f"{served.url}api/ask",
                json={"question": "hello"},
                headers={"X-Forwarded-For": address},
            ).status_code
            for address in ("203.0.113.7", "203.0.113.7", "203.0.113.8", "6.6.6.6, 203.0.113.8")
        ]
        assert statuses == [200, 429, 200, 429]
        assert "203.0.113" not in served.log.read_text()
