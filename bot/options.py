"""What the commands share: their common options, and how they speak."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.config import Settings, load_settings

if TYPE_CHECKING:
    from bot.answer import Bot

_A_PATH = click.Path(path_type=Path)
_PLACES = (
    click.option(
        "--corpus",
        type=_A_PATH,
        metavar="PATH",
        multiple=True,
        help="File or folder to answer from (.md, .txt, .jsonl, .csv); may be given several times.",
    ),
    click.option(
        "--index",
        type=_A_PATH,
        metavar="DIR",
        help="Folder of the index; default: in your cache.",
    ),
    click.option("--site", type=_A_PATH, metavar="FILE", help="TOML file with your settings."),
)
_Command = TypeVar("_Command", bound=Callable[..., Any])


def places(command: _Command) -> _Command:
    """Give a command the options ``--corpus``, ``--index`` and ``--site``."""
    for option in reversed(_PLACES):
        command = option(command)
    return command


def settings_of(
    site: Path | None, corpus: Sequence[Path] | None, index: Path | None, **others: Any
) -> Settings:
    """Return the settings of this run: file, environment, then the options given."""
    overrides = {"corpus": tuple(corpus or ()), "index": index, **others}
    return load_settings(site, os.environ, overrides)


def say(text: str) -> None:
    """Print to stdout, where nothing but answers goes; flushed, so that a pipe streams."""
    click.echo(text)


def note(text: str) -> None:
    """Print to stderr, on one line, without characters that steer a terminal."""
    from bot.terminal import clean

    click.echo(clean(" ".join(text.split())), err=True)


def open_bot(settings: Settings) -> "Bot":
    """Return the bot, its index built or refreshed; progress is shown to people only."""
    from bot.answer import Bot

    return Bot.open(settings, progress=sys.stderr.isatty())
