"""What the commands share: their common options, and how they speak."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.config import Settings, load_settings

if TYPE_CHECKING:
    from bot.answer import Bot

CorpusOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--corpus",
        metavar="PATH",
        help="File or folder to answer from (.md, .txt, .jsonl, .csv); may be given several times.",
    ),
]
IndexOption = Annotated[
    Path | None,
    typer.Option("--index", metavar="DIR", help="Folder of the index; default: in your cache."),
]
SiteOption = Annotated[
    Path | None, typer.Option("--site", metavar="FILE", help="TOML file with your settings.")
]


def settings_of(
    site: Path | None, corpus: Sequence[Path] | None, index: Path | None, **others: Any
) -> Settings:
    """Return the settings of this run: file, environment, then the options given."""
    overrides = {"corpus": tuple(corpus or ()), "index": index, **others}
    return load_settings(site, os.environ, overrides)


def say(text: str) -> None:
    """Print to stdout, where nothing but answers goes; flushed, so that a pipe streams."""
    typer.echo(text)


def note(text: str) -> None:
    """Print to stderr, on one line, without characters that steer a terminal."""
    from bot.terminal import clean

    typer.echo(clean(" ".join(text.split())), err=True)


def open_bot(settings: Settings) -> "Bot":
    """Return the bot, its index built or refreshed; progress is shown to people only."""
    from bot.answer import Bot

    return Bot.open(settings, progress=sys.stderr.isatty())
