"""Every way in which a request is refused, in one table: HTTP status and what is said."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from starlette.responses import JSONResponse

ErrorType = Literal[
    "invalid_json",
    "invalid_input",
    "empty_question",
    "question_too_long",
    "body_too_large",
    "unclear_length",
    "no_http",
    "not_json",
    "wrong_host",
    "not_found",
    "method_not_allowed",
    "unknown_reply",
    "feedback_unavailable",
    "not_ready",
    "index_away",
    "too_many",
    "busy",
    "too_slow",
    "internal_error",
]

REFUSALS: dict[ErrorType, tuple[int, str]] = {
    "invalid_json": (422, "The body isn't JSON in UTF-8."),
    "invalid_input": (422, "The body hasn't the fields and types that /openapi.json describes."),
    "empty_question": (422, "The question is empty."),
    "question_too_long": (413, "The question is too long."),
    "body_too_large": (413, "The body is too large."),
    # A proxy that takes the other one would see other requests than this server.
    "unclear_length": (400, "Say a body's length in one way, not in two."),
    "no_http": (400, "This is no HTTP request."),
    "not_json": (415, "Send JSON, with the header Content-Type: application/json."),
    "wrong_host": (421, "This server doesn't answer for the host that was asked for."),
    "not_found": (404, "There is nothing here."),
    "method_not_allowed": (405, "This address doesn't take this method."),
    "unknown_reply": (404, "No reply with this reply_id was given lately."),
    "feedback_unavailable": (503, "Feedback can't be kept at the moment."),
    "not_ready": (503, "Portello is starting; try again in a moment."),
    "index_away": (503, "The pages can't be looked up at the moment; try again in a moment."),
    "too_many": (429, "Too many questions in a short time; try again in a moment."),
    "busy": (503, "More questions come in than can be answered; try again in a moment."),
    "too_slow": (408, "The body took too long to come."),
    "internal_error": (500, "Something went wrong here; the question wasn't answered."),
}

RETRY_AFTER = 2
"""Seconds a client is asked to wait on 429 and 503 where nobody knows better."""


def is_json(headers: Mapping[str, str]) -> bool:
    """Tell whether a body is declared as JSON, which no other site's form can do."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


class Refusal(Exception):  # noqa: N818 - it is a reply, not a fault
    """A request that gets an error instead of an answer; its text may be shown to anybody."""

    def __init__(
        self,
        error_type: ErrorType,
        message: str | None = None,
        retry_after: float = RETRY_AFTER,
    ) -> None:
        self.error_type: ErrorType = error_type
        self._retry_after = retry_after
        self.status, usual = REFUSALS[error_type]
        super().__init__(message or usual)

    def response(self) -> JSONResponse:
        """Return it as the contract's ``{"error", "error_type"}``."""
        body: dict[str, Any] = {"error": str(self), "error_type": self.error_type}
        return JSONResponse(body, self.status, self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """How long to wait, in whole seconds, where waiting helps; whether to go on asking here."""
        if self.error_type == "unclear_length":
            return {"Connection": "close"}
        if self.status not in (429, 503):
            return {}
        return {"Retry-After": str(max(1, math.ceil(self._retry_after)))}
