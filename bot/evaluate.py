"""Ask a bot every question of a file and count what came of it, at its own settings."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot import evaluation_text
from bot.config import Settings
from bot.measures import MEASURES, Judgement, calibration_bins, interval
from bot.questions import Case, QuestionsError, read_questions
from bot.reply import Reply

__all__ = ["Case", "QuestionsError", "read_questions"]

MOST_MISTAKES = 25
MOST_CONFUSABLES = 25


class Traced(Protocol):
    """A reply with the ranking behind it; see :class:`bot.answer.Trace`."""

    @property
    def reply(self) -> Reply: ...
    @property
    def ranking(self) -> tuple[str, ...]: ...
    @property
    def top_text(self) -> str: ...


class Traces(Protocol):
    """What is asked of a bot here."""

    @property
    def settings(self) -> Settings: ...
    @property
    def corpus_version(self) -> str: ...

    def trace(self, question: str, history: Sequence[str] = ()) -> Traced:
        """Return the reply with its ranking, best first, and the text of the top passage."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with the reply it got; ``answer`` is the reply's text, ``seconds`` its time."""

    case: Case
    judgement: Judgement
    outcome: str
    answer: str | None
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the reply is right: a right answer in scope, no answer out of scope."""
        if self.judgement.in_scope:
            return self.judgement.answered_right
        return self.judgement.answered is None


@dataclass(frozen=True, slots=True)
class Scores:
    """Every measure of `bot.measures.MEASURES` over one set of questions, None if undefined."""

    name: str
    questions: int
    in_scope: int
    values: Mapping[str, float | None]
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Confusable:
    """``count`` questions in scope for ``wanted`` had ``got`` as their best candidate."""

    wanted: str
    got: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation found.

    Attributes
    ----------
    splits
        Scores by split, in the order of the file.
    confusables
        Most frequent first.
    mistakes
        Wrong answers (a wrong entry, or any out of scope), most confident first.
    median_ms, p95_ms
        Milliseconds a question, one at a time.
    """

    overall: Scores
    splits: tuple[Scores, ...]
    confusables: tuple[Confusable, ...]
    mistakes: tuple[Judged, ...]
    replies: tuple[Judged, ...]
    median_ms: float
    p95_ms: float
    settings: Mapping[str, Any]
    corpus_version: str
    model: str

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """The judgement of every reply, in the order of the file."""
        return tuple(judged.judgement for judged in self.replies)

    def render_text(self) -> str:
        """Return the evaluation as plain text, 80 columns wide."""
        return evaluation_text.render_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the evaluation as JSON-ready dicts and lists."""
        return {
            "corpus_version": self.corpus_version,
            "model": self.model,
            "settings": dict(self.settings),
            "overall": _scores_dict(self.overall),
            "splits": {scores.name: _scores_dict(scores) for scores in self.splits},
            "milliseconds": {"median": self.median_ms, "p95": self.p95_ms},
            "calibration": [bin_._asdict() for bin_ in calibration_bins(self.judgements)],
            "confusables": [asdict(pair) for pair in self.confusables],
            "mistakes": [judged.case.id for judged in self.mistakes],
            "replies": [_reply_dict(judged) for judged in self.replies],
        }


def evaluate(bot: Traces, cases: Sequence[Case], *, progress: bool = False) -> Evaluation:
    """Ask ``bot`` each of one or more cases, one at a time, and return what came of it.

    Nothing is fitted: the bot answers at the settings it was opened with. ``progress`` draws a
    bar on stderr.
    """
    replies = tuple(_ask(bot, case) for case in _watched(cases, progress))
    milliseconds = [judged.seconds * 1000 for judged in replies]
    return Evaluation(
        overall=_scores("all", replies),
        splits=tuple(
            _scores(split, [judged for judged in replies if judged.case.split == split])
            for split in dict.fromkeys(case.split for case in cases)
        ),
        confusables=_confusables(replies),
        mistakes=_mistakes(replies),
        replies=replies,
        median_ms=float(np.median(milliseconds)),
        p95_ms=float(np.percentile(milliseconds, 95)),
        settings=_plain_settings(bot.settings),
        corpus_version=bot.corpus_version,
        model=bot.settings.model,
    )


def _ask(bot: Traces, case: Case) -> Judged:
    began = time.perf_counter()
    trace = bot.trace(case.question, case.history)
    seconds = time.perf_counter() - began
    return Judged(case, _judge(case, trace), trace.reply.outcome, trace.reply.answer, seconds)


def _judge(case: Case, trace: Traced) -> Judgement:
    reply = trace.reply
    source = reply.source.id if reply.source is not None else None
    # Small talk speaks of no entry, and its confidence is about being small talk.
    chats = reply.outcome == "smalltalk"
    return Judgement(
        relevant=case.relevant,
        ranking=trace.ranking,
        answered=source if reply.outcome == "answer" else None,
        candidate=None if chats else source or next(iter(trace.ranking), None),
        confidence=0.0 if chats else reply.confidence,
        answer_found=_holds(trace.top_text, case.answers) if case.answers else None,
    )


def _holds(text: str, answers: Iterable[str]) -> bool:
    """Tell whether the text holds one of the answers, whatever the case and white space."""
    held = _folded(text)
    return any(_folded(answer) in held for answer in answers)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _watched(cases: Sequence[Case], progress: bool) -> Iterable[Case]:
    if not progress:
        return cases
    from rich.console import Console
    from rich.progress import track

    return track(cases, "Asking", console=Console(stderr=True), transient=True)


def _scores(name: str, replies: Sequence[Judged]) -> Scores:
    judgements = [judged.judgement for judged in replies]
    intervals = {measure: interval(measure, judgements) for measure in MEASURES}
    return Scores(
        name=name,
        questions=len(judgements),
        in_scope=sum(judged.in_scope for judged in judgements),
        values={measure: of(judgements) for measure, of in MEASURES.items()},
        intervals={measure: found for measure, found in intervals.items() if found is not None},
    )


def _confusables(replies: Iterable[Judged]) -> tuple[Confusable, ...]:
    examples: dict[tuple[str, str], list[str]] = {}
    for judged in replies:
        got = judged.judgement.candidate
        if judged.judgement.in_scope and got is not None and not judged.judgement.candidate_right:
            pair = (_missed(judged.judgement), got)
            examples.setdefault(pair, []).append(judged.case.question)
    found = [Confusable(*pair, len(asked), asked[0]) for pair, asked in examples.items()]
    return tuple(sorted(found, key=lambda pair: -pair.count)[:MOST_CONFUSABLES])


def _missed(judgement: Judgement) -> str:
    """Return the relevant id that came nearest: the best ranked, else the first."""
    ranked = (source for source in judgement.ranking if source in judgement.relevant)
    return next(ranked, judgement.relevant[0])


def _mistakes(replies: Iterable[Judged]) -> tuple[Judged, ...]:
    wrong = [
        judged for judged in replies if judged.judgement.answered is not None and not judged.right
    ]
    return tuple(sorted(wrong, key=lambda judged: -judged.judgement.confidence)[:MOST_MISTAKES])


def _plain_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings but for how to reach Milvus, which is secret and changes no answer."""
    names = [field.name for field in fields(settings) if not field.name.startswith("milvus_")]
    return {name: _plain(getattr(settings, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _scores_dict(scores: Scores) -> dict[str, Any]:
    counts = {"questions": scores.questions, "in_scope": scores.in_scope}
    return counts | dict(scores.values) | {"intervals": dict(scores.intervals)}


def _reply_dict(judged: Judged) -> dict[str, Any]:
    return {
        "id": judged.case.id,
        "question": judged.case.question,
        "split": judged.case.split,
        "relevant": judged.case.relevant,
        "outcome": judged.outcome,
        "answer": judged.answer,
        "candidate": judged.judgement.candidate,
        "confidence": judged.judgement.confidence,
        "ranking": judged.judgement.ranking,
        "right": judged.right,
        "milliseconds": judged.seconds * 1000,
    }
