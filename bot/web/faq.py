"""``/faq`` and ``/faq?q=``: the same answers by the same bot, for readers without any script."""

import time

from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.web.desk import Desk
from bot.web.faq_page import list_page, notice_page, reply_page, style_source
from bot.web.headers import bare_policy
from bot.web.refusal import Refusal

_FRESH_SECONDS = 60


class Faq:
    """The FAQ's page, read again from the sources after a minute."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        policy = bare_policy(desk.settings.allowed_origins, style_source())
        self._headers = {"Content-Security-Policy": policy}
        self._page = ""
        self._read_at: float | None = None

    async def respond(self, request: Request) -> HTMLResponse:
        """Return the list of entries, or the answer to the question in the address."""
        question = request.query_params.get("q")
        try:
            return await (self._list() if question is None else self._answer(question))
        except Refusal as refusal:
            shown = (question or "")[: self._desk.settings.max_question_chars]
            page = notice_page(self._desk.settings, shown, str(refusal))
            return HTMLResponse(page, refusal.status, self._headers | refusal.headers)

    async def _list(self) -> HTMLResponse:
        if self._read_at is None or time.monotonic() - self._read_at > _FRESH_SECONDS:
            self._page = list_page(self._desk.settings, await self._desk.entries())
            self._read_at = time.monotonic()
        kept = {"Cache-Control": f"public, max-age={_FRESH_SECONDS}"}
        return HTMLResponse(self._page, headers=self._headers | kept)

    async def _answer(self, question: str) -> HTMLResponse:
        reply = await self._desk.ask(question)
        page = reply_page(self._desk.settings, question, reply)
        return HTMLResponse(page, headers=self._headers | {"X-Robots-Tag": "noindex"})
