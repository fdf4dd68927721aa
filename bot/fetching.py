"""Fetches one page for ``doctor``: the address given and no other, limited in size and time."""

import http.client
import queue
import ssl
import threading
from collections.abc import Callable
from email.message import Message
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from bot.doctor import Page
from corpus.errors import PortelloError

MAX_BYTES = 2_000_000
SECONDS = 10.0
_HEADERS = {"User-Agent": "Portello-doctor", "Accept": "text/html"}


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""


def fetch(url: str, max_bytes: int = MAX_BYTES, seconds: float = SECONDS) -> Page:
    """Return a page; PortelloError, in one line, where it can't be had as browsers have it."""
    url = _checked(url)
    found: queue.SimpleQueue[Page | PortelloError] = queue.SimpleQueue()

    def run() -> None:
        try:
            found.put(_fetch(url, max_bytes, seconds))
        except PortelloError as error:
            found.put(error)

    # A server could send a byte now and then for ever; a thread can be left behind.
    threading.Thread(target=run, daemon=True).start()
    try:
        page = found.get(timeout=seconds)
    except queue.Empty:
        raise _slow(url, seconds) from None
    if isinstance(page, PortelloError):
        raise page
    return page


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        if usable and "@" not in parts.netloc and " " not in url and url.isprintable():
            return _ascii(parts)
    except ValueError:
        pass
    raise PortelloError(
        f"{url}: not the address of a page; give one such as https://www.example.com/page"
    )


def _ascii(parts: SplitResult) -> str:
    """Return an address as browsers send it, without what stands for a place in the page."""
    host = parts.netloc.encode("idna").decode().lower()
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._")
    return SplitResult(parts.scheme, host, path, query, "").geturl()


def _fetch(url: str, max_bytes: int, seconds: float) -> Page:
    try:
        request = Request(url, headers=_HEADERS)
        with build_opener(_NoRedirect).open(request, timeout=seconds) as response:
            return _page(url, response.headers, response.read, max_bytes)
    except HTTPError as error:
        with error:
            raise _status(url, error) from None
    except TimeoutError:
        raise _slow(url, seconds) from None
    except (URLError, OSError, http.client.HTTPException) as error:
        raise _unreachable(url, error) from error


def _page(url: str, headers: Message, read: Callable[[int], bytes], max_bytes: int) -> Page:
    kind = headers.get_content_type()
    if kind not in {"text/html", "application/xhtml+xml"}:
        raise PortelloError(f"{url} is {kind}, not a page; give the address of an HTML page")
    body = read(max_bytes + 1)
    if len(body) > max_bytes:
        raise PortelloError(
            f"{url} is over {max_bytes:,} bytes, more than is read; give a smaller page of the"
            " same site"
        )
    names = {name.lower() for name in headers}
    told = {name: ", ".join(headers.get_all(name, [])) for name in names}
    try:
        html = body.decode(headers.get_content_charset() or "utf-8", "replace")
    except LookupError:
        html = body.decode("utf-8", "replace")
    return Page(url, told, html)


def _status(url: str, error: HTTPError) -> PortelloError:
    target = error.headers.get("Location")
    if 300 <= error.code < 400 and target:
        return PortelloError(
            f"{url} sends browsers on to {urljoin(url, target)}; give that address, since its site"
            " is the one that counts"
        )
    return PortelloError(
        f"{url} answers {error.code} {error.reason}; give a page that visitors can open without"
        " signing in"
    )


def _slow(url: str, seconds: float) -> PortelloError:
    return PortelloError(f"{url} took longer than {seconds:g} seconds; try again later")


def _unreachable(url: str, error: Exception) -> PortelloError:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return PortelloError(f"{url} doesn't answer; check the address")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return PortelloError(
            f"{url}: its certificate isn't valid ({reason.verify_message}), and browsers open no"
            " such page; renew the certificate"
        )
    said = getattr(reason, "strerror", None) or str(reason) or type(error).__name__
    return PortelloError(f"{url} can't be reached ({said}); check the address")
