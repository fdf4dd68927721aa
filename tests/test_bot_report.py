"""The report: one page, offline, escaped, readable by machine and screen reader."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from oracle import CASES, TRACES, Oracle, Trace, trace

from bot.evaluate import Evaluation, evaluate
from bot.measures import MEASURES, Bin, CurvePoint
from bot.plots import coverage_plot, reliability_diagram
from bot.questions import Case
from bot.reply import Reply
from bot.report import ReportError, render_page, write_report

HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(2)>&\ud83d"


class Page(HTMLParser):
    """Collects tags, attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def evaluation() -> Evaluation:
    return evaluate(Oracle(TRACES), CASES)


def svgs(page: str) -> Iterator[ElementTree.Element]:
    for part in page.split("<svg ")[1:]:
        yield ElementTree.fromstring("<svg " + part.split("</svg>")[0] + "</svg>")


def test_the_report_is_one_page_with_its_numbers_beside_it(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    page = write_report(evaluation, tmp_path / "a" / "report")
    assert page == tmp_path / "a" / "report" / "index.html"
    found = json.loads((page.parent / "evaluation.json").read_text(encoding="utf-8"))
    assert found["overall"]["coverage"] == pytest.approx(3 / 7)
    assert write_report(evaluation, page.parent) == page


def test_the_page_needs_nothing_from_outside_and_runs_nothing(evaluation: Evaluation) -> None:
    text = render_page(evaluation)
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not {"src", "href", "onclick", "onload"} & {name for name, _ in page.attributes}
    assert "url(" not in text
    assert "http:" not in text
    assert "https:" not in text


def test_every_measure_and_split_stands_on_the_page(evaluation: Evaluation) -> None:
    texts = Page(render_page(evaluation)).texts
    assert set(MEASURES) <= set(texts)
    assert {"near", "far", "0.429", "fooled", "default"} <= set(texts)


def test_texts_of_questions_and_corpus_are_escaped(tmp_path: Path) -> None:
    answered = trace("answer", 0.9, [HOSTILE])
    hostile = Trace(Reply("answer", HOSTILE, 0.9, answered.reply.source), (HOSTILE,))
    cases = [Case("1", HOSTILE, ("x",), HOSTILE), Case("2", "b", (), HOSTILE)]
    found = evaluate(Oracle({HOSTILE: hostile, "b": hostile}), cases)
    page = Page(write_report(found, tmp_path).read_text(encoding="utf-8"))
    assert not {"script", "img"} & set(page.tags)
    assert page.texts.count(HOSTILE.replace("\ud83d", "?")) >= 5


def test_plots_are_named_and_described(evaluation: Evaluation) -> None:
    plots = list(svgs(render_page(evaluation)))
    assert [plot.findtext("title") for plot in plots] == [
        "Reliability diagram",
        "Coverage against accuracy",
    ]
    for plot in plots:
        ids = [plot.find("title"), plot.find("desc")]
        labels = " ".join(element.attrib["id"] for element in ids if element is not None)
        assert plot.attrib["aria-labelledby"] == labels
        assert plot.attrib["role"] == "img"
    assert "43% are answered, 33.3% of these right" in (plots[1].findtext("desc") or "")


def test_a_bar_is_as_high_as_its_share_right() -> None:
    (plot,) = svgs(reliability_diagram([Bin(0.4, 0.6, 10, 0.5, 0.5), Bin(0.6, 1, 0, None, None)]))
    (bar,) = [element for element in plot.iter("rect") if element.get("class") == "bar"]
    assert float(bar.attrib["height"]) == pytest.approx((268 - 14) / 2)
    assert "10 replies, 50% right at a mean confidence of 50%" in (bar.findtext("title") or "")


def test_the_curve_keeps_its_ends_when_it_is_thinned() -> None:
    points = [CurvePoint(1 - n / 5000, n / 5000, 1 - n / 10_000) for n in range(1, 5001)]
    (plot,) = svgs(coverage_plot(points, 0.5, None))
    (curve,) = plot.iter("polyline")
    drawn = curve.attrib["points"].split()
    assert len(drawn) < 400
    assert (drawn[0], drawn[-1]) == ("52.1,14.0", "388.0,141.0")
    assert not list(plot.iter("circle"))


def test_an_evaluation_without_answers_or_mistakes_can_be_shown() -> None:
    found = evaluate(Oracle(TRACES), [CASES[4]])
    page = render_page(found)
    assert Page(page).texts.count("None.") == 2
    assert len(list(svgs(page))) == 2


def test_a_folder_that_cannot_be_written_is_named(evaluation: Evaluation, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match=r"the report can't be written .* name another folder"):
        write_report(evaluation, blocked)
