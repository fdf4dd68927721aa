"""Two servers that share an index in Milvus, behind nginx as the README says."""

import contextlib
import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from fake_encoder import FakeEncoder
from milvus_server import RunningMilvus, eventually
from serving import ROOT, Served, serving
from test_bot_web_nginx import NGINX, certify, free_port, nginx
from test_project import block_with

from corpus.document import Document
from corpus.read import corpus_of
from index.milvus_client import Place
from index.published import PublishedIndex, publish_index

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx isn't installed")

QUESTIONS = ("Where is it made?", "When do you open?", "Do you sell boats?")


@dataclass(frozen=True)
class Replicas:
    """Two servers and the address of nginx before them."""

    url: str
    servers: tuple[Served, Served]
    place: Place


def publish(place: Place, *texts: str) -> PublishedIndex:
    """Publish a page for each text."""
    encoder = FakeEncoder()
    documents = [
        Document(f"{n}.md", f"{n}.md", text, "Garage", "markdown") for n, text in enumerate(texts)
    ]
    return publish_index(corpus_of(documents), lambda: encoder, encoder.fingerprint, place, Path())[
        0
    ]


def behind_nginx(*urls: str) -> str:
    """Return the README's server with the README's upstream of the servers at these addresses."""
    upstream = block_with("nginx", "upstream portello")
    for number, url in enumerate(urls, start=11):
        port = httpx.URL(url).port
        upstream = upstream.replace(f"10.0.0.{number}:7860", f"127.0.0.1:{port}")
    before = "proxy_pass http://127.0.0.1:7860/;"
    after = "proxy_pass http://portello/;" + block_with("nginx", "proxy_next_upstream")
    return upstream + block_with("nginx", "location /chat/").replace(before, after)


@pytest.fixture(scope="module")
def replicas(milvus: RunningMilvus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    folder = tmp_path_factory.mktemp("replicas")
    place = Place(milvus.uri, name="replicas")
    publish(place, "## Frequently Asked Questions\n\n### Where is it made?\n\nIn Turin.\n")
    environ = os.environ | {
        "PORTELLO_STORE": "milvus",
        "PORTELLO_MILVUS_URI": place.uri,
        "PORTELLO_MILVUS_COLLECTION": place.name,
        "PORTELLO_CORPUS": "nowhere",
        "PORTELLO_INDEX": str(folder / "nowhere"),
        "PORTELLO_TRUSTED_PROXIES": "127.0.0.1",
    }
    command = (str(ROOT / "tests" / "serve_published.py"), str(folder / "feedback.jsonl"))
    certify(folder)
    port = free_port()
    with contextlib.ExitStack() as stack:
        servers = []
        for _ in range(2):
            # One of them is killed, which is no good end.
            stack.enter_context(contextlib.suppress(RuntimeError))
            servers.append(stack.enter_context(serving(*command, environ=environ)))
        stack.enter_context(nginx(folder, behind_nginx(*(server.url for server in servers)), port))
        yield Replicas(f"https://127.0.0.1:{port}/chat/", (servers[0], servers[1]), place)
        assert all("Traceback" not in server.log.read_text() for server in servers)


class Visitors:
    """Ask new questions all the time, each from an address of its own, and note what comes back."""

    def __init__(self, url: str, count: int) -> None:
        self.statuses: Counter[int] = Counter()
        self.versions: list[str] = []
        self._url = url
        self._stop = threading.Event()
        self._numbers = itertools.count()
        self._threads = [
            threading.Thread(target=self._ask, args=(f"127.0.0.{number}",))
            for number in range(2, count + 2)
        ]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Wait until so many more questions have been answered."""
        enough = len(self.versions) + more
        eventually(lambda: len(self.versions) >= enough)

    def _ask(self, address: str) -> None:
        way = httpx.HTTPTransport(local_address=address, verify=False)
        with httpx.Client(transport=way, timeout=20) as client:
            while not self._stop.wait(0.1):
                number = next(self._numbers)
                question = f"{QUESTIONS[number % 3]} {number}"
                try:
                    response = client.post(f"{self._url}api/ask", json={"question": question})
                except httpx.TransportError:
                    self.statuses[0] += 1
                    continue
                self.statuses[response.status_code] += 1
                if response.status_code == 200:
                    self.versions.append(response.json()["corpus_version"])


class RefusesPosts(BaseHTTPRequestHandler):
    """Has something for who reads, and a 503 for who asks."""

    def do_GET(self) -> None:
        self._end(200)

    def do_POST(self) -> None:
        self._end(503)

    def _end(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def refusing_posts() -> Iterator[str]:
    """Give the address of such a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), RefusesPosts) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def version_at(url: str) -> str:
    response = httpx.post(f"{url}api/ask", json={"question": f"What now, {time.time()}?"})
    told: str = response.json().get("corpus_version", "")
    return told


def test_an_update_reaches_all_and_a_killed_server_loses_no_question(replicas: Replicas) -> None:
    with Visitors(replicas.url, 8) as visitors:
        visitors.wait_for(20)
        newer = publish(replicas.place, "# Garage\n\nWe open at eight. We sell boats.\n")
        published = time.monotonic()
        for server in replicas.servers:
            eventually(lambda url=server.url: version_at(url) == newer.corpus.version)
        assert time.monotonic() - published < 25, "3 where nothing else runs"
        visitors.wait_for(20)
        busiest = max(replicas.servers, key=lambda server: server.log.stat().st_size)
        os.kill(busiest.process.pid, signal.SIGKILL)
        visitors.wait_for(60)
    assert set(visitors.statuses) == {200}
    assert len(set(visitors.versions)) == 2
    assert visitors.versions[-1] == newer.corpus.version


def test_while_milvus_does_not_answer_visitors_are_told_and_then_answered(
    replicas: Replicas, milvus: RunningMilvus
) -> None:
    running = next(server for server in replicas.servers if server.process.poll() is None)

    def ready() -> int:
        return httpx.get(f"{running.url}readyz").status_code

    def ask(url: str) -> httpx.Response:
        return httpx.post(f"{url}api/ask", json={"question": "And now?"}, verify=False, timeout=20)

    eventually(lambda: ready() == 200)
    milvus.hold()
    try:
        eventually(lambda: ready() == 503)
        assert httpx.get(f"{running.url}readyz").json()["error"].startswith("Not ready: ")
        began = time.monotonic()
        refused = ask(running.url)
        assert time.monotonic() - began < 2
        assert (refused.status_code, refused.json()["error_type"]) == (503, "index_away")
        assert int(refused.headers["Retry-After"]) > 0
        passed_on = ask(replicas.url)
        assert (passed_on.status_code, passed_on.json()["error_type"]) == (503, "index_away")
    finally:
        milvus.go_on()
    eventually(lambda: ready() == 200)
    assert ask(replicas.url).status_code == 200


def test_a_visitor_who_is_refused_takes_no_server_from_the_others(tmp_path: Path) -> None:
    certify(tmp_path)
    port = free_port()
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(refusing_posts()) for _ in range(2)]
        stack.enter_context(nginx(tmp_path, behind_nginx(*urls), port))
        chat = f"https://127.0.0.1:{port}/chat/"
        refused = [httpx.post(chat, verify=False).status_code for _ in range(3)]
        assert refused == [503, 503, 503]
        assert httpx.get(chat, verify=False).status_code == 200
