"""No way out: connections other than to this machine's own sockets fail."""

import socket
from typing import Any, NoReturn


class NetworkUsedError(AssertionError):
    """Something tried to reach the network."""


def _guarded(connect: Any) -> Any:
    def checked(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX:
            raise NetworkUsedError(f"connection to {address}")
        return connect(self, address)

    return checked


def _resolve(*address: object, **_: object) -> NoReturn:
    raise NetworkUsedError(f"look-up of {address}")


def blocked() -> dict[tuple[object, str], Any]:
    """Return what to put in place of which attributes."""
    return {
        (socket.socket, "connect"): _guarded(socket.socket.connect),
        (socket.socket, "connect_ex"): _guarded(socket.socket.connect_ex),
        (socket, "getaddrinfo"): _resolve,
        (socket, "create_connection"): _resolve,
    }


def block() -> None:
    """Block the network for the rest of this process."""
    for (owner, name), substitute in blocked().items():
        setattr(owner, name, substitute)
