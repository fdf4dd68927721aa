"""What stands before everything else: body limit, headers in and out, no exception ever told."""

import logging
from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.refusal import Refusal
from corpus.errors import PortelloError

MAX_BODY = 64 * 1024
"""Bytes of a request's body that are read."""
_DRAINED = 4 * 1024 * 1024
"""Bytes of a longer body that are thrown away, so that its sender gets to read the refusal."""

# A client's word for these would be believed by Gradio and written into the page.
_STRIPPED = frozenset({b"x-forwarded-host", b"x-gradio-server"})

_log = logging.getLogger("portello.web")


def security_headers(allowed_origins: Sequence[str]) -> dict[str, str]:
    """Return the headers of every response; only these origins may show the page in a frame.

    ``'unsafe-inline'`` is what Gradio's page needs: its configuration is an inline script.
    """
    policy = {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-inline'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "media-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "frame-src": "'none'",
        "worker-src": "'self' blob:",
        "frame-ancestors": " ".join(("'self'", *allowed_origins)),
    }
    return {
        "Content-Security-Policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def refuse_unsafe_environment(environ: Mapping[str, str]) -> None:
    """Raise PortelloError where a variable would open the page wider than it is meant to be."""
    for name in ("GRADIO_VIBE_MODE", "GRADIO_SHARE", "GRADIO_MCP_SERVER", "GRADIO_ALLOWED_PATHS"):
        if environ.get(name):
            raise PortelloError(
                f"the environment sets {name}={environ[name]}, which could open this server to"
                f" strangers; unset {name} and start again"
            )


class Gate:
    """ASGI middleware, the outermost one.

    Parameters
    ----------
    max_body
        Bytes; a longer body is refused with 413 before anything behind the gate sees it.
    """

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str], max_body: int) -> None:
        self._app = app
        self._headers = security_headers(allowed_origins)
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _STRIPPED]
        started = False

        async def headed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(scope["path"], MutableHeaders(scope=message))
            await send(message)

        try:
            receive = await self._read_body(Headers(scope=scope), receive)
            await self._app(scope, receive, headed)
        except Refusal as refusal:
            await refusal.response()(scope, receive, headed)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            await Refusal("internal_error").response()(scope, receive, headed)

    def _add_headers(self, path: str, headers: MutableHeaders) -> None:
        headers.update(self._headers)
        if path.startswith("/assets/"):
            # Their names hold a hash of their content.
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif "cache-control" not in headers:
            headers["Cache-Control"] = "no-store"

    async def _read_body(self, headers: Headers, receive: Receive) -> Receive:
        """Return a ``receive`` that gives the whole body at once; Refusal if it is too large."""
        if "content-length" not in headers and "transfer-encoding" not in headers:
            return receive
        body, length, more = b"", 0, True
        while more and length <= _DRAINED:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            chunk = message.get("body", b"")
            length += len(chunk)
            body = body + chunk if length <= self._max_body else b""
            more = message.get("more_body", False)
        if length > self._max_body:
            raise Refusal("body_too_large", f"The body is over {self._max_body:,} bytes.")
        return _replay(body, receive)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed
