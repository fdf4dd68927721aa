"""The server process: a port, the web application, and an end that says why."""

import os
import socket
from collections.abc import Callable

import typer
import uvicorn

from bot.config import Settings
from bot.web.api import create_app
from bot.web.desk import Asker
from bot.web.gate import refuse_unsafe_environment
from corpus.errors import PortelloError

_PATIENCE = 3
"""Seconds that open chats get to finish when the server is stopped."""


class PortError(PortelloError):
    """A port on which nobody can listen."""


def run_server(load: Callable[[], Asker], settings: Settings) -> None:
    """Serve page, API and widget until stopped.

    Parameters
    ----------
    load
        Opens the bot, while the server is up already.

    Raises
    ------
    PortelloError
        The port is taken, the environment is unsafe, or what ``load`` raised.
    """
    refuse_unsafe_environment(os.environ)
    failures: list[Exception] = []

    def stop(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    app = create_app(load, settings, on_failure=stop)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_PATIENCE)
    server = uvicorn.Server(config)
    with listen(settings.host, settings.port) as listener:
        typer.echo(f"{settings.name}: {_address(listener)} (Ctrl+C stops it)", err=True)
        server.run(sockets=[listener])
    if failures:
        raise failures[0]


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; PortError if the address is taken or isn't one of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not the name of a host"
        raise PortError(
            f"can't listen on {host}, port {port}: {reason}; choose others with --host and --port"
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
