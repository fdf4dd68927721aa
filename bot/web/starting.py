"""Loads the bot while the server is already up, and the page once somebody asks for it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

from bot.web.desk import Asker, Desk
from bot.web.page import Page

_T = TypeVar("_T")


async def start(
    desk: Desk, page: Page, load: Callable[[], Asker], on_failure: Callable[[Exception], None]
) -> None:
    """Load the bot, then the page once it is wanted, and keep it until the task is cancelled."""
    try:
        desk.bot = await _in_thread(lambda: _warm(load()))
    except Exception as error:
        on_failure(error)
        return
    await page.wanted()
    try:
        async with page.opened(await _in_thread(page.build)):
            await asyncio.get_running_loop().create_future()
    except Exception as error:
        page.fail(error)


def _warm(bot: Asker) -> Asker:
    bot.ask((*bot.starters(), "Hello")[0])
    return bot


async def _in_thread(work: Callable[[], _T]) -> _T:
    """Run work in a thread that, unlike an executor's, doesn't keep the process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="load", daemon=True).start()
    return await done
