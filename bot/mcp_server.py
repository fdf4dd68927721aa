"""The bot as a tool for assistants that speak the Model Context Protocol, over stdio.

https://modelcontextprotocol.io; needs the extra ``mcp``.
"""

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from bot.config import Settings
from bot.reply import Reply
from corpus.errors import PortelloError

if TYPE_CHECKING:
    from mcp.server import MCPServer

ABOUT = (
    "Answers a question from the site's own pages, word for word, with where the answer stands."
    " Where outcome is 'answer', quote the answer and name its source. Where it is 'closest', say"
    " what not_in_sources names. Where it is 'abstain', the pages hold no answer: say so, don't"
    " make one up; suggestions are questions that have one."
)


class Asker(Protocol):
    """What answers."""

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Return the reply to a question; ``history`` holds earlier questions, oldest first."""
        ...


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
    """Return a server with one tool, ``ask``."""
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    server: MCPServer[Any] = MCPServer(
        settings.name,
        version=version("portello"),
        instructions=f"{settings.name}: {ABOUT}",
        log_level="WARNING",
    )
    reads_only = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(description=ABOUT, annotations=reads_only, structured_output=True)
    def ask(question: str, history: list[str] | None = None) -> dict[str, Any]:
        return bot.ask(question, tuple(history or ())[-20:]).to_dict()

    return server


def run(bot: Asker, settings: Settings) -> None:
    """Serve on stdin and stdout until stdin ends."""
    server_of(bot, settings).run("stdio")
