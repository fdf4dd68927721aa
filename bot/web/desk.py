"""Where page and API get their replies: one bot, a few threads, the replies lately given."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from bot.config import Settings
from bot.following import Asker
from bot.reply import Alternative, Reply
from bot.web.feedback import FeedbackFile, Rated
from bot.web.journal import AccessLog, Served
from bot.web.metrics import Metrics
from bot.web.pool import Pool
from bot.web.refusal import Refusal
from bot.web.remembered import Asked, Remembered
from bot.web.visit import begin, current
from index.errors import IndexProblem, StoreAway

_T = TypeVar("_T")

MAX_COMMENT = 1000
"""Characters of a comment that are kept."""
_REMEMBERED = 10_000
_THREADS = 4


class Desk:
    """Takes questions and feedback of every kind of visitor, checked in one place.

    Attributes
    ----------
    bot
        None until it is loaded; till then questions are refused as ``not_ready``.
    trouble
        Why its index can't be searched, in words for anybody; "" while it can. Till then questions
        are refused as ``index_away``.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bot: Asker | None = None
        self.log = AccessLog(settings.access_log, settings.log_questions)
        self.trouble = ""
        self.metrics = Metrics()
        self.metrics.watch(
            "portello_waiting", "Questions that wait for their turn.", lambda: self._pool.waiting
        )
        self.metrics.watch(
            "portello_ready",
            "1 once the bot is loaded and while its index can be searched.",
            lambda: int(self.bot is not None and not self.trouble),
        )
        self._pool = Pool(_THREADS, settings.max_waiting, "ask")
        self._feedback = FeedbackFile(settings.feedback_file)
        self._given: OrderedDict[str, Rated] = OrderedDict()
        self._remembered = Remembered(published=settings.store == "milvus")
        self._asking: dict[Asked, asyncio.Future[Reply]] = {}

    def ready_bot(self) -> Asker:
        """Return the bot; Refusal while it is loading or its index can't be searched."""
        if self.trouble:
            raise Refusal("index_away")
        if self.bot is None:
            raise Refusal("not_ready")
        return self.bot

    def check(self, question: str, history: Sequence[str] = ()) -> None:
        """Refuse a question that is blank, or one (or an earlier one) that is too long."""
        if not question.strip():
            raise Refusal("empty_question")
        longest = max(len(text) for text in (question, *history))
        limit = self.settings.max_question_chars
        if longest > limit:
            raise Refusal(
                "question_too_long",
                f"The question is too long: {longest:,} characters, at most {limit:,} are read.",
            )

    async def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Return the bot's reply; Refusal on bad input, over a limit or while it is loading."""
        visit, began = current(), time.perf_counter()
        visit.question = question
        with _noted():
            self.check(question, history)
            bot = self.ready_bot()
            last = tuple(history)[max(0, len(history) - self.settings.max_history) :]
            asked = (bot.corpus_version, question, last)
            reply = self._remembered.find(asked) or await self._answered(bot, asked)
        visit.reply = reply
        self.metrics.count_reply(reply.outcome, time.perf_counter() - began)
        self._give(reply)
        return reply

    async def _answered(self, bot: Asker, asked: Asked) -> Reply:
        try:
            return await self._waited_for(bot, asked)
        except (StoreAway, IndexProblem) as error:
            raise Refusal("index_away") from error

    async def _waited_for(self, bot: Asker, asked: Asked) -> Reply:
        """Return the bot's reply; who asks the same meanwhile waits for it, too."""
        under_way = self._asking.get(asked)
        if under_way is not None:
            return (await asyncio.shield(under_way)).again()
        # Shielded: a visitor who leaves doesn't take the reply from the others.
        return await asyncio.shield(self._ask(bot, asked))

    def _ask(self, bot: Asker, asked: Asked) -> "asyncio.Future[Reply]":
        _, question, history = asked
        replying = asyncio.ensure_future(self._pool.run(self._searched, bot.ask, question, history))
        self._asking[asked] = replying
        replying.add_done_callback(lambda done: self._done(asked, done))
        return replying

    def _done(self, asked: Asked, replying: "asyncio.Future[Reply]") -> None:
        del self._asking[asked]
        if not replying.cancelled() and replying.exception() is None:
            self._remembered.keep(asked, replying.result())

    async def entries(self) -> tuple[Alternative, ...]:
        """Return the FAQ; Refusal while the bot is loading or too many wait."""
        return await self._pool.run(self._searched, self.ready_bot().entries)

    def _searched(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Do what looks into the index, in the pool's thread; by then it may be away."""
        if self.trouble:
            raise Refusal("index_away")
        return work(*arguments)

    async def rate(self, reply_id: str, helpful: bool, comment: str = "") -> None:
        """Keep a visitor's thumb for a reply given lately; Refusal if it wasn't, or can't be kept.

        The same thumb again is kept once.
        """
        with _noted():
            given = self._given.get(reply_id)
            if given is None:
                raise Refusal("unknown_reply")
            rated = given.rate(helpful, comment[:MAX_COMMENT])
            if rated != given:
                await self._keep(rated)
                self._given[reply_id] = rated
                self.metrics.count_thumb(helpful)

    async def _keep(self, rated: Rated) -> None:
        try:
            await self._pool.run(self._feedback.append, rated)
        except OSError as error:
            raise Refusal("feedback_unavailable") from error

    @contextlib.contextmanager
    def apart(self, path: str) -> Iterator[None]:
        """Note what is asked here as a visit of its own, which came over this path and left it."""
        visit, began = begin(), time.perf_counter()
        try:
            yield
        except Exception as error:
            visit.refused = error if isinstance(error, Refusal) else Refusal("internal_error")
            raise
        finally:
            status = 200
            if visit.refused is not None:
                status = visit.refused.status
                self.metrics.count_refusal(visit.refused.error_type)
            seconds = time.perf_counter() - began
            self.log.write(Served("POST", path, status, 0, seconds, visit))

    def close(self) -> None:
        """Let the threads go, without waiting for them, and close the log."""
        self._pool.close()
        self.log.close()

    def _give(self, reply: Reply) -> None:
        source = reply.source.id if reply.source else None
        self._given[reply.reply_id] = Rated(reply.reply_id, source, reply.outcome)
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)


@contextlib.contextmanager
def _noted() -> Iterator[None]:
    """Refuse what is over a limit, and take note of every refusal."""
    visit = current()
    try:
        if visit.over_limit is not None:
            raise visit.over_limit
        yield
    except Refusal as refusal:
        visit.refused = refusal
        raise
