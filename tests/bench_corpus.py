"""Measures corpora of a thousand to a million entries: build, start, memory, answers. By hand.

    python tests/bench_corpus.py [--entries 1000 10000 100000]
    python tests/bench_corpus.py --entries 1000000 --dimension 64     (5 GB of memory to build)

One table, each line in processes of its own (Linux). Entries are generated
(:func:`bench_tools.write_corpus`): one phrasing each and an answer of one sentence, so that an
entry has three vectors; their vocabulary is a few thousand words. No model is asked: vectors are
drawn about 5,000 centres, in next to no time, so that "build" is all but embedding; and no verifier
reads on, as if none were shipped. "start" is from the files to a bot that has answered once;
"change" is from a changed entry to the index that holds it. "answer" is a question that wasn't
asked before, all evidence and proof included; "of it words" and "of it vectors" are its searches,
"processor" is what it takes of the cores together, which depends less on what else the machine
does. Memory is all that the process holds (RSS), and of it what is no part of a mapped file.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from bench_tools import quantiles, resident_mb, table, write_corpus
from numpy.typing import NDArray

from bot.agreement_facts import facts_of
from bot.answer import Bot
from bot.config import Settings
from bot.verifier import Verifier
from index.build import Index
from index.opening import open_files

_QUESTIONS = 300
_CENTRES = 5000


class ScatteringEncoder:
    """Makes rows of unit length about 5,000 centres: which one says the text's checksum."""

    name = "scattering"
    fingerprint = "0" * 64

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        draw = np.random.default_rng(1)
        self._centres = _unit(draw.standard_normal((_CENTRES, dimension), dtype=np.float32))

    def encode(self, texts: Sequence[str], progress: bool = False) -> NDArray[np.float32]:  # noqa: ARG002
        sums = np.fromiter((crc32(text.encode()) for text in texts), dtype=np.uint32)
        draw = np.random.default_rng(sums[:1])
        rows = draw.standard_normal((len(texts), self.dimension), dtype=np.float32)
        rows *= np.float32(1 / np.sqrt(self.dimension))
        rows += self._centres[sums % _CENTRES]
        return _unit(rows)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


class NoVerifier(Verifier):
    """Reads nothing and says nothing."""

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:  # noqa: ARG002
        return np.zeros(len(passages), dtype=np.float32)


def write(folder: Path, entries: int) -> Path:
    """Write the entries with their first phrasing alone, and questions beside them."""
    file = folder / "faq.jsonl"
    asked = write_corpus(file, entries)
    (folder / "asked.json").write_text(json.dumps(asked[: _QUESTIONS + 1]), "utf-8")
    with (
        file.open(encoding="utf-8") as lines,
        (folder / "one.jsonl").open("w", encoding="utf-8") as out,
    ):
        for line in lines:
            entry = json.loads(line)
            answer = entry["answer"].replace(". ", "; ")
            out.write(
                json.dumps({**entry, "questions": entry["questions"][:1], "answer": answer}) + "\n"
            )
    return (folder / "one.jsonl").replace(file)


def opened(folder: Path, dimension: int) -> Index:
    """Open the index of a folder's entries, or build it."""
    file = folder / "faq.jsonl"
    index = open_files(
        [file],
        lambda: ScatteringEncoder(dimension),
        ScatteringEncoder.fingerprint,
        folder / "index",
    )
    facts_of(index)
    return index


def build(folder: Path, dimension: int) -> dict[str, object]:
    """Build and return how long it took."""
    began, busy = time.perf_counter(), time.process_time()
    index = opened(folder, dimension)
    return {
        "build s": f"{time.perf_counter() - began:.1f}",
        "of processor": f"{time.process_time() - busy:.1f}",
        "most MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000,
        "vectors": index.manifest.views,
        "on disk MB": sum(file.size for file in index.manifest.files.values()) // 1_000_000,
    }


def change(folder: Path, dimension: int) -> dict[str, object]:
    """Change an entry and return how long the index takes to hold it."""
    file = folder / "faq.jsonl"
    lines = file.read_text("utf-8").splitlines()
    changed = {**json.loads(lines[0]), "answer": f"Not any more, since {time.time()}."}
    file.write_text("\n".join([json.dumps(changed), *lines[1:]]) + "\n", "utf-8")
    time.sleep(2.1)  # Files that are newer may change again unnoticed.
    began = time.perf_counter()
    opened(folder, dimension)
    return {"change s": f"{time.perf_counter() - began:.2f}"}


def ask(folder: Path, dimension: int) -> dict[str, object]:
    """Start, ask, and return how long it took and what was held."""
    first, *questions = json.loads((folder / "asked.json").read_text("utf-8"))
    began = time.perf_counter()
    index = opened(folder, dimension)
    bot = Bot(index, ScatteringEncoder(dimension), Settings())
    bot._judge._verifier = NoVerifier()
    bot.ask(first)
    start = time.perf_counter() - began
    spent: dict[str, list[float]] = {"answer": [], "words": [], "vectors": []}
    for name, part, method in (
        ("words", index.keyword, "search"),
        ("vectors", index.store, "search"),
    ):
        setattr(part, method, timed(getattr(part, method), spent[name]))
    asking, busy = timed(bot.ask, spent["answer"]), time.process_time()
    for question in questions:
        asking(question)
    busy = (time.process_time() - busy) / len(questions)
    found = {name: quantiles(seconds) for name, seconds in spent.items()}
    return {
        "start s": f"{start:.2f}",
        "answer ms, median": found["answer"][0],
        "p95": found["answer"][1],
        "processor": f"{1e3 * busy:.1f}",
        "of it words": found["words"][0],
        "of it vectors": found["vectors"][0],
        "MB": resident_mb(),
        "MB not mapped": own_mb(),
    }


def timed(work: Callable[..., object], seconds: list[float]) -> Callable[..., object]:
    """Return work that notes how long it takes each time."""

    def run(*arguments: object) -> object:
        began = time.perf_counter()
        done = work(*arguments)
        seconds.append(time.perf_counter() - began)
        return done

    return run


def own_mb() -> int:
    """Return the memory of this process that no file backs, in MB (Linux)."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) // 1000


def main() -> None:
    """Measure each size in processes of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--part", choices=["build", "change", "ask"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        parts = {"build": build, "change": change, "ask": ask}
        print(json.dumps(parts[given.part](given.folder, given.dimension)))
        return
    rows: list[dict[str, object]] = []
    for entries in given.entries:
        with tempfile.TemporaryDirectory() as made:
            folder = given.folder or Path(made)
            write(folder, entries)
            time.sleep(2.1)
            rows.append({"entries": f"{entries:,}"})
            for part in ("build", "ask", "change"):
                command = [sys.executable, __file__, "--part", part, "--folder", str(folder)]
                command += ["--dimension", str(given.dimension)]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                rows[-1] |= json.loads(done.stdout)
    print(table(list(rows[0]), [list(row.values()) for row in rows]))


if __name__ == "__main__":
    main()
