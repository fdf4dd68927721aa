"""What every response says to browsers: what may load, who may frame it, what may be kept."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_FOR_EVER = "public, max-age=31536000, immutable"


def page_policy(allowed_origins: Sequence[str]) -> str:
    """Return the policy of the chat page; only these origins may show it in a frame.

    ``'unsafe-inline'`` is what Gradio's page needs: its configuration is an inline script.
    """
    return _policy(
        {
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
            "frame-ancestors": _ancestors(allowed_origins),
        }
    )


def bare_policy(allowed_origins: Sequence[str], style: str = "'none'") -> str:
    """Return the policy of pages and data that run no script, load nothing and have one style."""
    return _policy(
        {
            "default-src": "'none'",
            "style-src": style,
            "img-src": "data:",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": _ancestors(allowed_origins),
        }
    )


def _policy(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _ancestors(allowed_origins: Sequence[str]) -> str:
    return " ".join(("'self'", *allowed_origins))


class Headers:
    """ASGI middleware, the outermost one: strict headers on everything, refusals included."""

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        self._app = app
        self._page = page_policy(allowed_origins)
        self._data = bare_policy(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response with headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._add(scope["path"], headers)
                if scope["path"].startswith("/assets/") and message["status"] == 200:
                    # Their names hold a hash of their content.
                    headers["Cache-Control"] = _FOR_EVER
            await send(message)

        await self._app(scope, receive, headed)

    def _add(self, path: str, headers: MutableHeaders) -> None:
        data = path.startswith("/api/") or headers.get("content-type") == "application/json"
        headers.setdefault("Content-Security-Policy", self._data if data else self._page)
        headers.update(ALWAYS)
        headers.setdefault("Cache-Control", "no-store")
