"""The commands for who puts Portello on a site; heavy imports stand inside them."""

from collections.abc import Sequence
from pathlib import Path

import click

from bot.options import open_bot, places, say, settings_of
from corpus.errors import PortelloError


@click.command(epilog="Example: python app.py doctor https://www.example.com/ --site site.toml")
@click.argument("url")
@places
def doctor(url: str, corpus: Sequence[Path], index: Path | None, site: Path | None) -> None:
    """Tell what on a page stops the widget, and what to write instead.

    URL is a page of your site that holds the widget's line. Reads that page and nothing else, and
    compares it with the settings of the server: give it the same --site file or variables.
    """
    from bot.doctor import examine
    from bot.fetching import fetch

    settings = settings_of(site, corpus, index)
    findings = examine(fetch(url), settings.allowed_origins)
    if not findings:
        say("Nothing on this page stops the widget.")
        return
    say("\n".join(f"{number}. {one}" for number, one in enumerate(findings, start=1)))
    count = "1 thing stops" if len(findings) == 1 else f"{len(findings)} things stop"
    raise PortelloError(f"{count} the widget on {url}; see above for what to write")


@click.command(
    epilog="Example: python app.py mcp --corpus pages/",
    short_help="Serve one tool to an assistant.",
)
@places
def mcp(corpus: Sequence[Path], index: Path | None, site: Path | None) -> None:
    """Serve one tool, ask, to an assistant over stdin and stdout (Model Context Protocol)."""
    from bot.mcp_server import require, run

    require()
    settings = settings_of(site, corpus, index)
    run(open_bot(settings), settings)
