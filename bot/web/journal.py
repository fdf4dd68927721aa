"""Takes note of every request: a line in the access log, and the counts of ``/metrics``.

What visitors ask stands in neither, unless the owner wants it in the log; their addresses never.
"""

import json
import logging
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.metrics import Metrics
from bot.web.visit import Visit, begin
from corpus.errors import PortelloError

STANDARD_ERROR = "-"
_MAX_BYTES = 10_000_000
_PATH_CHARACTERS = 200
_FILES = ("/assets/", "/static/", "/gradio_api/queue/join")
"""The page's own files, and gradio_client's way to a question, which is noted when it is answered:
they have no line unless something was wrong."""


@dataclass(frozen=True, slots=True)
class Served:
    """One request, done."""

    method: str
    path: str
    status: int
    size: int
    seconds: float
    visit: Visit


class AccessLog:
    """JSON lines, to standard error or a file that is set aside as ``NAME.1`` at 10 MB.

    Parameters
    ----------
    target
        A file's name, ``-`` for standard error, "" for no log at all.
    with_questions
        Whether what was asked stands in it.
    """

    def __init__(self, target: str, with_questions: bool) -> None:
        self._with_questions = with_questions
        self._logger = logging.Logger("portello.access")
        self._handler = _handler(target)
        self._logger.addHandler(self._handler)

    def write(self, served: Served) -> None:
        """Add a line."""
        asked = served.visit.question is not None
        if served.status < 400 and served.path.startswith(_FILES) and not asked:
            return
        self._logger.info(json.dumps(self._line(served)))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()

    def _line(self, served: Served) -> dict[str, Any]:
        line: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": served.method,
            "path": served.path[:_PATH_CHARACTERS],
            "status": served.status,
            "bytes": served.size,
            "ms": round(1000 * served.seconds, 1),
        }
        visit = served.visit
        if visit.refused is not None:
            line["error_type"] = visit.refused.error_type
        if visit.reply is not None:
            line["outcome"] = visit.reply.outcome
            line["confidence"] = round(visit.reply.confidence, 3)
            line["reply_id"] = visit.reply.reply_id
        if self._with_questions and visit.question is not None:
            line["question"] = visit.question
        return line


def _handler(target: str) -> logging.Handler:
    if not target:
        return logging.NullHandler()
    if target == STANDARD_ERROR:
        return logging.StreamHandler(sys.stderr)
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(target, maxBytes=_MAX_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise PortelloError(
            f"{target}: the access log can't be written ({error.strerror}); set access_log to"
            " another file, or to - for standard error"
        ) from error


class Journal:
    """ASGI middleware that begins a visit and notes how it ended."""

    def __init__(self, app: ASGIApp, log: AccessLog, metrics: Metrics) -> None:
        self._app = app
        self._log = log
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and take note of it when it is done."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit, began, status, size = begin(), time.perf_counter(), 500, 0

        async def noted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - began
            served = Served(scope["method"], scope["path"], status, size, seconds, visit)
            self._log.write(served)
            self._metrics.count_request(served.method, served.path, status)
            if visit.refused is not None:
                self._metrics.count_refusal(visit.refused.error_type)
