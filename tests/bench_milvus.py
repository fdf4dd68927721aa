"""Compare Milvus with the engines of one machine, on the same rows and questions, in one run.

    python tests/bench_milvus.py                      10,000 rows, 1,000 entries
    python tests/bench_milvus.py --rows 1000 --entries 100

Starts the real server, in a folder that is gone afterwards. Rows are random and of unit length,
a tenth of them twice; entries are generated. "Processor" is what a question takes of the cores,
in both processes. Prints a table and exits with 1 where a hit or a reply differs.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import quantiles, table, write_corpus
from milvus_server import RunningMilvus, running_milvus

from bot.answer import Bot
from bot.config import load_settings
from bot.indexing import refresh_index
from index.faiss_store import FaissStore
from index.milvus_client import Milvus, Place
from index.milvus_store import MilvusStore
from index.store import ExactStore, Vectors

DIMENSION = 384


def unit_rows(count: int, seed: int) -> Vectors:
    """Return random rows of unit length."""
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def timed(
    work: Callable[[Any], Any], inputs: Sequence[Any], server: int
) -> tuple[list[Any], list[float], float]:
    """Return what comes of each input, the seconds each took, and those of the processor."""
    work(inputs[0])
    found, seconds = [], []
    before = time.process_time() + processor_seconds(server)
    for each in inputs:
        began = time.perf_counter()
        found.append(work(each))
        seconds.append(time.perf_counter() - began)
    used = time.process_time() + processor_seconds(server) - before
    return found, seconds, used / len(inputs)


def processor_seconds(process: int) -> float:
    """Return what a process has taken of the processor so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(process: int) -> str:
    """Return what a process has in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return f"{pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.0f}"


def searches(server: RunningMilvus, count: int, questions: int) -> tuple[list[list[object]], bool]:
    """Return rows of the table for the search alone, and whether all hits were equal."""
    rows = unit_rows(count, 1)
    rows[-(count // 10) :] = rows[: count // 10]
    asked = [row[None, :] for row in unit_rows(questions, 2)]
    exact, local = ExactStore(DIMENSION), FaissStore(DIMENSION)
    before = resident_mb(server.pid)
    began = time.perf_counter()
    there = MilvusStore.create(Milvus(Place(server.uri)), "bench", DIMENSION)
    for store in (there, exact, local):
        store.add(np.arange(count), rows)
        if store is there:
            there.finish()
            written = time.perf_counter() - began
    kept = MilvusStore.open(Milvus(Place(server.uri)), "bench", DIMENSION, count)
    kept.keep_rows()
    expected = [exact.search(each, 10)[0] for each in asked]
    lines: list[list[object]] = []
    shares: list[float] = []
    for name, store in (("FAISS", local), ("Milvus", there), ("Milvus, rows kept", kept)):
        found, *took = timed(lambda each, store=store: store.search(each, 10)[0], asked, server.pid)
        equal = [
            one.ids.tolist() == right.ids.tolist() and one.scores.tolist() == right.scores.tolist()
            for one, right in zip(found, expected, strict=True)
        ]
        shares.append(float(np.mean(equal)))
        lines.append([f"search 10 of {count:,}, {name}", *told(*took), f"{shares[-1]:.0%}"])
    lines += [
        [f"writing {count:,} rows, seconds", f"{written:.1f}", "", "", ""],
        ["the server's memory before and after, MB", before, resident_mb(server.pid), "", ""],
    ]
    return lines, min(shares) == 1


def told(seconds: Sequence[float], used: float) -> tuple[str, str, str]:
    """Return median, 95th percentile and processor in milliseconds."""
    return (*quantiles(seconds), f"{1e3 * used:.1f}")


def answers(
    server: RunningMilvus, count: int, questions: int, folder: Path
) -> tuple[list[list[object]], bool]:
    """Return rows of the table for whole answers of a bot, and whether all replies were equal."""
    faq = folder / "faq.jsonl"
    asked = write_corpus(faq, count)[:questions]
    local = load_settings(overrides={"corpus": [faq], "index": folder / "index"})
    engines = {"FAISS": local, "Milvus": replace(local, store="milvus", milvus_uri=server.uri)}
    lines: list[list[object]] = []
    replies = []
    for name, settings in engines.items():
        began = time.perf_counter()
        refresh_index(settings, say=lambda _: None)
        indexed = time.perf_counter() - began
        began = time.perf_counter()
        bot = Bot.open(settings)
        opened = time.perf_counter() - began
        found, *took = timed(bot.ask, asked, server.pid)
        replies.append([replace(reply, reply_id="") for reply in found])
        lines += [
            [f"answer, {count:,} entries, {name}", *told(*took), ""],
            [f"index and open, {name}, seconds", f"{indexed:.1f}", f"{opened:.1f}", "", ""],
        ]
    same = float(np.mean([one == other for one, other in zip(*replies, strict=True)]))
    lines[2][-1] = f"{same:.0%}"
    faq.write_text(faq.read_text("utf-8").replace('"answer": "', '"answer": "Now: ', 1), "utf-8")
    for name, settings in engines.items():
        again = refresh_index(settings, say=lambda _: None).seconds
        lines.append(
            [f"index after an edit of one answer, {name}, seconds", f"{again:.1f}", "", "", ""]
        )
    return lines, same == 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=1000)
    parser.add_argument("--questions", type=int, default=200)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        running_milvus(Path(name) / "milvus", quick=False) as server,
    ):
        lines, equal = searches(server, given.rows, given.questions)
        more, same = answers(server, given.entries, given.questions, Path(name))
    print(table(["", "median ms", "p95 ms", "processor ms", "equal"], lines + more))
    sys.exit(0 if equal and same else 1)


if __name__ == "__main__":
    main()
