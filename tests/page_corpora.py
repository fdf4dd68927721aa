"""Turns our invented pages and bots into corpora and questions files, as an owner would have them.

Used to fit confidence on what the verifier was not trained on, and to measure with ``evaluate``:

    python tests/page_corpora.py FOLDER        writes every held-out page and bot there
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from verifier_bots import Bot, parted_bots
from verifier_pages import Page, PagePassage, parted

from corpus.document import Passage
from corpus.read import read_corpus


@dataclass(frozen=True, slots=True)
class Place:
    """A corpus with its questions; those of the same ``set`` are counted together."""

    set: str
    pages: Path
    questions: Path


def sets_of(places: Iterable[Place]) -> dict[str, list[Place]]:
    """Return the places of each set."""
    sets: dict[str, list[Place]] = {}
    for place in places:
        sets.setdefault(place.set, []).append(place)
    return sets


def public_places(folders: Sequence[Path]) -> list[Place]:
    """Return folders with a ``corpus.jsonl`` and a ``questions.jsonl``, each a set."""
    found = map(Path.resolve, folders)
    return [Place(one.name, one / "corpus.jsonl", one / "questions.jsonl") for one in found]


def own_places(pages: Iterable[Page], bots: Iterable[Bot], folder: Path) -> list[Place]:
    """Write pages, a set of each kind, and bots, one set, as an owner's files."""
    kinds = [(f"pages: {page.name.partition('-')[0]}", page) for page in pages]
    written = [Place(kind, *write_page(page, folder / "pages")) for kind, page in kinds]
    return written + [Place("bots", *write_bot(bot, folder / "bots")) for bot in bots]


def markdown(page: Page) -> str:
    """Return a page as Markdown, its FAQ last."""
    lines = [f"# {page.title}"]
    above: tuple[str, tuple[str, ...]] = ("", ())
    for passage in (each for each in page.passages if each.kind != "f"):
        if passage.section != above[0]:
            lines += ["", f"## {passage.section}"]
        if passage.kind == "p":
            lines += ["", passage.parts[0]]
        else:
            if (passage.section, passage.header) != above:
                lines += ["", _row(passage.header), _row("---" for _ in passage.header)]
            lines.append(_row(passage.parts))
        above = (passage.section, passage.header)
    entries = [each.parts for each in page.passages if each.kind == "f"]
    lines += ["", "## Frequently asked questions"] if entries else []
    for question, answer in entries:
        lines += ["", f"### {question.rstrip('.!?')}?", "", answer]
    return "\n".join([*lines, ""])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write_page(page: Page, folder: Path) -> tuple[Path, Path]:
    """Write a page and its questions into a folder; return both files."""
    folder.mkdir(parents=True, exist_ok=True)
    file, asked = folder / f"{page.name}.md", folder / f"{page.name}_questions.jsonl"
    file.write_text(markdown(page), encoding="utf-8")
    read = read_corpus([file]).passages
    sources = {each.id: [p.source_id for p in read if _is(p, each)] for each in page.passages}
    lost = [name for name, found in sources.items() if not found]
    if lost:
        raise ValueError(f"{page.name}: {lost} are not passages of the page as it was read")
    cases = [
        (question, sorted({source for each in ids for source in sources[each]}))
        for question, ids in page.asked
    ]
    _write(asked, page.name, [*cases, *((question, []) for question, _ in page.tilted)])
    return file, asked


def _is(read: Passage, written: PagePassage) -> bool:
    if written.kind == "f":
        return read.kind == "entry" and read.text == written.parts[1]
    if written.kind == "p":
        return read.kind == "paragraph" and written.parts[0] in read.text
    if read.kind == "table":
        return all(cell in read.text for cell in (*written.header, *written.parts))
    return tuple(value for _, value in read.cells) == written.parts


def write_bot(bot: Bot, folder: Path) -> tuple[Path, Path]:
    """Write a bot's entries and its questions into a folder; return both files."""
    folder.mkdir(parents=True, exist_ok=True)
    file, asked = folder / f"{bot.name}.jsonl", folder / f"{bot.name}_questions.jsonl"
    entries = [
        {"id": name, "questions": [label, *phrasings], "answer": label}
        for name, (label, *phrasings) in bot.intents.items()
    ]
    file.write_text("".join(json.dumps(each) + "\n" for each in entries), encoding="utf-8")
    _write(asked, bot.name, [(question, [name] if name else []) for question, name in bot.asked])
    return file, asked


def _write(file: Path, name: str, cases: Iterable[tuple[str, list[str]]]) -> None:
    lines = [
        json.dumps({"id": f"{name}-{number}", "question": question, "relevant": relevant})
        for number, (question, relevant) in enumerate(cases, start=1)
    ]
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")


def main() -> None:
    """Write every held-out page and bot into the folder that is named."""
    own_places(parted()[1], parted_bots()[1], Path(sys.argv[1]))


if __name__ == "__main__":
    main()
