"""What stands before every answer: known hosts, limits, no exception ever told."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.config import Settings
from bot.web.faq_page import PATH as FAQ
from bot.web.limits import Limits
from bot.web.page import JOIN, PREDICT, STREAMS
from bot.web.refusal import Refusal
from bot.web.visit import current
from corpus.errors import PortelloError

_DRAINED = 4 * 1024 * 1024
"""Bytes of a longer body that are thrown away, so that its sender gets to read the refusal."""

_BODY_SECONDS = 20
"""For a whole body to come in."""

_ASKING = frozenset({"/api/ask", "/api/feedback", PREDICT, JOIN})
_SPEAKING = frozenset({PREDICT, FAQ})
"""Pages that tell visitors of a limit in their own words."""
_HEALTH = frozenset({"/healthz", "/readyz"})

_log = logging.getLogger("portello.web")


def refuse_unsafe_environment(environ: Mapping[str, str]) -> None:
    """Raise PortelloError where a variable would open the page wider than it is meant to be."""
    for name in ("GRADIO_VIBE_MODE", "GRADIO_SHARE", "GRADIO_MCP_SERVER", "GRADIO_ALLOWED_PATHS"):
        if environ.get(name):
            raise PortelloError(
                f"the environment sets {name}={environ[name]}, which could open this server to"
                f" strangers; unset {name} and start again"
            )


class Gate:
    """ASGI middleware that turns refusals and exceptions into responses.

    Parameters
    ----------
    limits
        Counts the requests that ask something; those over it are refused.
    """

    def __init__(self, app: ASGIApp, settings: Settings, limits: Limits) -> None:
        self._app = app
        self._hosts = frozenset(settings.allowed_hosts)
        self._max_body = settings.body_limit
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _Sent(send)
        try:
            headers = Headers(scope=scope)
            self._check_host(scope["path"], headers)
            self._count(scope)
            receive = await self._read_body(headers, receive)
            with self._place(scope):
                await self._app(scope, receive, sent)
        except Refusal as refusal:
            await self._refuse(refusal, scope, receive, sent)
        except Exception:
            _log.exception("%s %r failed", scope["method"], scope["path"])
            if not sent.started:
                await self._refuse(Refusal("internal_error"), scope, receive, sent)
            elif not sent.ended:
                raise

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        current().refused = refusal
        await refusal.response()(scope, receive, send)

    def _check_host(self, path: str, headers: Headers) -> None:
        """Refuse a host that isn't ours; who asks after the process's health may not know one."""
        host = headers.get("host", "").lower()
        if self._hosts and host not in self._hosts and path not in _HEALTH:
            raise Refusal("wrong_host")

    def _count(self, scope: Scope) -> None:
        """Refuse a question over the limit; pages are left to say so themselves."""
        path = scope["path"]
        posted = scope["method"] == "POST" and path in _ASKING
        if not posted and not (path == FAQ and scope["query_string"]):
            return
        try:
            self._limits.take(_address(scope))
        except Refusal as refusal:
            if path not in _SPEAKING:
                raise
            current().over_limit = refusal

    def _place(self, scope: Scope) -> contextlib.AbstractContextManager[None]:
        """Hold a place for what stays open, for as long as it does; Refusal where there is none."""
        if not scope["path"].startswith(STREAMS):
            return contextlib.nullcontext()
        return self._limits.stream(_address(scope))

    async def _read_body(self, headers: Headers, receive: Receive) -> Receive:
        """Return a ``receive`` that gives the whole body at once; Refusal if it is too large."""
        told = ("content-length" in headers) + ("transfer-encoding" in headers)
        if not told:
            return receive
        if told == 2:
            raise Refusal("unclear_length")
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await self._whole_body(receive)
        except TimeoutError:
            raise Refusal("too_slow") from None
        return _replay(body, receive)

    async def _whole_body(self, receive: Receive) -> bytes:
        body, length, more = bytearray(), 0, True
        while more and length <= _DRAINED:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            chunk = message.get("body", b"")
            length += len(chunk)
            if length <= self._max_body:
                body += chunk
            more = message.get("more_body", False)
        if length > self._max_body:
            raise Refusal("body_too_large", f"The body is over {self._max_body:,} bytes.")
        return bytes(body)


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])


class _Sent:
    """Sends on, and knows how far a response has come."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = self.ended = False

    async def __call__(self, message: Message) -> None:
        """Send a message."""
        self.started = True
        self.ended = message["type"] == "http.response.body" and not message.get("more_body")
        await self._send(message)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed
