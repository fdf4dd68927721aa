"""A bot that gives the traces it was told, and cases that it answers in every way there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.config import Settings
from bot.questions import Case
from bot.reply import Outcome, Reply, Source


@dataclass(frozen=True)
class Trace:
    reply: Reply
    ranking: tuple[str, ...] = ()
    top_text: str = ""


def trace(
    outcome: Outcome, confidence: float, ranking: Sequence[str] = (), top_text: str = ""
) -> Trace:
    source = None
    if outcome in ("answer", "closest"):
        source = Source(ranking[0], "d", "T", (), None, "d.md", None, 0, 3, "abc", (0, 3))
    return Trace(Reply(outcome, None, confidence, source), tuple(ranking), top_text)


class Oracle:
    """Gives the traces it was told, and keeps what it was asked."""

    def __init__(self, traces: dict[str, Trace]) -> None:
        self.traces = traces
        self.settings = Settings()
        self.corpus_version = "0123456789abcdef"
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def trace(self, question: str, history: Sequence[str] = ()) -> Trace:
        self.asked.append((question, tuple(history)))
        return self.traces[question]


CASES = (
    Case("1", "right", ("a", "b"), "near", answers=("Turin  AND naples",)),
    Case("2", "wrong", ("a",), "near", history=("before",)),
    Case("3", "shy", ("b",), "near", answers=("never",)),
    Case("4", "closest", ("b",), "near"),
    Case("5", "declined", (), "far"),
    Case("6", "fooled", (), "far"),
    Case("7", "hello", (), "far"),
)
TRACES = {
    "right": trace("answer", 0.9, ["a", "b"], "made in\nTurin and Naples."),
    "wrong": trace("answer", 0.7, ["b", "a"]),
    "shy": trace("abstain", 0.4, ["b", "a"], "text"),
    "closest": trace("closest", 0.5, ["b"]),
    "declined": trace("abstain", 0.2, ["a"]),
    "fooled": trace("answer", 0.8, ["a"]),
    "hello": trace("smalltalk", 1.0, ["a"]),
}
