"""Measures one question at a time: from the command line, and in a process. Run by hand (Linux).

    python tests/bench_ask.py

One table. "whole process": ``python app.py ask`` on a built index, interpreter included; median
and slowest of five after a first one, and the most memory it held. "in process": questions none of
which was asked before, then the same again, which the verifier remembers. "processor": what the
work takes of the cores together, which depends less on what else the machine does. The 1,000
entries are generated (:func:`bench_tools.write_corpus`).
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from bench_tools import (
    ARTICLE,
    ARTICLE_QUESTIONS,
    quantiles,
    questions_in,
    resident_mb,
    table,
    write_corpus,
)

from bot.answer import Bot
from bot.config import load_settings

_RUNS = 5
_QUESTIONS = 120


def whole_process(corpus: Path, index: Path, question: str) -> list[object]:
    """Return the row of the command line."""
    command = ["app.py", "ask", question, "--corpus", str(corpus), "--index", str(index)]
    seconds, busy, memory = [], [], 0
    # As everywhere but in a few containers: what is compiled once is kept.
    environ = {key: of for key, of in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *command], env=environ, stdout=subprocess.DEVNULL, check=True)
    for _ in range(_RUNS):
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command], env=environ, stdout=subprocess.DEVNULL
        )
        _, _, used = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - began)
        busy.append(used.ru_utime + used.ru_stime)
        memory = max(memory, used.ru_maxrss * 1024 // 1_000_000)
    middle, worst = (f"{1e3 * value:.0f}" for value in (np.median(seconds), max(seconds)))
    return ["whole process", middle, worst, f"{1e3 * np.median(busy):.0f}", memory]


def in_process(bot: Bot, questions: Sequence[str]) -> Iterator[list[object]]:
    """Yield the rows of questions that are new, and of the same again."""
    bot.ask("Hello, is this open?")
    for name in ("in process, new", "in process, again"):
        seconds, began_busy = [], time.process_time()
        for question in questions:
            began = time.perf_counter()
            bot.ask(question)
            seconds.append(time.perf_counter() - began)
        busy = (time.process_time() - began_busy) / len(questions)
        yield [name, *quantiles(seconds), f"{1e3 * busy:.1f}", resident_mb()]


def main() -> None:
    """Measure the article and a thousand generated entries."""
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder:
        generated = Path(folder) / "faq.jsonl"
        asked = write_corpus(generated, 1000)
        corpora = {"article": (ARTICLE, questions_in(ARTICLE_QUESTIONS))}
        corpora["1,000 entries"] = (generated, asked)
        # All processes first: a child's memory is counted from what its parent holds.
        for name, (corpus, questions) in corpora.items():
            index = Path(folder) / name
            places = ["--corpus", str(corpus), "--index", str(index)]
            command = [sys.executable, "app.py", "index", *places]
            subprocess.run(command, check=True, capture_output=True)
            rows.append([name, *whole_process(corpus, index, questions[0])])
        for name, (corpus, questions) in corpora.items():
            overrides = {"corpus": [corpus], "index": Path(folder) / name}
            bot = Bot.open(load_settings(overrides=overrides))
            found = in_process(bot, list(dict.fromkeys(questions))[:_QUESTIONS])
            rows += [[name, *row] for row in found]
    print(table(["corpus", "", "median ms", "p95 or slowest ms", "processor ms", "MB"], rows))


if __name__ == "__main__":
    main()
