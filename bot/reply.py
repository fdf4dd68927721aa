"""What a visitor gets: the reply of the contract as frozen values."""

import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Outcome = Literal["answer", "closest", "abstain", "smalltalk"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer stands.

    ``snippet`` is the text of ``file`` (or of the field ``field`` of the entry ``id``) from
    ``start`` to ``end``; ``highlight`` is the span [start, end) of the answer within the snippet.
    """

    id: str
    document: str
    title: str
    section: tuple[str, ...]
    url: str | None
    file: str
    field: str | None
    start: int
    end: int
    snippet: str
    highlight: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another passage that may answer the question. ``question`` is an FAQ entry's own, or None."""

    answer: str
    confidence: float
    source: Source
    question: str | None = None
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, as ``ask --json`` and ``POST /api/ask`` give it.

    Attributes
    ----------
    answer
        Verbatim text from the corpus; None where ``outcome`` is ``"abstain"``.
    confidence
        Calibrated probability, 0 to 1, that ``answer`` is right.
    cells
        Where the answer is a table row: its (header, value) pairs, to say it with its header.
    not_in_sources
        Words of the question that matter and that the sources never mention.
    understood_as
        The full question a follow-up was read as, else None.
    did_you_mean
        Questions of entries that match nearly as well, where guessing would be wrong.
    sources_differ
        ``"places"``, ``"dates"`` or ``"numbers"`` where an alternative that answers the question,
        too, names others than the answer; else None.
    """

    outcome: Outcome
    answer: str | None
    confidence: float
    source: Source | None
    alternatives: tuple[Alternative, ...] = ()
    not_in_sources: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    understood_as: str | None = None
    corpus_version: str = ""
    reply_id: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    did_you_mean: tuple[str, ...] = ()
    sources_differ: str | None = None

    def again(self) -> "Reply":
        """Return the same reply with an id of its own, for another visitor."""
        return replace(self, reply_id=new_id())

    def to_dict(self) -> dict[str, Any]:
        """Return the reply as JSON-ready dicts and lists."""
        return asdict(self)


def new_id() -> str:
    """Return an id that no other reply has."""
    return secrets.token_hex(6)
