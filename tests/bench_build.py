"""Measures building an index: passages embedded a second, and a refresh. Run by hand.

    python tests/bench_build.py [--passages 400]

One table. Both encoders embed the same generated passages, after a first few to warm up, in turn
and three times; the best of each counts. "plain encode" is ``SentenceTransformer.encode`` with its
own defaults. "seconds of processor" doesn't mind what else the machine does. A refresh follows the
change of one entry.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench_tools import table, write_corpus
from sentence_transformers import SentenceTransformer

from bot.config import cache_folder, load_settings
from bot.indexing import refresh_index
from index.encoders import building_encoder
from index.model import find_model

_ROUNDS = 3


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long work takes, by the clock and by the processors."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def main() -> None:
    """Measure embedding and refreshing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=400)
    passages = parser.parse_args().passages
    plain = SentenceTransformer(str(find_model().folder), device="cpu", local_files_only=True)
    ours = building_encoder("default", cache_folder())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "faq.jsonl"
        write_corpus(file, passages)
        lines = file.read_text("utf-8").splitlines()
        entries = [json.loads(line) for line in lines]
        texts = ["\n".join([*entry["questions"], entry["answer"]]) for entry in entries]
        works: dict[str, Callable[[], object]] = {
            "plain encode": lambda: plain.encode(texts),
            "Portello": lambda: ours.encode(texts),
        }
        for encoder in (plain, ours):
            encoder.encode(texts[:8])
        found = {name: [timed(work) for _ in range(_ROUNDS)] for name, work in works.items()}
        rows: list[list[object]] = []
        for name, times in found.items():
            clock, processor = (min(each) for each in zip(*times, strict=True))
            rows.append(
                [name, len(texts), f"{clock:.2f}", f"{processor:.2f}", f"{len(texts) / clock:.0f}"]
            )
        settings = load_settings(overrides={"corpus": [file], "index": Path(folder) / "index"})
        for name in ("index, all of it", "index, one entry changed"):
            clock, processor = timed(lambda: refresh_index(settings, say=lambda _: None))
            rows.append([name, len(texts), f"{clock:.2f}", f"{processor:.2f}", ""])
            changed = {**entries[0], "answer": "Not any more."}
            file.write_text("\n".join([json.dumps(changed), *lines[1:]]) + "\n", "utf-8")
    print(table(["", "passages", "seconds", "seconds of processor", "passages a second"], rows))


if __name__ == "__main__":
    main()
