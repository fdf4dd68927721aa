"""An evaluation, or two compared, as plain text for a terminal 80 columns wide or a log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.measures import MEASURES
from corpus.errors import PortelloError

if TYPE_CHECKING:
    from bot.evaluate import Confusable, Evaluation, Judged, Scores

WIDTH = 80
MOST_ITEMS = 10
SPLIT_COLUMNS = {
    "P@1": "P@1",
    "in_scope_accuracy": "in scope",
    "oos_recall": "oos rec.",
    "selective_accuracy": "select.",
    "coverage": "coverage",
}
"""The measures of the table of splits, with headings short enough for 80 columns."""


def render_text(evaluation: "Evaluation") -> str:
    """Return the evaluation as lines: measures, splits, confusable entries, worst mistakes."""
    blocks = [
        _head(evaluation),
        _overall(evaluation.overall),
        _splits(evaluation.splits),
        _listing("Confusable entries (wanted -> got)", _confusables(evaluation.confusables)),
        _listing("Worst confident mistakes", _mistakes(evaluation.mistakes)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def ablation_table(found: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return the measures by what was left out, as :func:`bot.ablation.ablate` gave them."""
    measures = list(next(iter(found.values())))
    rows = [(name, *(number(values[each]) for each in measures)) for name, values in found.items()]
    return _table([("left out", *measures), *rows])


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what changed between two evaluations, as `Evaluation.to_dict` gave them.

    Measures of all questions, then the questions that came right and those that went wrong;
    questions that only one of the two holds are counted, not compared.
    """
    blocks = [_changed_measures(old["overall"], new["overall"])]
    if old["corpus_version"] != new["corpus_version"]:
        blocks.insert(0, "The two were made with different corpora.")
    before = {reply["id"]: reply for reply in old["replies"]}
    after = {reply["id"]: reply for reply in new["replies"]}
    shared = [key for key in after if key in before]
    for heading, right in (("Came right", True), ("Went wrong", False)):
        changed = [after[key] for key in shared if after[key]["right"] is right]
        changed = [reply for reply in changed if before[reply["id"]]["right"] is not right]
        lines = [f"{reply['id']}: {_flat(reply['question'])}" for reply in changed]
        blocks.append(_listing(f"{heading}: {len(lines)}", lines) or f"{heading}: 0")
    alone = len(before) + len(after) - 2 * len(shared)
    if alone:
        blocks.append(f"In one of the two only: {alone} questions")
    return "\n\n".join(blocks) + "\n"


def read_evaluation(file: Path) -> dict[str, Any]:
    """Return an evaluation as ``evaluate --json`` printed it.

    Raises
    ------
    PortelloError
        The file can't be read or holds something else.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        compare(found, found)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PortelloError(
            f"{file}: not an evaluation ({type(error).__name__}: {error});"
            " give the file that `evaluate --json > FILE` wrote"
        ) from error
    return dict(found)


def number(value: float | None, signed: bool = False) -> str:
    """Return a value to three places, a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def _head(evaluation: "Evaluation") -> str:
    scores = evaluation.overall
    return (
        f"{scores.questions} questions, {scores.in_scope} in scope,"
        f" {scores.questions - scores.in_scope} out of scope\n"
        f"corpus {evaluation.corpus_version[:12]}, model {evaluation.model}\n"
        f"{evaluation.median_ms:.1f} ms a question (median), {evaluation.p95_ms:.1f} ms (p95)"
    )


def _overall(scores: "Scores") -> str:
    rows = [("measure", "value", "95 % interval")]
    for name, value in scores.values.items():
        span = scores.intervals.get(name)
        rows.append((name, number(value), f"{span[0]:.3f} to {span[1]:.3f}" if span else ""))
    return _table(rows)


def _splits(splits: Sequence["Scores"]) -> str:
    if len(splits) < 2:
        return ""
    rows = [("split", "n", *SPLIT_COLUMNS.values())]
    for scores in splits:
        values = [number(scores.values[name]) for name in SPLIT_COLUMNS]
        rows.append((_line(scores.name, 24), str(scores.questions), *values))
    return _table(rows)


def _confusables(pairs: Sequence["Confusable"]) -> Iterator[str]:
    for pair in pairs:
        yield f"{pair.count} x {pair.wanted}\n-> {pair.got}\n{_flat(pair.example)}"


def _mistakes(mistakes: Sequence["Judged"]) -> Iterator[str]:
    for judged in mistakes:
        yield (
            f"{judged.judgement.confidence:.2f} {_flat(judged.case.question)}"
            f"\n-> {judged.judgement.answered}"
            f"\nright: {', '.join(judged.case.relevant) or 'out of scope'}"
        )


def _changed_measures(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    rows = [("measure", "old", "new", "change")]
    for name in MEASURES:
        before, after = old.get(name), new.get(name)
        change = None if before is None or after is None else after - before
        rows.append((name, number(before), number(after), number(change, signed=True)))
    return _table(rows)


def _listing(heading: str, items: Iterator[str] | Sequence[str]) -> str:
    """Return items under a heading; an item's first line stands out, the others below it."""
    shown = list(items)
    if not shown:
        return ""
    more = [f"  … and {len(shown) - MOST_ITEMS} more"] if len(shown) > MOST_ITEMS else []
    return "\n".join([heading, *map(_item, shown[:MOST_ITEMS]), *more])


def _item(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join(
        ["  " + _line(first, WIDTH - 2), *("     " + _line(r, WIDTH - 5) for r in rest)]
    )


def _line(text: str, width: int) -> str:
    plain = _flat(text)
    return plain if len(plain) <= width else plain[: width - 1] + "…"


def _flat(text: str) -> str:
    """Put a text on one line, without what a terminal would obey or can't encode."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Set rows in columns two spaces apart: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if position else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
