"""A connection that nobody can hold open by sending next to nothing, or by reading nothing."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.web.headers import ALWAYS, bare_policy
from bot.web.refusal import Refusal

HEAD_SECONDS = 20.0
"""For a request's head to come in, counted from the connection or the reply before."""
LAST_SECONDS = 1.0
"""For the rest of a request to come in once the server is told to stop."""
READ_SECONDS = 60.0
"""For a client to take some of what it asked for."""


def _no_http() -> bytes:
    """Return the reply to what is no HTTP: it never comes to those who set headers."""
    refusal = Refusal("no_http").response()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(refusal.body)),
        "Content-Security-Policy": bare_policy(()),
        "Cache-Control": "no-store",
        "Connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers | ALWAYS).items())
    return f"HTTP/1.1 400 Bad Request\r\n{lines}\r\n".encode() + bytes(refusal.body)


_NO_HTTP = _no_http()


class Connection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, which by itself waits for a request's head without end."""

    _late: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take in what has come; a request whose head is whole has time from now on."""
        super().data_received(data)
        if self._answering():
            self._end(self._late)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Refuse what is no HTTP, if nothing else has been said yet, and hang up."""
        if self._answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_NO_HTTP)
        self.transport.close()

    def on_response_complete(self) -> None:
        """Wait for the next request, unless it is here."""
        super().on_response_complete()
        if not self._answering():
            self._wait()

    def shutdown(self) -> None:
        """Finish what is being answered; of a request that isn't whole, wait only for a moment."""
        super().shutdown()
        if self._answering() and self.cycle.more_body:
            self.loop.call_later(LAST_SECONDS, self._leave)

    def _leave(self) -> None:
        if self._answering() and self.cycle.more_body:
            self.transport.close()

    def pause_writing(self) -> None:
        """Stop writing for a while, but not for ever."""
        super().pause_writing()
        self._stuck = self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        self._end(self._stuck)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._end(self._late)
        self._end(self._stuck)

    def _should_upgrade(self) -> bool:
        """Speak no WebSocket or HTTP/2, which some clients wish for with every request."""
        return False

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._end(self._late)
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end(self, timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
