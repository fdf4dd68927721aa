"""The bot as a tool for assistants that speak the Model Context Protocol, over stdio.

https://modelcontextprotocol.io; needs the extra ``mcp``.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from bot.config import Settings
from bot.following import Asker, follow
from corpus.errors import PortelloError
from index.errors import IndexProblem, StoreAway

if TYPE_CHECKING:
    from mcp.server import MCPServer

ABOUT = (
    "Answers a question from the site's own pages, word for word, with where the answer stands."
    " Where outcome is 'answer', quote the answer and name its source. Where it is 'closest', say"
    " what not_in_sources names. Where it is 'abstain', the pages hold no answer: say so, don't"
    " make one up; suggestions are questions that have one."
)

AWAY = "The pages can't be looked up at the moment; ask again in a while."


@dataclass
class Desk:
    """Takes an assistant's questions; see :class:`bot.following.Desk`."""

    settings: Settings
    bot: Asker
    trouble: str = ""


def require() -> None:
    """Raise PortelloError where the extra isn't installed."""
    try:
        import mcp.server  # noqa: F401
    except ImportError as error:
        raise PortelloError(
            f"the Model Context Protocol isn't installed ({error});"
            " run: pip install 'portello[mcp]'"
        ) from error


def server_of(bot: Asker, settings: Settings) -> "MCPServer[Any]":
    """Return a server with one tool, ``ask``, which keeps up with what is published in Milvus."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import ToolAnnotations

    desk = Desk(settings, bot)

    @asynccontextmanager
    async def keeping_up(_server: object) -> AsyncIterator[None]:
        following = asyncio.create_task(follow(desk, desk.bot))
        try:
            yield
        finally:
            following.cancel()

    server: MCPServer[Any] = MCPServer(
        settings.name,
        version=version("portello"),
        instructions=f"{settings.name}: {ABOUT}",
        log_level="WARNING",
        lifespan=keeping_up,
    )
    reads_only = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(description=ABOUT, annotations=reads_only, structured_output=True)
    def ask(question: str, history: list[str] | None = None) -> dict[str, Any]:
        if desk.trouble:
            raise ToolError(AWAY)
        try:
            return desk.bot.ask(question, tuple(history or ())[-20:]).to_dict()
        except (StoreAway, IndexProblem) as error:
            raise ToolError(AWAY) from error

    return server


def run(bot: Asker, settings: Settings) -> None:
    """Serve on stdin and stdout until stdin ends."""
    server_of(bot, settings).run("stdio")
