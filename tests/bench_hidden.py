"""Hides a small corpus among a million passages: what do its questions get then? By hand (Linux).

    python tests/bench_hidden.py CORPUS QUESTIONS [--passages 1000000]

One table, a line for the corpus alone and one for it among the others, each in processes of its
own. The others are generated: two sentences of the pages in ``verifier_pages``, told of one
invented place after the other. Their vectors are those of the sentences, embedded as they are, each
moved by a fixed step for its place; the corpus and the questions are embedded in full. "ready" is
from the files to a bot that has answered once; "answer" is a whole answer, "unverified" one
without the verifier. Takes 15 GB of memory and of disk for a million.
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from bench_corpus import NoVerifier
from bench_tools import quantiles, resident_mb, table
from numpy.typing import NDArray
from verifier_pages import FOLDER, read_pages

from bot.agreement_facts import facts_of
from bot.answer import Bot
from bot.config import Settings, cache_folder
from bot.evaluate import evaluate
from bot.questions import read_questions
from corpus.sentences import sentences
from index.build import Index
from index.encoders import building_encoder, describe, question_encoder
from index.opening import open_files

_STEP = 0.4
"""How far a place moves a sentence's vector; two places lie 0.56 apart then."""
_PLACE = re.compile(r" near ([BDFGKLMNPRSTV][aeiou]\w+wick)\b")
_SYLLABLES = [first + second for first in "bdfgklmnprstv" for second in "aeiou"]
_TIMED = 200


class PlacesEncoder:
    """Embeds a sentence told of many places once, and moves it for each of them."""

    def __init__(self) -> None:
        self._real = building_encoder("default", cache_folder())
        self.name, self.dimension = self._real.name, self._real.dimension
        self.fingerprint = self._real.fingerprint

    def encode(self, texts: Sequence[str], progress: bool = False) -> NDArray[np.float32]:
        places = [_PLACE.search(text) for text in texts]
        plain = [_PLACE.sub("", text) for text in texts]
        known = {text: number for number, text in enumerate(dict.fromkeys(plain))}
        real = self._real.encode(list(known), progress=progress)
        rows = np.take(real, [known[text] for text in plain], axis=0)
        steps: dict[str, NDArray[np.float32]] = {}
        for row, place in zip(rows, places, strict=True):
            if place:
                row += self._step(place[1], steps)
                row /= np.linalg.norm(row)
        return rows

    def _step(self, place: str, steps: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        if place not in steps:
            draw = np.random.default_rng(list(place.encode()))
            step = draw.standard_normal(self.dimension, dtype=np.float32)
            steps[place] = step * np.float32(_STEP) / np.linalg.norm(step)
        return steps[place]


def others(count: int) -> Iterator[str]:
    """Yield so many lines of a corpus, each about a place."""
    draw = random.Random(1)
    told = [
        (page.title, text[: spans[1][1]] if len(spans := sentences(text)) > 1 else text)
        for file in sorted(FOLDER.glob("*.txt"))
        for page in read_pages(file)
        for passage in page.passages
        if passage.kind == "p" and (text := passage.parts[0])
    ]
    for number in range(count):
        title, text = told[number % len(told)]
        if number % len(told) == 0:
            place = "".join(draw.sample(_SYLLABLES, 3)).capitalize() + "wick"
        said = f"{text.rstrip('.!?')} near {place}."
        yield json.dumps({"id": f"other-{number}", "title": title, "text": said})


def opened(folder: Path) -> Index:
    """Open the index of a folder's files, or build it."""
    model = describe("default", cache_folder()).fingerprint
    files = sorted((folder / "corpus").iterdir())
    index = open_files(files, PlacesEncoder, model, folder / "index")
    facts_of(index)
    return index


def build(folder: Path, _: Path) -> dict[str, object]:
    """Build and return how long it took."""
    began = time.perf_counter()
    index = opened(folder)
    return {
        "passages": f"{len(index.corpus.passages):,}",
        "vectors": f"{index.manifest.views:,}",
        "build s": f"{time.perf_counter() - began:.0f}",
        "most MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000,
    }


def ask(folder: Path, questions: Path) -> dict[str, object]:
    """Start, ask, and return what was answered, how long it took and what was held."""
    cases = read_questions(questions)
    began = time.perf_counter()
    index = opened(folder)
    encoder = question_encoder("default", cache_folder())
    bot = Bot(index, encoder, Settings())
    bot.ask("Is this open on Sundays?")
    ready = time.perf_counter() - began
    found = evaluate(bot, cases)
    values = found.overall.values
    bare = Bot(index, encoder, Settings(), verifier=NoVerifier())
    seconds = []
    for case in cases[:_TIMED]:
        started = time.perf_counter()
        bare.ask(case.question, case.history)
        seconds.append(time.perf_counter() - started)
    median, worst = quantiles(seconds)
    return {
        "ready s": f"{ready:.1f}",
        "answer ms": f"{found.median_ms:.1f}",
        "p95": f"{found.p95_ms:.1f}",
        "unverified ms": median,
        "p95 ": worst,
        "MB": resident_mb(),
        **{name: _share(values[name]) for name in ("P@1", "in_scope_accuracy", "oos_recall")},
    }


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def main() -> None:
    """Measure the corpus alone and among the others."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--part", choices=["build", "ask"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        part = {"build": build, "ask": ask}[given.part]
        print(json.dumps(part(given.folder, given.questions)))
        return
    rows: list[dict[str, object]] = []
    for count in (0, given.passages):
        with tempfile.TemporaryDirectory() as made:
            files = Path(made) / "corpus"
            files.mkdir()
            (files / given.corpus.name).write_bytes(given.corpus.read_bytes())
            if count:
                with (files / "others.jsonl").open("w", encoding="utf-8") as out:
                    out.writelines(f"{line}\n" for line in others(count))
            time.sleep(2.1)
            rows.append({"among": f"{count:,}"})
            for part_name in ("build", "ask"):
                command = [sys.executable, __file__, str(given.corpus), str(given.questions)]
                command += ["--part", part_name, "--folder", made]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                rows[-1] |= json.loads(done.stdout)
    print(table(list(rows[0]), [list(row.values()) for row in rows]))


if __name__ == "__main__":
    main()
