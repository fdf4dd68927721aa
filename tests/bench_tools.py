"""What the benchmarks share: a corpus of any size, questions to it, quantiles and one table."""

import json
import os
import platform
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ARTICLE = Path("corpus/alfa_romeo")
ARTICLE_QUESTIONS = Path("tests/alfa_romeo_questions.jsonl")
_FAQ = Path(__file__).with_name("verifier_faq.jsonl")
_SYLLABLES = "al bar cor den el fer gal hol is jor kel lor mer nor or pel quin ros sel tor".split()


def write_corpus(file: Path, entries: int, seed: int = 5) -> list[str]:
    """Write so many FAQ entries and return questions to them, all of it generated.

    The entries are the 176 of ``verifier_faq.jsonl``, told again of one invented town after the
    other; a third of the questions are phrasings, a third are about what no entry tells, a third
    name a town that has none.
    """
    draw = random.Random(seed)
    told = [json.loads(line) for line in _FAQ.read_text("utf-8").splitlines()]
    towns = [_town(draw) for _ in range(entries // len(told) + 2)]
    lines, asked = [], []
    for number in range(entries):
        entry, town = told[number % len(told)], towns[number // len(told)]
        phrasings = [f"{phrasing.rstrip('?')} in {town}?" for phrasing in entry["questions"]]
        answer = f"{town}: {entry['answer']}"
        lines.append(json.dumps({"id": str(number), "questions": phrasings[:-1], "answer": answer}))
        other = draw.choice(entry["unanswered"]).rstrip("?")
        asked += [phrasings[-1], f"{other} in {town}?", f"{other} in {towns[-1]}?"]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    draw.shuffle(asked)
    return asked


def _town(draw: random.Random) -> str:
    return "".join(draw.sample(_SYLLABLES, 3)).capitalize()


def questions_in(file: Path) -> list[str]:
    """Return the questions of a file for ``evaluate``."""
    return [json.loads(line)["question"] for line in file.read_text("utf-8").splitlines()]


def quantiles(seconds: Sequence[float]) -> tuple[str, str]:
    """Return median and 95th percentile in milliseconds."""
    return f"{1e3 * np.median(seconds):.1f}", f"{1e3 * np.quantile(seconds, 0.95):.1f}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in plain text, under the machine it was measured on."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    drawn = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return "\n".join([machine, "", *drawn])


def resident_mb(process: int | str = "self") -> int:
    """Return the memory that a process holds, in MB (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000
