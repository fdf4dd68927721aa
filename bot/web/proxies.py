"""Who is asking: a reverse proxy's word counts where the owner trusts it, and nobody else's."""

import logging
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

# Gradio believes these whoever sends them, and would write them into the page.
_NEVER = frozenset({b"x-forwarded-host", b"x-gradio-server"})
_FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"})

_log = logging.getLogger("portello.web")


class Proxies:
    """ASGI middleware that sets a request's client and scheme, and takes the prefix off its path.

    What proxies told is gone afterwards. ``scope["portello.unknown_proxy"]`` is true for a request
    that came through a proxy which isn't trusted, so that its client's address means nothing.

    Parameters
    ----------
    trusted
        Addresses and networks of trusted proxies.
    prefix
        Path under which a proxy shows this server; taken off if the proxy left it.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str], prefix: str = "") -> None:
        self._app = app
        self._prefix = prefix
        self._believe = ProxyHeadersMiddleware(self._pass_on, list(trusted))  # type: ignore[arg-type]
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Settle who is asking and pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        peer = _unmapped(scope)
        told = any(name in _FORWARDED for name, _ in scope["headers"])
        scope["portello.unknown_proxy"] = told and peer not in self._believe.trusted_hosts
        if scope["portello.unknown_proxy"]:
            self._warn(peer)
        self._unprefix(scope)
        await self._believe(scope, receive, send)  # type: ignore[arg-type]

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        dropped = _NEVER | _FORWARDED
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in dropped]
        await self._app(scope, receive, send)

    def _unprefix(self, scope: Scope) -> None:
        prefix, path = self._prefix, scope["path"]
        if prefix and path.startswith(f"{prefix}/"):
            scope["path"] = path[len(prefix) :]
            scope["raw_path"] = scope["path"].encode()

    def _warn(self, peer: str) -> None:
        if not self._warned:
            _log.warning(
                "a request through %s names another address or scheme, which isn't believed; if"
                " this is your reverse proxy, add its address to trusted_proxies",
                peer or "a socket",
            )
            self._warned = True


def _unmapped(scope: Scope) -> str:
    """Return the peer's address, in the scope too as IPv4 where an IPv6 socket wraps one."""
    host, port = scope.get("client") or ("", 0)
    mapped = "::ffff:"
    if host.startswith(mapped) and "." in host:
        host = host[len(mapped) :]
        scope["client"] = (host, port)
    return str(host)
