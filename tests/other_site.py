"""Another site on this machine: pages with headers of our choosing, on a port of its own."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Sent:
    """One page: what is sent when it is asked for, and how slowly."""

    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    pause: float = 0.0


@dataclass
class Site:
    """A running site: its port, and its pages by path, which may be changed."""

    port: int
    pages: dict[str, Sent]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the address of a page."""
        return f"http://{host}:{self.port}{path}"


@contextlib.contextmanager
def other_site(**pages: Sent) -> Iterator[Site]:
    """Serve pages until the end of the context; ``index`` is ``/``, any other name its path."""
    site = Site(0, {"/" if name == "index" else f"/{name}": sent for name, sent in pages.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site.pages.get(self.path, Sent(status=404)))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        site.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


def answer(handler: BaseHTTPRequestHandler, sent: Sent) -> None:
    """Send a page, its body in two halves with the pause between and before them."""
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    time.sleep(sent.pause)
    handler.send_response(sent.status)
    for name, value in ({"Content-Type": "text/html; charset=utf-8"} | dict(sent.headers)).items():
        handler.send_header(name, value)
    handler.end_headers()
    with contextlib.suppress(OSError):
        for part in (body[: len(body) // 2], body[len(body) // 2 :]):
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(sent.pause)
