"""Loads the bot while the server is already up, and the page once somebody asks for it."""

import asyncio
from collections.abc import Callable

from bot.following import Asker, follow, in_thread, loaded
from bot.web.desk import Desk
from bot.web.page import Page


async def start(
    desk: Desk, page: Page, load: Callable[[], Asker], on_failure: Callable[[Exception], None]
) -> None:
    """Load the bot, then the page once it is wanted, and keep it until the task is cancelled."""
    try:
        desk.bot = await loaded(desk, load)
    except Exception as error:
        on_failure(error)
        return
    following = asyncio.create_task(follow(desk, desk.bot))
    try:
        while not following.done():
            await page.wanted()
            try:
                async with page.opened(await in_thread(page.build)):
                    await following
            except Exception as error:
                page.fail(error)
    finally:
        following.cancel()
