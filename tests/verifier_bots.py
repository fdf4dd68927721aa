"""Reads our invented bots with visitors' messages, and makes the verifier's pairs of them.

``verifier_bots/*.txt`` hold two bots each: ``=`` begins a bot, ``i`` with a number is an intent,
its name and its phrasings; ``?`` a visitor's message with the intent that is meant; ``!`` one for
which there is none.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from verifier_pairs import Encode, Group

from bot.verifier import entry_text

FOLDER = Path(__file__).with_name("verifier_bots")
NAMED = 0.6
"""Share of phrasings shown with their intent's name for an answer, as label corpora have them."""
LONGEST = 9
"""Words from which on a message counts as long."""


@dataclass
class Bot:
    """A bot: ``intents`` by id, each its name and phrasings; messages with an intent's id or ""."""

    title: str
    name: str
    intents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)


def read_bots(file: Path) -> list[Bot]:
    """Return the bots of a file, in order."""
    bots: list[Bot] = []
    for line in filter(None, file.read_text(encoding="utf-8").splitlines()):
        mark, _, rest = line.partition(" ")
        if mark == "=":
            bots.append(Bot(rest, f"{file.stem}-{len(bots) + 1}"))
        elif mark in "?!":
            question, _, intent = rest.rpartition(" > ") if mark == "?" else (rest, "", "")
            bots[-1].asked.append((question, intent))
        else:
            bots[-1].intents[mark.rstrip(":")] = tuple(rest.split(" | "))
    return bots


def parted_bots(folder: Path = FOLDER) -> tuple[list[Bot], list[Bot]]:
    """Return the bots to train on, the first of each file, and those that are held out."""
    files = [read_bots(file) for file in sorted(folder.glob("*.txt"))]
    return [bots[0] for bots in files], [bot for bots in files for bot in bots[1:]]


def _balanced(asked: Sequence[tuple[str, str]], draw: random.Random) -> list[tuple[str, str]]:
    """Return messages of which as many are meant by no intent, whatever their length.

    Else the verifier would learn that what is short can't be answered.
    """
    kept: list[tuple[str, str]] = []
    for words in range(1, LONGEST + 1):
        alike = [each for each in asked if min(len(each[0].split()), LONGEST) == words]
        meant = [each for each in alike if each[1]]
        others = [each for each in alike if not each[1]]
        most = max(len(meant), len(others)) and min(len(meant), len(others)) + 1
        kept += draw.sample(meant, k=min(len(meant), 2 * most))
        kept += draw.sample(others, k=min(len(others), most))
    return kept


def bot_groups(bots: Sequence[Bot], encode: Encode, draw: random.Random) -> list[Group]:
    """Return a group for each message: the nearest phrasing of its intent, and of near others.

    Phrasings of an intent ask for it, too, shown as another of its phrasings.
    """
    groups: list[Group] = []
    for bot in bots:
        owners = [name for name, phrasings in bot.intents.items() for _ in phrasings[1:]]
        phrasings = [each for given in bot.intents.values() for each in given[1:]]
        asked = [
            *_balanced(bot.asked, draw),
            *draw.sample(list(zip(phrasings, owners, strict=True)), k=40),
        ]
        near = encode([question for question, _ in asked]) @ encode(phrasings).T
        for row, (question, own) in enumerate(asked):
            best: dict[str, str] = {}
            for column in np.argsort(-near[row]):
                if phrasings[column] != question:
                    name = bot.intents[owners[column]][0] if draw.random() < NAMED else ""
                    best.setdefault(owners[column], entry_text(phrasings[column], name, {}))
            rivals = [text for name, text in best.items() if name != own][:5]
            wrong = draw.sample(rivals, k=2 if own else 3)
            right = [(best[own], 1.0)] if own else []
            kind = "bot" if own else "bot-miss"
            groups.append(Group(kind, question, (*right, *((text, 0.0) for text in wrong))))
    return groups
