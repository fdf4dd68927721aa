"""What the API takes and gives, for machines and for the page that describes it to people."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from bot.web.desk import MAX_COMMENT
from bot.web.refusal import ErrorType


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is no character") from None
    return value


Text = Annotated[str, AfterValidator(_encodable)]


class Question(BaseModel):
    """A question and what was asked before it."""

    model_config = ConfigDict(extra="forbid")
    question: Annotated[Text, Field(description="In the visitor's words; not blank.")]
    history: Annotated[
        list[Text],
        Field(description="Earlier questions, oldest first; the last 20 are looked at."),
    ] = []


class Opinion(BaseModel):
    """What a visitor thinks of a reply."""

    model_config = ConfigDict(extra="forbid")
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

    error: str
    error_type: ErrorType
