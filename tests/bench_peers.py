"""Measures Portello beside what people put together otherwise. Run by hand (Linux).

    python tests/bench_peers.py --venv FOLDER [--corpus PATH --questions FILE.jsonl] [--runs 3]

One table, all of it measured in one run, in turn: sentence-transformers with FAISS, LangChain with
FAISS, and txtai, each as its documentation shows it (``peers.py``), over the same passages with the
same weights, which lie on this disk; nothing is asked of a network but the packages, once. An FAQ
entry is given to the others as a text for each phrasing, with its answer; any other passage with
what it stands under.

"cold ms" is a whole process, from start to the first answer, on what was built before: for
Portello ``python app.py ask``, which also proves its answer against the file and abstains where
there is none, for the others a script that prints an id. "ms" is one question at a time in a
process, none asked before. "P@1" is how often the first passage is a right one, of the questions
that have one and no history, before any abstention.

The others live in an environment of their own, made in FOLDER where it isn't there yet. Versions
are pinned so that the figures can be had again; these were each project's newest that go together.
torch is the one that Portello installs: the newest whose build for processors alone is small.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench_tools import ARTICLE, ARTICLE_QUESTIONS, quantiles, table

from corpus.document import Corpus, Passage
from corpus.read import read_corpus
from index.model import find_model
from index.views import whole_text

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tests" / "peers.py"
PINNED = (
    "torch==2.13.0",
    "sentence-transformers==6.2.0",
    "faiss-cpu==1.15.1",
    "langchain-community==0.4.2",
    "langchain-huggingface==1.2.3",
    "txtai==9.14.0",
)
PEERS = {
    "portello": "Portello",
    "plain": "sentence-transformers + FAISS",
    "langchain": "LangChain + FAISS",
    "txtai": "txtai",
}


@dataclass(frozen=True)
class Case:
    """A question, and the ids of the sources that answer it."""

    question: str
    relevant: frozenset[str]


def cases_in(file: Path) -> list[Case]:
    """Return the questions that have an answer and need no history, each once."""
    lines = map(json.loads, file.read_text("utf-8").splitlines())
    asked = {
        line["question"]: frozenset(line["relevant"])
        for line in lines
        if line["relevant"] and not line.get("history")
    }
    return [Case(*pair) for pair in asked.items()]


def texts_of(passage: Passage) -> list[str]:
    """Return what a passage is for those who embed whole texts."""
    if passage.kind == "entry":
        return [f"{phrasing}\n{passage.text}" for phrasing in passage.questions]
    return [whole_text(passage)]


def write_task(folder: Path, place: Path, corpus: Corpus, cases: Sequence[Case]) -> None:
    """Write the passages and questions where every peer finds them."""
    rows = [{"id": p.source_id, "text": text} for p in corpus.passages for text in texts_of(p)]
    (folder / "passages.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    (folder / "questions.json").write_text(json.dumps([case.question for case in cases]), "utf-8")
    (folder / "corpus.txt").write_text(str(place), "utf-8")


def peers_python(folder: Path) -> Path:
    """Return the Python of the peers' environment, made where it isn't there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
    return python


class Runner:
    """Runs peers, each with its own Python, without a network for models."""

    def __init__(self, folder: Path, place: Path, python: Path) -> None:
        self._folder, self._place, self._python = folder, place, python
        self._environ = os.environ | {
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "PEER_MODEL": str(find_model().folder),
        }
        # As everywhere but in a few containers: what is compiled once is kept.
        self._environ.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, name: str, action: str) -> str:
        """Return what a peer prints."""
        done = subprocess.run(
            [self._python_of(name), SCRIPT, name, action, self._folder],
            env=self._environ_of(name),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout.decode()

    def cold(self, name: str, question: str) -> tuple[float, float, int]:
        """Return seconds, those of the processors, and MB of a process that answers a question."""
        command = [self._python_of(name), SCRIPT, name, "ask", self._folder, question]
        if name == "portello":
            places = ["--corpus", self._place, "--index", self._folder / name]
            command = [self._python_of(name), "app.py", "ask", question, *places]
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=self._environ_of(name), cwd=ROOT, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise RuntimeError(f"{name} ended with {os.waitstatus_to_exitcode(status)}")
        seconds = time.perf_counter() - began
        return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 // 1_000_000

    def _python_of(self, name: str) -> str:
        return sys.executable if name == "portello" else str(self._python)

    def _environ_of(self, name: str) -> dict[str, str]:
        paths = {"PYTHONPATH": str(ROOT) if name == "portello" else ""}
        return self._environ | paths


def measured(runner: Runner, cases: Sequence[Case], runs: int) -> Iterator[list[object]]:
    """Yield a row for each peer; cold starts in turn, so that all meet the same machine."""
    for name in PEERS:
        runner.run(name, "build")
        runner.cold(name, cases[0].question)
    turns = [(name, runner.cold(name, cases[0].question)) for _ in range(runs) for name in PEERS]
    for name, shown in PEERS.items():
        seconds, busy, memory = zip(*(cold for peer, cold in turns if peer == name), strict=True)
        told = json.loads(runner.run(name, "all"))
        right = [best in case.relevant for best, case in zip(told["best"], cases, strict=True)]
        yield [
            shown,
            f"{1e3 * np.median(seconds):.0f}",
            f"{1e3 * np.median(busy):.0f}",
            max(memory),
            *quantiles(told["seconds"]),
            f"{1e3 * told['processor'] / len(cases):.1f}",
            told["mb"],
            f"{np.mean(right):.3f}",
        ]


def main() -> None:
    """Measure one corpus and its questions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, default=ARTICLE)
    parser.add_argument("--questions", type=Path, default=ARTICLE_QUESTIONS)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    place, cases = given.corpus.resolve(), cases_in(given.questions)
    corpus = read_corpus([place])
    python = peers_python(given.venv.resolve())
    with tempfile.TemporaryDirectory() as folder:
        write_task(Path(folder), place, corpus, cases)
        rows = list(measured(Runner(Path(folder), place, python), cases, given.runs))
    head = ["", "cold ms", "processor ms", "MB", "ms", "p95 ms", "processor ms", "MB", "P@1"]
    print(table(head, rows))
    print(f"\n{len(corpus.passages)} passages, {len(cases)} questions; {', '.join(PINNED)}")


if __name__ == "__main__":
    main()
