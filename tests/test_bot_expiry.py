"""A page isn't answered from after the day its owner named, and the operator is told."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from fake_encoder import FakeEncoder

from bot.answer import Bot
from bot.config import Settings
from bot.indexing import overdue
from corpus.read import read_corpus
from index.build import build_index

TODAY = date.today()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
QUESTION = "What does winter storage cost?"


def page(folder: Path, name: str, front: str, text: str) -> None:
    (folder / name).write_text(f"---\n{front}\n---\n# Tyres\n\n{text}\n", encoding="utf-8")


def bot_of(folder: Path) -> Bot:
    encoder = FakeEncoder()
    index = build_index(read_corpus([folder]), encoder, folder / "index")
    return Bot(index, encoder, Settings(corpus=(folder,)))


@pytest.mark.parametrize("until", [TODAY, TOMORROW])
def test_a_page_is_ranked_up_to_its_last_day(tmp_path: Path, until: date) -> None:
    page(tmp_path, "old.md", f"valid_until: {until}", "Winter storage costs 40 euros.")
    assert bot_of(tmp_path).trace(QUESTION).ranking == ("old.md#tyres",)


def test_an_expired_page_is_neither_ranked_nor_suggested(tmp_path: Path) -> None:
    expired = "Storage.\n\n## FAQ\n\n### What does winter storage cost?\n\n40 euros.\n"
    page(tmp_path, "old.md", f"valid_until: {YESTERDAY}", expired)
    page(tmp_path, "new.md", "lang: en", "We fit summer tyres from March.")
    bot = bot_of(tmp_path)
    assert bot.trace(QUESTION).ranking == ("new.md#tyres",)
    assert bot.starters() == ()


def test_where_all_has_expired_nothing_is_answered(tmp_path: Path) -> None:
    page(tmp_path, "old.md", f"valid_until: {YESTERDAY}", "Winter storage costs 40 euros.")
    reply = bot_of(tmp_path).ask(QUESTION)
    assert (reply.outcome, reply.answer) == ("abstain", None)


def test_the_operator_is_told_of_expired_pages_and_of_those_to_review(tmp_path: Path) -> None:
    page(tmp_path, "a.md", f"valid_until: {YESTERDAY}", "Old.")
    page(tmp_path, "b.md", f"review_by: {YESTERDAY}\nvalid_until: {TOMORROW}", "Due.")
    page(tmp_path, "c.md", f"review_by: {TODAY}", "Fine.")
    lines = list(overdue(read_corpus([tmp_path]).documents, TODAY))
    assert [line.rpartition("/")[2] for line in lines] == [
        f"a.md: expired on {YESTERDAY}; it is not answered from",
        f"b.md: to be reviewed since {YESTERDAY}; it is still answered from",
    ]
