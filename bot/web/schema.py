"""What the API takes and gives, for machines and for who writes a client."""

from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from bot.config import Settings
from bot.web.desk import MAX_COMMENT
from bot.web.refusal import ErrorType

NOT_BLANK = r"[^\s\u001c-\u001f\u0085]"
DESCRIPTION = """\
Ask with `POST /api/ask`; nothing else is needed, no key and no session. A question is answered
with a passage of the owner's own pages, word for word, with where it stands, or not at all:
`outcome` says which. Earlier questions in `history` let a follow-up ("and in Mexico?") be
understood.

Whatever is refused says why as `{"error", "error_type"}`: `error` for people, `error_type` for
programs. With 429 and 503, the header `Retry-After` says how many seconds to wait."""


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is no character") from None
    return value


Text = Annotated[str, AfterValidator(_encodable)]


class Question(BaseModel):
    """A question and what was asked before it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"question": "Where is Alfa Romeo made?", "history": []}],
        },
    )
    question: Annotated[
        Text,
        Field(
            description="In the visitor's words; not blank.",
            json_schema_extra={"minLength": 1, "pattern": NOT_BLANK},
        ),
    ]
    history: Annotated[
        list[Text],
        Field(description="Earlier questions, oldest first; the last 20 are looked at."),
    ] = []


class Opinion(BaseModel):
    """What a visitor thinks of a reply."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reply_id": "0a1b2c3d4e5f", "helpful": True}]},
    )
    reply_id: Annotated[Text, Field(max_length=100, description="As given in the reply.")]
    helpful: StrictBool
    comment: Annotated[
        Text, Field(description=f"Kept with the thumb, up to {MAX_COMMENT} characters.")
    ] = ""


class Suggestions(BaseModel):
    """What a chat starts with."""

    name: Annotated[str, Field(description="What the bot calls itself.")]
    contact: Annotated[str, Field(description="Offered where there is no answer; may be empty.")]
    suggestions: Annotated[list[str], Field(description="Questions that the corpus does answer.")]


class Kept(BaseModel):
    """The opinion is kept."""

    recorded: bool = True


class State(BaseModel):
    """How the server is."""

    status: str


class Error(BaseModel):
    """Why a request was refused."""

    error: Annotated[str, Field(description="For people.")]
    error_type: Annotated[ErrorType, Field(description="For programs.")]


_WAIT = {
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_REFUSED: dict[int, str] = {
    404: "No such reply was given lately.",
    408: "The body took too long to come.",
    413: "The question, an earlier one or the body is too long.",
    415: "The body isn't declared as `application/json`.",
    422: "The body isn't JSON, lacks a field, or the question is blank.",
    429: "This address has asked too much in a short time.",
    500: "Something went wrong in the server.",
    503: "The bot is being loaded, or more is asked than can be answered.",
}


def refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how these refusals of a route are described."""
    return {
        status: {"model": Error, "description": _REFUSED[status]}
        | ({"headers": _WAIT} if status in (429, 503) else {})
        for status in statuses
    }


def limited(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """Return the description of an API with this site's own limits in it."""
    told = app.__class__.openapi(app)
    fields = told["components"]["schemas"]["Question"]["properties"]
    fields["question"]["maxLength"] = settings.max_question_chars
    fields["history"]["items"]["maxLength"] = settings.max_question_chars
    return told
