"""Where page and API get their replies: one bot, a few threads, the replies lately given."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from bot.config import Settings
from bot.reply import Reply
from bot.web.feedback import FeedbackFile, Rated
from bot.web.refusal import Refusal
from bot.web.remembered import Asked, Remembered

MAX_HISTORY = 20
"""Earlier questions that are looked at, the last ones."""
MAX_COMMENT = 1000
"""Characters of a comment that are kept."""
_REMEMBERED = 10_000
_THREADS = 4
_WAITING = 64
"""Questions taken in at the same time; more are refused, so that nobody waits for seconds."""


class Asker(Protocol):
    """What the web needs of a bot; ``ask`` may be called from several threads at once."""

    @property
    def corpus_version(self) -> str:
        """Hash of what was indexed."""
        ...

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Return the reply to a question; ``history`` holds earlier questions, oldest first."""
        ...

    def starters(self) -> tuple[str, ...]:
        """Return questions to start a chat with."""
        ...


class Desk:
    """Takes questions and feedback of every kind of visitor, checked in one place.

    Attributes
    ----------
    bot
        None until it is loaded; till then questions are refused as ``not_ready``.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bot: Asker | None = None
        self._asked = 0
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ask")
        self._feedback = FeedbackFile(settings.feedback_file)
        self._given: OrderedDict[str, Rated] = OrderedDict()
        self._remembered = Remembered()
        self._asking: dict[Asked, asyncio.Future[Reply]] = {}

    def ready_bot(self) -> Asker:
        """Return the bot; Refusal while it is loading."""
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
        """Return the bot's reply; Refusal on bad input or while the bot is loading."""
        self.check(question, history)
        bot = self.ready_bot()
        asked = (bot.corpus_version, question, tuple(history)[-MAX_HISTORY:])
        reply = self._remembered.find(asked) or await self._answered(bot, asked)
        self._given[reply.reply_id] = _unrated(reply)
        while len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)
        return reply

    async def _answered(self, bot: Asker, asked: Asked) -> Reply:
        """Return the bot's reply; who asks the same meanwhile waits for it, too."""
        if self._asked >= _WAITING:
            raise Refusal("too_many")
        self._asked += 1
        try:
            under_way = self._asking.get(asked)
            if under_way is not None:
                return (await asyncio.shield(under_way)).again()
            # Shielded: a visitor who leaves doesn't take the reply from the others.
            return await asyncio.shield(self._ask(bot, asked))
        finally:
            self._asked -= 1

    def _ask(self, bot: Asker, asked: Asked) -> "asyncio.Future[Reply]":
        _, question, history = asked
        loop = asyncio.get_running_loop()
        replying = loop.run_in_executor(self._threads, bot.ask, question, history)
        self._asking[asked] = replying
        replying.add_done_callback(lambda done: self._done(asked, done))
        return replying

    def _done(self, asked: Asked, replying: "asyncio.Future[Reply]") -> None:
        del self._asking[asked]
        if not replying.cancelled() and replying.exception() is None:
            self._remembered.keep(asked, replying.result())

    async def rate(self, reply_id: str, helpful: bool, comment: str = "") -> None:
        """Keep a visitor's thumb for a reply given lately; Refusal if it wasn't, or can't be kept.

        The same thumb again is kept once.
        """
        given = self._given.get(reply_id)
        if given is None:
            raise Refusal("unknown_reply")
        rated = given.rate(helpful, comment[:MAX_COMMENT])
        if rated == given:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._threads, self._feedback.append, rated
            )
        except OSError as error:
            raise Refusal("feedback_unavailable") from error
        self._given[reply_id] = rated

    def close(self) -> None:
        """Let the threads go, without waiting for them."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _unrated(reply: Reply) -> Rated:
    source = reply.source.id if reply.source else None
    return Rated(reply.reply_id, source, reply.outcome)
