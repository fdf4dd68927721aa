"""The widget as it is served: its source, with what a visitor is met with written into it."""

import gzip
import json
import re
from functools import lru_cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from bot.web.desk import Desk

_PLACE = b"const GIVEN = null;"
_FOR_WRITERS = re.compile(rb"(?<=\n)[ ]+(//[^\n]*\n)?|(?<=\n)\n+")
"""What only those who write it need: indentation, comments on lines of their own, empty lines."""


def widget_response(request: Request, desk: Desk) -> Response:
    """Return ``embed.js``, packed where the browser takes that.

    With name, contact and starters in it, opening the panel costs no request. While the bot is
    loading they are left out, and the widget asks for them when it is opened.
    """
    plain, packed = _source(_given(desk))
    headers = {
        "Cache-Control": "no-cache" if desk.bot is None else "public, max-age=300",
        "Vary": "Accept-Encoding",
        # Even for pages that load nothing from others unless it says so.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    body = packed if "Content-Encoding" in headers else plain
    return Response(body, media_type="text/javascript", headers=headers)


def _given(desk: Desk) -> str:
    """Return what the widget starts with, as JavaScript; ``null`` while the bot is loading."""
    if desk.bot is None:
        return "null"
    given = {
        "name": desk.settings.name,
        "contact": desk.settings.contact,
        "suggestions": desk.bot.starters(),
        "longest": desk.settings.max_question_chars,
    }
    return json.dumps(given)


@lru_cache(maxsize=4)
def _source(given: str) -> tuple[bytes, bytes]:
    """Return the source, bare and with ``given`` written into it, as it is and packed."""
    source = resources.files("bot.web").joinpath("embed.js").read_bytes()
    source = _FOR_WRITERS.sub(b"", source)
    source = source.replace(_PLACE, f"const GIVEN = {given};".encode(), 1)
    return source, gzip.compress(source, mtime=0)
