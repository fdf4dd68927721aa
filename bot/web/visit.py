"""What is known of the request under way, for those who handle it and those who take note."""

from contextvars import ContextVar
from dataclasses import dataclass

from bot.reply import Reply
from bot.web.refusal import Refusal


@dataclass
class Visit:
    """One request.

    Attributes
    ----------
    over_limit
        Why no question of this request is to be answered, None where one may.
    question, reply
        What was asked and answered, None where nothing was.
    refused
        Why the request, or a question in it, was turned away.
    """

    over_limit: Refusal | None = None
    question: str | None = None
    reply: Reply | None = None
    refused: Refusal | None = None


_current: ContextVar[Visit | None] = ContextVar("visit", default=None)


def begin() -> Visit:
    """Return a new visit, which is the current one of this task from now on."""
    visit = Visit()
    _current.set(visit)
    return visit


def current() -> Visit:
    """Return the visit of this task; one that nobody looks at where there is none."""
    return _current.get() or Visit()
