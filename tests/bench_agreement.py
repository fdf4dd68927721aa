"""Measures false alarms and hits of the agreement rules. Run by hand.

    python tests/bench_agreement.py CORPUS QUESTIONS.jsonl [CORPUS QUESTIONS.jsonl ...]

For questions with an answer: the share with words reported missing, and with a disagreement in
every passage of the right ids. For questions without: the share with words reported missing, and
with these or a disagreement in every passage of ``about`` (the passage asked about), where given.
"""

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.agreement import Agreement
from bot.config import cache_folder
from corpus.document import Passage
from corpus.read import read_corpus
from index.encoders import question_encoder


def questions_of(path: Path, corpus: str) -> Iterable[dict[str, Any]]:
    """Yield the questions of a file; a minimal pair gives two, one about the other's passage."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "declined" not in row:
            yield row
            continue
        if row["corpus"] == corpus:
            yield {"question": row["answered"], "relevant": row["relevant"], "split": "answered"}
            about = row["relevant"]
            split = f"declined {row['change']}"
            yield {"question": row["declined"], "relevant": [], "about": about, "split": split}


def measure(corpus_path: Path, questions: Path, encode: Any, show: str) -> None:
    """Print a line a split."""
    corpus = read_corpus([corpus_path])
    passages: dict[str, list[Passage]] = defaultdict(list)
    for passage in corpus.passages:
        passages[passage.source_id].append(passage)
    agreement = Agreement(corpus, encode)
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    began, spent = time.perf_counter(), 0.0
    for row in questions_of(questions, corpus_path.name):
        split = row.get("split", "all") + ("" if row["relevant"] else " (none)")
        asked = row["question"]
        ids = row["relevant"] or row.get("about", [])
        ids = [ids] if isinstance(ids, str) else ids
        at = time.perf_counter()
        missing = agreement.missing(asked)
        found = [agreement.disagreements(asked, p) for each in ids for p in passages[each]]
        spent += time.perf_counter() - at
        other = found[0] if found and all(found) else ()
        count = tally[split]
        count.update(n=1, missing=bool(missing), other=bool(other), either=bool(missing or other))
        wrong = bool(missing or other) == bool(row["relevant"])
        if show and wrong and show in (split, "all"):
            print(f"   {missing} {other} {asked}")
    for split, count in sorted(tally.items()):
        shares = [
            f"{name} {count[name] / count['n']:6.1%}" for name in ("missing", "other", "either")
        ]
        print(
            f"{corpus_path.parent.name}/{corpus_path.name:18} {split:32} n {count['n']:5}  ",
            *shares,
        )
    total = sum(count["n"] for count in tally.values())
    print(
        f"   {1000 * spent / total:.2f} ms a question, {time.perf_counter() - began:.1f} s in all"
    )


def main() -> None:
    """Measure each pair of corpus and questions on the command line; ``--show SPLIT`` lists."""
    show = ""
    if "--show" in sys.argv:
        at = sys.argv.index("--show")
        _, show = sys.argv[at], sys.argv[at + 1]
        del sys.argv[at : at + 2]
    encode = question_encoder("default", cache_folder()).encode
    for corpus, questions in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        measure(Path(corpus), Path(questions), encode, show)


if __name__ == "__main__":
    main()
