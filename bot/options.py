"""What the commands share: their common options, and how they speak."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.config import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from bot.answer import Bot

_READ_NO_INDEX = frozenset({"index", "doctor"})
"""Commands that don't answer from an index."""
_A_PATH = click.Path(path_type=Path)
_PLACES = (
    click.option(
        "--corpus",
        type=_A_PATH,
        metavar="PATH",
        multiple=True,
        help="File or folder to answer from (.md, .txt, .jsonl, .csv); may be given several times."
        " With an index in Milvus, for `index` alone.",
    ),
    click.option(
        "--index",
        type=_A_PATH,
        metavar="DIR",
        help="Folder of the index, or of what goes with one in Milvus; default: in your cache.",
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
    """Return the settings of this run: file, environment, then the options given.

    Raises
    ------
    SettingsError
        Also if pages are given to a command that would answer from published ones instead.
    """
    overrides = {"corpus": tuple(corpus or ()), "index": index, **others}
    settings = load_settings(site, os.environ, overrides)
    context = click.get_current_context(silent=True)
    name = context.command.name if context else "index"
    if corpus and settings.store == "milvus" and name not in _READ_NO_INDEX:
        raise SettingsError(
            f"--corpus: {name} answers with what was published in Milvus; leave it out, publish"
            " these pages with `python app.py index`, or set store to faiss"
        )
    return settings


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
