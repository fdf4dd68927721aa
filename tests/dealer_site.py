"""A dealer's site on an origin of its own, for the widget: ``python tests/dealer_site.py CHAT``.

Serves ``tests/dealer`` at http://dealer.localhost:8000/ with the widget of the given Portello,
whose ``allowed_origins`` has to name that address.
"""

import contextlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path(__file__).parent / "dealer"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}


def strict_policy(chat: str) -> str:
    """Return the policy of a careful dealer: nothing but its own files and the chat's script."""
    host = chat.rstrip("/")
    return (
        f"default-src 'self'; script-src {host}; connect-src {host}; style-src 'self';"
        " img-src 'self' data:; base-uri 'none'; form-action 'none'; object-src 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )


@dataclass
class Dealer:
    """A running site.

    Attributes
    ----------
    url
        Address of its front page.
    chat
        Address of the Portello whose widget it shows, put for ``{{chat}}`` in its pages.
    pages
        HTML by path, for pages that aren't in the folder.
    policy
        Its Content-Security-Policy; None for none.
    """

    url: str
    chat: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    policy: str | None = None

    def page(self, html: str, name: str = "page") -> str:
        """Put a page into the site and return its address."""
        self.pages[f"/{name}.html"] = html
        return f"{self.url}{name}.html"

    def content(self, path: str) -> tuple[str, str] | None:
        """Return type and text of what stands at a path, None for nothing."""
        file = FOLDER / ("index.html" if path == "/" else path.lstrip("/"))
        if path in self.pages:
            found = self.pages[path]
        elif file.parent == FOLDER and file.is_file():
            found = file.read_text("utf-8")
        else:
            return None
        return TYPES.get(file.suffix, TYPES[".html"]), found.replace("{{chat}}", self.chat)


@contextlib.contextmanager
def dealer_site(port: int = 0) -> Iterator[Dealer]:
    """Serve the dealer's site while this context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = dealer.content(urlsplit(self.path).path)
            body = content[1].encode() if content else b""
            self.send_response(HTTPStatus.OK if content else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", content[0] if content else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            if dealer.policy:
                self.send_header("Content-Security-Policy", dealer.policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        dealer = Dealer(f"http://dealer.localhost:{server.server_address[1]}/")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield dealer
        server.shutdown()


if __name__ == "__main__":
    with dealer_site(8000) as site:
        site.chat = sys.argv[1].rstrip("/") + "/"
        site.policy = strict_policy(site.chat)
        sys.stderr.write(f"The dealer is at {site.url}\n")
        threading.Event().wait()
