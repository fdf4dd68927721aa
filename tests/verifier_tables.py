"""Invents tables and asks them questions: rows that answer, rows beside them, columns left out."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from bot.verifier import row_text

_WORDS = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


@dataclass(frozen=True)
class Asked:
    """A question, the texts of the rows that answer it (one or none) and of rows that don't."""

    question: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]


def invented(draw: random.Random, tables: int) -> list[Asked]:
    """Return questions on ``tables`` tables of things and as many tables of yearly figures."""
    asked = []
    for _ in range(tables):
        asked += _things(draw) + _figures(draw)
    return asked


def _things(draw: random.Random) -> list[Asked]:
    kind = draw.choice(_WORDS["kinds"])
    title, first = draw.choice(kind["titles"]), draw.choice(kind["first"])
    names = draw.sample(kind["names"], k=4)
    missing, *kept = draw.sample(kind["columns"], k=draw.randint(4, len(kind["columns"])))
    headers = [draw.choice(column["headers"]) for column in kept]
    texts = {}
    for name in names:
        values = [_value(column["values"], draw) for column in kept]
        cells = [(first, name), *zip(headers, values, strict=True)]
        texts[name] = row_text(title, (), cells)
    name = draw.choice(names)
    others = [text for other, text in texts.items() if other != name]
    present = _said(draw.choice(draw.choice(kept)["questions"]).format(x=name), draw)
    absent = _said(draw.choice(missing["questions"]).format(x=name), draw)
    return [
        Asked(present, (texts[name],), tuple(draw.sample(others, k=2))),
        Asked(absent, (), (texts[name],)),
    ]


def _figures(draw: random.Random) -> list[Asked]:
    firm = draw.choice(_WORDS["firms"])
    last = draw.randint(1998, 2023)
    years = [last - back for back in range(draw.randint(3, 5))]
    lines = draw.sample(_WORDS["figures"], k=3)
    title = f"{firm} {draw.choice(('annual report', 'key figures', 'report table'))}"
    texts = [
        row_text(
            title, (), [("", line["row"]), *((str(y), _value("12-98000", draw)) for y in years)]
        )
        for line in lines
    ]
    ask = draw.choice(lines[0]["questions"])
    form = draw.choice(("{ask} in {year}", "{ask} at {firm} in {year}", "{firm} {ask} {year}"))
    present = form.format(ask=ask, firm=firm, year=draw.choice(years))
    absent = form.format(ask=ask, firm=firm, year=draw.choice((last + 2, last - 9, last + 1)))
    return [
        Asked(_said(present, draw), (texts[0],), (texts[1], texts[2])),
        Asked(_said(absent, draw), (), (texts[0],)),
    ]


def _value(values: str, draw: random.Random) -> str:
    if "/" in values:
        return draw.choice(values.split("/"))
    low, _, high = values.partition("-")
    if not high.isdigit():
        return values
    number = draw.randint(int(low), int(high))
    return f"{number:,}" if number > 2100 else str(number)


def _said(question: str, draw: random.Random) -> str:
    """Return a question as a visitor types it: in lower case, or with capital and mark."""
    return question if draw.random() < 0.5 else f"{question[0].upper()}{question[1:]}?"
