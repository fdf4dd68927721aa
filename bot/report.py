"""An evaluation as one HTML page that opens offline: nothing is fetched, no script runs."""

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from bot.evaluate import Evaluation, Judged, Scores
from bot.evaluation_text import number
from bot.measures import calibration_bins, risk_coverage
from bot.plots import coverage_plot, reliability_diagram
from corpus.errors import PortelloError

PAGE = "index.html"

WHAT = {
    "P@1": "best-ranked source is right, in scope, before abstention",
    "MRR@10": "mean of one over the rank of the first right source",
    "recall@5": "share of a question's right sources among the first five",
    "success@5": "any right source among the first five",
    "in_scope_accuracy": "questions in scope answered from a right source",
    "oos_recall": "questions out of scope that were declined",
    "MCC": "Matthews correlation over sources and “out of scope”",
    "AUROC": "confidence in scope above confidence out of scope",
    "selective_accuracy": "right answers among the answers given",
    "coverage": "questions answered",
    "ECE": "expected calibration error of confidence, 0 is best",
    "answer_in_top": "an answer string stands in the top passage",
}
"""What each measure says, in the few words that fit beside it."""

STYLE = """
:root{color-scheme:light dark;--page:#fff;--card:#f6f7f9;--ink:#1b1f24;--soft:#57606a;
--rule:#d0d7de;--accent:#0b5cad;--warn:#9a3412}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1e2329;--ink:#e8ebef;
--soft:#a3adb8;--rule:#3a424c;--accent:#6cb2f7;--warn:#f7a072}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1rem 4rem;max-width:68rem;background:var(--page);
color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2.5rem 0 .75rem}
p{margin:.25rem 0}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;
margin:1.5rem 0 0;padding:0;list-style:none}
.tiles li{background:var(--card);border-radius:.6rem;padding:.75rem 1rem}
.tiles b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:1rem}
figure{margin:0;background:var(--card);border-radius:.6rem;padding:1rem}
figcaption{color:var(--soft);font-size:.9rem}
svg{width:100%;height:auto;display:block}
.grid{stroke:var(--rule);stroke-width:.6;fill:none}
.guide{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:4 4;fill:none}
.bar{fill:var(--accent)}.curve{stroke:var(--accent);stroke-width:2.2;fill:none}
.dot{fill:var(--warn);stroke:var(--card);stroke-width:2}
.tick,.axis{fill:var(--soft);font-size:12px;text-anchor:middle}.right{text-anchor:end}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:.4rem}
th,td{padding:.4rem .7rem;border-bottom:1px solid var(--rule);text-align:left;
vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600}thead th{color:var(--soft);overflow-wrap:normal}
.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
"""

TILES = {
    "P@1": "P@1",
    "in_scope_accuracy": "in-scope accuracy",
    "oos_recall": "out-of-scope recall",
    "selective_accuracy": "answers right",
    "coverage": "coverage",
    "ECE": "calibration error",
}
SPLIT_COLUMNS = (
    "P@1",
    "MRR@10",
    "in_scope_accuracy",
    "oos_recall",
    "selective_accuracy",
    "coverage",
)


class ReportError(PortelloError):
    """A report that can't be written."""


def write_report(evaluation: Evaluation, folder: Path) -> Path:
    """Write ``index.html`` and ``evaluation.json`` into a folder; return the page's path.

    The folder is made where it doesn't exist; files of an earlier report are overwritten.

    Raises
    ------
    ReportError
        The folder can't be written.
    """
    page = folder / PAGE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A question may hold half a surrogate pair, which UTF-8 can't.
        page.write_text(render_page(evaluation), encoding="utf-8", errors="replace")
        found = json.dumps(evaluation.to_dict(), indent=1)
        (folder / "evaluation.json").write_text(found + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportError(
            f"{folder}: the report can't be written ({error.strerror}); name another folder"
        ) from error
    return page


def render_page(evaluation: Evaluation) -> str:
    """Return the whole page; every text of corpus and questions is escaped."""
    parts = [
        _head(evaluation),
        _plots(evaluation),
        _measures(evaluation.overall),
        _splits(evaluation.splits),
        _confusables(evaluation),
        _mistakes(evaluation.mistakes),
        _settings(evaluation),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none';style-src 'unsafe-inline'\">"
        f"<title>Portello: evaluation</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _head(evaluation: Evaluation) -> str:
    scores = evaluation.overall
    tiles = [(label, number(scores.values[name])) for name, label in TILES.items()]
    items = "".join(f"<li><b>{value}</b>{label}</li>" for label, value in tiles)
    return (
        "<h1>How well questions are answered</h1>"
        f'<p class="soft">{scores.questions} questions, {scores.in_scope} in scope,'
        f" {scores.questions - scores.in_scope} out of scope · corpus"
        f" {escape(evaluation.corpus_version[:12])} · model {escape(evaluation.model)}"
        f" · {evaluation.median_ms:.1f} ms a question (median), {evaluation.p95_ms:.1f} ms (p95)"
        f'</p><ul class="tiles">{items}</ul>'
    )


def _plots(evaluation: Evaluation) -> str:
    judgements, scores = evaluation.judgements, evaluation.overall
    coverage, accuracy = scores.values["coverage"], scores.values["selective_accuracy"]
    shipped = None if coverage is None or accuracy is None else (coverage, accuracy)
    curve = coverage_plot(risk_coverage(judgements), scores.in_scope / scores.questions, shipped)
    reliability = reliability_diagram(calibration_bins(judgements))
    return (
        '<h2>Confidence</h2><div class="plots">'
        f"<figure>{reliability}<figcaption>Is a confidence of 0.8 right eight times in ten?"
        " Bars on the dashed line say yes; the fuller the colour, the more replies.</figcaption>"
        f"</figure><figure>{curve}<figcaption>What a lower cut would win and cost. The dot is"
        " what was answered as shipped, the dashed line the share in scope.</figcaption></figure>"
        "</div>"
    )


def _measures(scores: Scores) -> str:
    rows = []
    for name, value in scores.values.items():
        span = scores.intervals.get(name)
        between = f"{span[0]:.3f} to {span[1]:.3f}" if span else ""
        rows.append([name, number(value), between, WHAT[name]])
    head = ["measure", "value", "95 % interval", "what it says"]
    return _section("Measures", _table(head, rows, numbers={1, 2}))


def _splits(splits: Sequence[Scores]) -> str:
    rows = [
        [
            scores.name,
            str(scores.questions),
            *(number(scores.values[name]) for name in SPLIT_COLUMNS),
        ]
        for scores in splits
    ]
    head = ["split", "questions", *(name.replace("_", " ") for name in SPLIT_COLUMNS)]
    return _section("By split", _table(head, rows, numbers=set(range(1, len(head)))))


def _confusables(evaluation: Evaluation) -> str:
    rows = [[p.wanted, p.got, str(p.count), p.example] for p in evaluation.confusables]
    head = ["right would be", "best candidate was", "times", "for example"]
    return _section("Confusable entries", _table(head, rows, numbers={2}))


def _mistakes(mistakes: Iterable[Judged]) -> str:
    rows = [
        [
            f"{judged.judgement.confidence:.2f}",
            judged.case.question,
            judged.answer or "",
            str(judged.judgement.answered),
            ", ".join(judged.case.relevant) or "out of scope",
        ]
        for judged in mistakes
    ]
    head = ["confidence", "question", "was answered", "from", "right would be"]
    return _section("Worst confident mistakes", _table(head, rows, numbers={0}))


def _settings(evaluation: Evaluation) -> str:
    rows = [[name, _said(value)] for name, value in evaluation.settings.items()]
    return _section("Settings", _table(["setting", "value"], rows, numbers=set()))


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int]) -> str:
    """Return a table with escaped cells, or the word None; ``numbers`` are columns set right."""
    if not rows:
        return '<p class="soft">None.</p>'
    marks = [' class="n"' if column in numbers else "" for column in range(len(head))]
    heads = "".join(
        f'<th scope="col"{mark}>{escape(cell)}</th>' for cell, mark in zip(head, marks, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{mark}>{escape(cell)}</td>" for cell, mark in zip(row, marks, strict=True))
        + "</tr>"
        for row in rows
    )
    # A region that scrolls must be reachable by keyboard.
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(head[0])} table">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
