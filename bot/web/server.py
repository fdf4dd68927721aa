"""One process that serves page, API and widget until it is told to stop."""

import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from bot.config import Settings
from bot.following import Asker
from bot.web.api import create_app
from bot.web.connection import Connection
from bot.web.gate import refuse_unsafe_environment
from corpus.errors import PortelloError

_GRACE_SECONDS = 6
"""For questions that are being answered when the server is told to stop."""
_BACKLOG = 2048


def serve(settings: Settings, load: Callable[[], Asker]) -> int:
    """Serve until SIGTERM or Ctrl-C, finish what is being answered, then return 0.

    Parameters
    ----------
    load
        Gives the bot; called once, in a thread, while the server is already up.

    Raises
    ------
    PortelloError
        The address can't be listened on, the environment is unsafe, or ``load`` raised it.
    """
    refuse_unsafe_environment(os.environ)
    failures: list[Exception] = []

    def failed(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    with listening(settings.host, settings.port) as listener, _signals_end_it():
        app = create_app(load, settings, failed)
        config = uvicorn.Config(
            app,
            http=Connection,
            log_level=logging.WARNING,
            access_log=False,
            # Whose word counts is a setting, which the application looks to.
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        server = _Server(config, app.state.end_streams)
        sys.stderr.write(f"{settings.name} is at {address(listener)}\n")
        server.run([listener])
    if failures:
        raise failures[0]
    return 0


class _Server(uvicorn.Server):
    """A server that, told to stop, ends what would never end by itself."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, as the signal says."""
        super().handle_exit(sig, frame)
        self._end_streams()


def listening(host: str, port: int) -> contextlib.closing[socket.socket]:
    """Return a socket that listens there; PortelloError if it can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would let small packets wait 40 ms for one another.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortelloError(
            f"can't listen on {host}, port {port}: {error.strerror}; stop what uses it, or give"
            " another --host or --port"
        ) from error
    return contextlib.closing(listener)


def address(listener: socket.socket) -> str:
    """Return what to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextlib.contextmanager
def _signals_end_it() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C, which uvicorn handles and raises again, end in a plain return."""
    before = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
