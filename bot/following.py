"""Loads a bot, and where its index is in Milvus, keeps up with what is published there."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from bot.config import Settings
from bot.reply import Alternative, Reply
from index.errors import IndexProblem, MissingIndex, StoreAway

_T = TypeVar("_T")

POLL_SECONDS = 2.0
"""Between two looks at which version counts."""


class Asker(Protocol):
    """What servers need of a bot; ``ask`` may be called from several threads at once."""

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

    def entries(self) -> tuple[Alternative, ...]:
        """Return the corpus's FAQ."""
        ...

    def newer(self) -> "Asker | None":
        """Return what answers from the version published meanwhile; None if this one does."""
        ...

    def check(self) -> None:
        """Look something up in the index, as questions do; StoreAway, IndexProblem if it can't."""
        ...


class Desk(Protocol):
    """Where questions are taken.

    Attributes
    ----------
    bot
        The :class:`Asker` that answers them; None while there is none.
    trouble
        Why its index can't be searched, in words for anybody; "" while it can.
    """

    settings: Settings
    bot: Any
    trouble: str


async def loaded(desk: Desk, load: Callable[[], Asker]) -> Asker:
    """Return the bot; where its index is in Milvus, as soon as it is there and can be searched."""
    while True:
        try:
            bot = await in_thread(lambda: _warm(load()))
        except (StoreAway, IndexProblem) as error:
            if desk.settings.store != "milvus":
                raise
            _take_note(desk, error)
        else:
            _clear(desk)
            return bot
        await asyncio.sleep(POLL_SECONDS)


async def follow(desk: Desk, bot: Asker) -> None:
    """Have the desk answer from the version that counts, until the task is cancelled.

    A newer one is loaded beside the one that answers, and takes its place whole. While that
    takes its time, it is still looked at whether the one that answers can.
    """
    if desk.settings.store != "milvus":
        await asyncio.get_running_loop().create_future()
    failed = False
    newest: asyncio.Future[Asker] | None = None
    while True:
        await asyncio.sleep(POLL_SECONDS)
        try:
            newest = newest or in_thread(partial(_newest, bot))
            await asyncio.wait([newest], timeout=POLL_SECONDS)
            if newest.done():
                done, newest = newest, None
                desk.bot = bot = done.result()
            else:
                await in_thread(bot.check)
        except Exception as error:
            # Whatever it is: the next look may find it gone, and a server that ends can't look.
            # One look that fails is no reason to refuse what might be answered.
            if failed:
                _take_note(desk, error)
            failed = True
        else:
            failed = False
            _clear(desk)


def _newest(bot: Asker) -> Asker:
    newer = bot.newer()
    return bot if newer is None else _warm(newer)


def _take_note(desk: Desk, error: Exception) -> None:
    """Refuse questions, and tell the operator once."""
    if not desk.trouble:
        sys.stderr.write(f"portello: {error}; trying again every {POLL_SECONDS:g} seconds\n")
    desk.trouble = _for_anybody(error)


def _clear(desk: Desk) -> None:
    if desk.trouble:
        sys.stderr.write("portello: the index can be searched again\n")
    desk.trouble = ""


def _for_anybody(error: Exception) -> str:
    """Return what is wrong without addresses and names."""
    if isinstance(error, StoreAway):
        return error.reason
    if isinstance(error, MissingIndex):
        return "no index is published"
    return "the published index can't be used"


def _warm(bot: Asker) -> Asker:
    bot.ask((*bot.starters(), "Hello")[0])
    return bot


def in_thread(work: Callable[[], _T]) -> "asyncio.Future[_T]":
    """Run work in a thread that, unlike an executor's, doesn't keep the process from ending.

    What is returned raises what work raises; as a RuntimeError what is no Exception, such as a
    SystemExit.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
            done.exception()  # or asyncio writes a traceback where nobody waits for it any more
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        except BaseException as raised:
            error = RuntimeError(f"{type(raised).__name__}: {raised}")
            error.__cause__ = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="load", daemon=True).start()
    return done
