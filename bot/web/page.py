"""The place of the chat page: Gradio, loaded when it is first asked for, and no more of it than the
addresses that the page needs.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib import resources

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.types import Message, Receive, Scope, Send

from bot.web.desk import Desk
from bot.web.refusal import RETRY_AFTER, Refusal, is_json

PREDICT = "/gradio_api/run/predict"
"""Where the page sends its events."""
_QUEUE = "/gradio_api/queue/"
JOIN = f"{_QUEUE}join"
"""Where gradio_client sends its questions."""
_HEARTBEAT = "/gradio_api/heartbeat/"
DATA = f"{_QUEUE}data"
STREAMS = (_HEARTBEAT, DATA)
"""What stays open: as long as a page, or until a question of gradio_client is answered."""
_LAST_SECONDS = 4
"""For a question of gradio_client that is under way when the server is told to stop."""
PAGE_ROUTES = (
    ("/", "GET"),
    ("/config", "GET"),
    ("/theme.css", "GET"),
    ("/favicon.ico", "GET"),
    ("/manifest.json", "GET"),
    ("/assets/{path:path}", "GET"),
    ("/static/{path:path}", "GET"),
    (f"{_HEARTBEAT}{{session}}", "GET"),
    (PREDICT, "POST"),
    # For gradio_client: the description of its one function, and the queue that it goes through.
    ("/gradio_api/info", "GET"),
    (JOIN, "POST"),
    (DATA, "GET"),
)
"""Addresses of Gradio that visitors reach, with their methods; all its others stay unknown."""
_PARTS = ("/theme.css", "/favicon.ico", "/manifest.json", "/assets/", "/static/")
"""What only a page that is open asks for, or who looks for what isn't there."""


class Page:
    """An ASGI application in place of the Gradio one, which takes seconds and 100 MB to import.

    Whoever asks for the page first has it loaded: a browser is shown meanwhile that it comes, any
    other client waits. Till then its parts are unknown.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._app: FastAPI | None = None
        self._failure: Exception | None = None
        self._wanted, self._settled = asyncio.Event(), asyncio.Event()
        self._ending = asyncio.Event()

    async def wanted(self) -> None:
        """Return once somebody has asked for the page."""
        await self._wanted.wait()

    def end_streams(self) -> None:
        """End what every open page listens to, so that the server can stop."""
        self._ending.set()

    def build(self) -> FastAPI:
        """Return the Gradio application, not started yet; takes seconds. The desk needs its bot."""
        from bot.web.chat import mounted_chat

        return mounted_chat(self._desk)

    @contextlib.asynccontextmanager
    async def opened(self, app: FastAPI) -> AsyncIterator[None]:
        """Start the Gradio application and show it for as long as this context lasts."""
        async with app.router.lifespan_context(app):
            self._app = app
            self._settled.set()
            yield
        self._app = None

    def fail(self, error: Exception) -> None:
        """Tell who waits for the page that it can't be shown; for who asks next, try again."""
        self._failure = error
        self._wanted.clear()
        self._settled.set()

    def _want(self) -> None:
        if self._desk.bot is not None and not self._wanted.is_set():
            self._settled.clear()
            self._wanted.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or ask the visitor to wait."""
        headers = Headers(scope=scope)
        if scope["method"] == "POST" and not is_json(headers):
            raise Refusal("not_json")
        at_home = scope["path"] == "/"
        if self._desk.bot is None and not at_home:
            raise Refusal("not_ready")
        if scope["path"].startswith(_PARTS) and not self._wanted.is_set():
            raise Refusal("not_found")
        self._want()
        browsing = at_home and "text/html" in headers.get("accept", "")
        coming = not self._settled.is_set() and self._failure is None
        if self._desk.bot is None or (browsing and coming):
            await _starting(ready=self._desk.bot is not None)(scope, receive, send)
            return
        await self._settled.wait()
        if self._app is None:
            raise RuntimeError("the chat page can't be shown") from self._failure
        if scope["path"].startswith(STREAMS):
            last = _LAST_SECONDS if scope["path"] == DATA else 0
            receive = self._until_the_end(receive, last)
        await self._passed_on(self._app, scope, receive, send)

    async def _passed_on(self, app: FastAPI, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except RuntimeError as error:
            # Gradio's stream of a session that it doesn't know says so, and then ends like this.
            if not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body"})

    def _until_the_end(self, receive: Receive, seconds: float) -> Receive:
        async def end() -> Message:
            await self._ending.wait()
            await asyncio.sleep(seconds)
            return {"type": "http.disconnect"}

        async def next_message() -> Message:
            tasks = [asyncio.ensure_future(receive()), asyncio.ensure_future(end())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                return next(task.result() for task in tasks if task.done())
            finally:
                for task in tasks:
                    task.cancel()

        return next_message


def _starting(ready: bool) -> HTMLResponse:
    """Return the page that waits; a proxy takes a 503 for a server that answers nobody."""
    html = resources.files("bot.web").joinpath("starting.html").read_text("utf-8")
    headers = {"X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
    if ready:
        return HTMLResponse(html, headers=headers)
    return HTMLResponse(html, 503, headers | {"Retry-After": str(RETRY_AFTER)})
