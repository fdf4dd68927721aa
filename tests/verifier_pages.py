"""Reads our invented pages with visitors' questions, and makes the verifier's pairs of them.

``verifier_pages/*.txt`` hold several pages each: ``=`` begins a page, ``==`` a section, ``p``,
``f`` and ``r`` with a number a paragraph, an FAQ entry (question | answer) and a table row under
its header ``t``. ``?`` is a question with the passages that answer it, each by itself; ``~`` one
that seems to be about a passage but names another thing, number or day; ``!`` one that the page
doesn't answer.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from verifier_pairs import Encode, Group, Rarity, ranking

from bot.verifier import entry_text, paragraph_text, row_text

FOLDER = Path(__file__).with_name("verifier_pages")
HELD_OUT = 5
"""Every fifth page of a file is left out of the training."""
WHOLE_TABLE, BARE_PHRASING, NO_TITLE, NO_SECTION = 0.3, 0.2, 0.1, 0.15
"""Shares of texts shown so: a row by its table, an entry by its question alone, less above them."""
_PASSAGE = re.compile(r"([pfr])(\d+): (.+)")


@dataclass(frozen=True)
class PagePassage:
    """A passage: ``parts`` are its text, its question and answer, or its cells."""

    id: str
    section: str
    parts: tuple[str, ...]
    header: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``p``, ``f`` or ``r``."""
        return self.id[0]


@dataclass
class Page:
    """A page; ``asked`` are questions with the ids of what answers them, none for some."""

    title: str
    name: str
    passages: list[PagePassage] = field(default_factory=list)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    tilted: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


def read_pages(file: Path) -> list[Page]:
    """Return the pages of a file, in order."""
    pages: list[Page] = []
    section, header = "", ()
    for line in filter(None, file.read_text(encoding="utf-8").splitlines()):
        mark, _, rest = line.partition(" ")
        if mark == "=":
            pages.append(Page(rest, f"{file.stem}-{len(pages)}"))
            section, header = "", ()
        elif mark == "==":
            section = rest
        elif mark == "t:":
            header = tuple(rest.split(" | "))
        elif mark in "?~!":
            question, _, ids = rest.rpartition(" > ") if mark in "?~" else (rest, "", "")
            (pages[-1].tilted if mark == "~" else pages[-1].asked).append(
                (question, tuple(ids.split()))
            )
        else:
            kind, number, text = _PASSAGE.fullmatch(line).groups()
            parts = tuple(text.split(" | ")) if kind in "fr" else (text,)
            passage = PagePassage(kind + number, section, parts, header if kind == "r" else ())
            pages[-1].passages.append(passage)
    return pages


def parted(folder: Path = FOLDER) -> tuple[list[Page], list[Page]]:
    """Return the pages to train on, and those that are held out."""
    train: list[Page] = []
    held: list[Page] = []
    for file in sorted(folder.glob("*.txt")):
        for number, page in enumerate(read_pages(file), start=1):
            (held if number % HELD_OUT == 0 else train).append(page)
    return train, held


def table_text(page: Page, passage: PagePassage) -> str:
    """Return the Markdown table that a row stands in."""
    rows = [p.parts for p in page.passages if p.header == passage.header]
    rule = tuple("---" for _ in passage.header)
    lines = (" | ".join(row) for row in (passage.header, rule, *rows))
    return "\n".join(f"| {line} |" for line in lines)


def page_groups(pages: Sequence[Page], encode: Encode, draw: random.Random) -> list[Group]:
    """Return a group for each question of each page.

    Not answered: by the page's passages nearest to the question, and by one of another page.
    """
    groups: list[Group] = []
    for page in pages:
        other = draw.choice(pages)
        groups += _groups_of(page, other, encode, draw)
    return groups


def _groups_of(page: Page, other: Page, encode: Encode, draw: random.Random) -> Iterator[Group]:
    plain = [_plain(passage) for passage in page.passages]
    asked = [*page.asked, *page.tilted]
    rarity = Rarity(plain)
    near = ranking([question for question, _ in asked], plain, encode, rarity)
    for row, (question, ids) in enumerate(asked):
        best = [page.passages[i] for i in np.argsort(-near[row])]
        tilted = row >= len(page.asked)
        weights = rarity.of(question)
        right = [p for p in best if p.id in ids]
        rivals = [p for p in best if p.id not in ids]
        wrong = draw.sample(rivals[:4], k=min(2 if ids else 3, len(rivals)))
        if draw.random() < 0.2:
            wrong.append(draw.choice(other.passages if other is not page else rivals))
        made = [(_shown(page, p, weights, draw), float(not tilted)) for p in right[:2]]
        made += [(_shown(page, p, weights, draw, ids), 0.0) for p in wrong]
        yield Group("tilted" if tilted else "page" if ids else "page-miss", question, tuple(made))


def _plain(passage: PagePassage) -> str:
    return f"{passage.section}. {' '.join([*passage.header, *passage.parts])}"


def _shown(
    page: Page,
    passage: PagePassage,
    weights: dict[str, float],
    draw: random.Random,
    right: Sequence[str] = (),
) -> str:
    title = "" if draw.random() < NO_TITLE else page.title
    section = () if draw.random() < NO_SECTION or not passage.section else (passage.section,)
    if passage.kind == "f":
        question, answer = passage.parts
        return entry_text(question, "" if draw.random() < BARE_PHRASING else answer, weights)
    if passage.kind == "p":
        return paragraph_text(title, section, passage.parts[0], weights)
    rows = {p.id for p in page.passages if p.header == passage.header}
    if draw.random() < WHOLE_TABLE and not rows.intersection(right):
        return paragraph_text(title, section, table_text(page, passage), weights)
    return row_text(title, section, tuple(zip(passage.header, passage.parts, strict=True)))
