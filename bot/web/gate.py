"""What stands before every answer: known hosts, body limit, no exception ever told."""

import logging
from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.refusal import Refusal
from corpus.errors import PortelloError

MAX_BODY = 64 * 1024
"""Bytes of a request's body that are read."""
_DRAINED = 4 * 1024 * 1024
"""Bytes of a longer body that are thrown away, so that its sender gets to read the refusal."""

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
    allowed_hosts
        Hosts that are answered for; none means any.
    max_body
        Bytes; a longer body is refused with 413 before anything behind the gate sees it.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str], max_body: int) -> None:
        self._app = app
        self._hosts = frozenset(allowed_hosts)
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = ended = False

        async def watched(message: Message) -> None:
            nonlocal started, ended
            started = True
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        try:
            headers = Headers(scope=scope)
            self._check_host(scope["path"], headers)
            receive = await self._read_body(headers, receive)
            await self._app(scope, receive, watched)
        except Refusal as refusal:
            await refusal.response()(scope, receive, watched)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if not started:
                await Refusal("internal_error").response()(scope, receive, watched)
            elif not ended:
                raise

    def _check_host(self, path: str, headers: Headers) -> None:
        """Refuse a host that isn't ours; who asks after the process's health may not know one."""
        host = headers.get("host", "").lower()
        if self._hosts and host not in self._hosts and path not in _HEALTH:
            raise Refusal("wrong_host")

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
