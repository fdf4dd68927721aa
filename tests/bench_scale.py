"""Measures the vectors of an index of any size: building, memory, search, recall. Run by hand
(Linux).

    python tests/bench_scale.py [--rows 1000 10000 100000 1000000] [FOLDER...]

One table. The rows are generated: embeddings of our invented pages, and of the texts of each
FOLDER (``corpus.jsonl`` and ``questions.jsonl`` as ``evaluate`` takes them), each moved some way
to one of its neighbours and by what two other neighbours differ in, so that they cluster as texts
do. What is asked are embeddings of questions to those texts, which aren't among the rows.

"build": from rows on disk to an index on disk, of which "processor" is what it takes of the cores.
"opened" and all that follows is from a process of its own. "in memory" is what that process
takes for the vectors; "on disk" are files, of which the system keeps in its spare memory what is
read. A search asks for 64 hits; each question counts with the median of its rounds. "recall" is
the share of the nearest rows found, against all rows compared; "expected" is what the index says
of itself. "processor p95" is in milliseconds of the core that searches. With 10,000,000 rows it
takes 32 GB of disk.
"""

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from bench_tools import questions_in, table
from numpy.typing import NDArray
from verifier_pages import FOLDER, read_pages

from bot.config import cache_folder
from corpus.sentences import sentences
from index.encoders import building_encoder
from index.engines import load_store, save_store, store_for
from index.store import SCORE_SLACK

_ASKED = 500
_HITS = 64
_ROUNDS = 3
_NEIGHBOURS = 32
_AT_ONCE = 20_000

Rows = NDArray[np.float32]


@dataclass
class Found:
    """What a process of its own found; ``scores`` are (n, _HITS)."""

    opened: float
    megabytes: int
    seconds: list[float]
    processor: list[float]
    scores: Rows
    expected: str


def texts_and_questions(folders: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Return distinct texts, sentences among them, and distinct questions."""
    texts, questions = [], []
    for file in sorted(FOLDER.glob("*.txt")):
        for page in read_pages(file):
            texts += [part for passage in page.passages for part in passage.parts]
            questions += [question for question, _ in [*page.asked, *page.tilted]]
    for folder in folders:
        for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines():
            entry = json.loads(line)
            texts += [*entry.get("questions", ()), entry.get("answer") or entry["text"]]
        questions += questions_in(folder / "questions.jsonl")
    parts = [text[start:end] for text in texts for start, end in sentences(text)]
    distinct = list(dict.fromkeys(questions))
    random.Random(1).shuffle(distinct)
    worded = [text for text in dict.fromkeys(texts + parts) if re.search(r"\w+\W+\w+", text)]
    return [text for text in worded if text not in set(distinct)], distinct


class Generator:
    """Makes rows that lie as embeddings do."""

    def __init__(self, real: Rows) -> None:
        self._real = real
        self._near = np.empty((len(real), _NEIGHBOURS), dtype=np.int64)
        for start in range(0, len(real), 1_000):
            order = np.argpartition(-(real[start : start + 1_000] @ real.T), _NEIGHBOURS + 1)
            self._near[start : start + 1_000] = order[:, 1 : _NEIGHBOURS + 1]

    def write(self, file: Path, count: int) -> Rows:
        """Write so many rows and return them as they lie on disk."""
        rows = np.lib.format.open_memmap(file, "w+", np.float32, (count, self._real.shape[1]))
        draw = np.random.default_rng(count)
        for start in range(0, count, _AT_ONCE):
            rows[start : start + _AT_ONCE] = self._some(min(_AT_ONCE, count - start), draw)
        del rows
        return np.asarray(np.load(file, mmap_mode="r"))

    def _some(self, count: int, draw: np.random.Generator) -> Rows:
        first, third = draw.integers(0, len(self._real), (2, count))
        second, fourth = self._near[[first, third], draw.integers(0, _NEIGHBOURS, (2, count))]
        way, aside = draw.uniform(0, 0.6, (count, 1)), draw.uniform(0.2, 0.8, (count, 1))
        real = self._real
        rows = real[first] + way * (real[second] - real[first])
        rows += aside * (real[third] - real[fourth])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def best_scores(questions: Rows, rows: Rows) -> Rows:
    """Return the best scores of each question among all rows, (n, _HITS), best first."""
    best = np.full((len(questions), _HITS), -np.inf, dtype=np.float32)
    for start in range(0, len(rows), _AT_ONCE):
        both = np.hstack([best, questions @ rows[start : start + _AT_ONCE].T])
        best = -np.partition(-both, _HITS - 1, axis=1)[:, :_HITS]
    return -np.sort(-best, axis=1)


def anonymous_mb() -> int:
    """Return the memory that this process holds and that is no file's, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) * 1024 // 1_000_000


def search(folder: Path, questions: Rows) -> Found:
    """Open an index and ask it."""
    import faiss  # noqa: F401  # what it takes by itself isn't counted

    before, began = anonymous_mb(), time.perf_counter()
    store = load_store(folder)
    opened = time.perf_counter() - began
    scores = np.full((len(questions), _HITS), -np.inf, dtype=np.float32)
    seconds, processor = np.empty((2, _ROUNDS, len(questions)))
    for turn in range(_ROUNDS):
        for number in range(len(questions)):
            began, busy = time.perf_counter(), time.thread_time()
            (hits,) = store.search(questions[number : number + 1], _HITS)
            processor[turn, number] = time.thread_time() - busy
            seconds[turn, number] = time.perf_counter() - began
            scores[number, : len(hits.scores)] = hits.scores
    tuning = getattr(store, "tuning", None)
    expected = ", ".join(f"{share:.3f}" for share in tuning.recall) if tuning else "all"
    taken = anonymous_mb() - before
    times = [np.median(each, axis=0).tolist() for each in (seconds, processor)]
    return Found(opened, taken, *times, scores, expected)


def measured(count: int, generator: Generator, questions: Rows, folder: Path) -> list[object]:
    """Return the row of the table for so many rows."""
    rows = generator.write(folder / "given.npy", count)
    clock, processor = time.perf_counter(), time.process_time()
    store = store_for(rows)
    save_store(store, folder)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    engine = type(store).__name__.removesuffix("Store").replace("Faiss", "Exact").lower()
    del store
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        found = pool.submit(search, folder, questions).result()
    true = best_scores(questions, rows)
    recall = [(found.scores[:, :k] >= true[:, k - 1 : k] - SCORE_SLACK).mean() for k in (10, 64)]
    (folder / "given.npy").unlink()
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return [
        f"{count:,}",
        engine,
        f"{clock:.1f}",
        f"{processor:.1f}",
        f"{found.opened:.2f}",
        found.megabytes,
        disk // 1_000_000,
        *(f"{1e3 * np.quantile(found.seconds, share):.2f}" for share in (0.5, 0.95)),
        f"{1e3 * np.quantile(found.processor, 0.95):.2f}",
        *(f"{share:.3f}" for share in recall),
        found.expected,
    ]


def main() -> None:
    """Measure all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[10**3, 10**4, 10**5, 10**6])
    parser.add_argument("--embeddings", type=Path, help="file that keeps them for the next run")
    arguments = parser.parse_args()
    texts, questions = texts_and_questions(arguments.folders)
    kept = arguments.embeddings
    if kept and kept.exists():
        real = np.load(kept)
    else:
        real = building_encoder("default", cache_folder()).encode([*questions, *texts])
        if kept:
            np.save(kept, real)
    asked, generator = real[:_ASKED], Generator(real[_ASKED:])
    lines = []
    for count in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            lines.append(measured(count, generator, asked, Path(folder)))
    head = ["vectors", "engine", "build s", "processor s", "opened s", "MB in memory", "MB on disk"]
    head += ["p50 ms", "p95 ms", "processor p95", "recall@10", "recall@64", "expected"]
    print(f"generated from {len(real) - _ASKED:,} embeddings of texts and questions;")
    print(f"{_ASKED} other questions asked\n")
    print(table(head, lines))


if __name__ == "__main__":
    main()
