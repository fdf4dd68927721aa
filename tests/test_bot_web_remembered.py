"""Replies given a moment ago, and questions that several visitors ask at once."""

import asyncio
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_bot import ANSWER, FAQ, UNKNOWN, ScriptedBot

from bot.config import Settings
from bot.reply import Reply
from bot.web.desk import Desk
from bot.web.remembered import KEPT_SECONDS, Remembered

ASKED = ("v1", "Where?", ())


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Return a source that was written a minute ago, by its stamp."""
    file = tmp_path / "where.md"
    file.write_text(ANSWER, "utf-8")
    old = file.stat().st_mtime - 60
    os.utime(file, (old, old))
    return file


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file count as old enough: the time of its inode's change can't be set."""
    monkeypatch.setattr("bot.web.remembered.is_settled", lambda _: True)


def reply_from(file: Path) -> Reply:
    return Reply("answer", ANSWER, 0.9, replace(FAQ, file=str(file)), reply_id="first")


@pytest.mark.usefixtures("settled")
def test_the_same_question_gets_the_same_reply_with_an_id_of_its_own(page: Path) -> None:
    remembered, reply = Remembered(), reply_from(page)
    remembered.keep(ASKED, reply)
    found = [remembered.find(ASKED) for _ in range(2)]
    assert [each and replace(each, reply_id="first") for each in found] == [reply, reply]
    assert len({"first", *(each.reply_id for each in found if each)}) == 3


@pytest.mark.parametrize(
    "other", [("v2", "Where?", ()), ("v1", "where?", ()), ("v1", "Where?", ("What?",))]
)
def test_another_version_question_or_history_is_another_matter(
    other: tuple[str, str, tuple[str, ...]],
) -> None:
    remembered = Remembered()
    remembered.keep(ASKED, UNKNOWN)
    assert remembered.find(other) is None


@pytest.mark.usefixtures("settled")
def test_a_source_that_changes_or_goes_takes_its_replies_along(page: Path) -> None:
    remembered = Remembered()
    remembered.keep(ASKED, reply_from(page))
    page.write_text(ANSWER + " Not.", "utf-8")
    assert remembered.find(ASKED) is None
    remembered.keep(ASKED, reply_from(page))
    page.unlink()
    assert remembered.find(ASKED) is None
    remembered.keep(ASKED, reply_from(page))
    assert remembered.find(ASKED) is None


def test_a_source_that_is_new_could_change_unnoticed(page: Path) -> None:
    page.write_text(ANSWER, "utf-8")
    remembered = Remembered()
    remembered.keep(ASKED, reply_from(page))
    assert remembered.find(ASKED) is None


def test_a_reply_is_forgotten_in_time_and_when_there_are_many() -> None:
    now = 0.0
    remembered = Remembered(lambda: now)
    remembered.keep(ASKED, UNKNOWN)
    now = KEPT_SECONDS
    assert remembered.find(ASKED) is not None
    now += 1
    assert remembered.find(ASKED) is None
    for number in range(1001):
        remembered.keep(("v1", str(number), ()), UNKNOWN)
    assert remembered.find(("v1", "0", ())) is None
    assert remembered.find(("v1", "1", ())) is not None


@pytest.mark.usefixtures("settled")
def test_a_source_that_was_published_need_not_be_a_file_here(page: Path) -> None:
    gone = reply_from(page.with_name("elsewhere.md"))
    here, there = Remembered(), Remembered(published=True)
    for remembered in (here, there):
        remembered.keep(ASKED, gone)
    assert here.find(ASKED) is None
    assert there.find(ASKED) is not None


class SlowBot(ScriptedBot):
    """Replies once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        assert self.go.wait(10)
        return super().ask(question, history)


def test_what_several_visitors_ask_at_once_is_answered_once(tmp_path: Path) -> None:
    async def asked_at_once() -> list[Reply]:
        visits = [asyncio.create_task(desk.ask("Who?")) for _ in range(5)]
        await asyncio.sleep(0)
        visits.pop(0).cancel()  # The first visitor leaves; the others get their reply.
        bot.go.set()
        return [*await asyncio.gather(*visits), await desk.ask("Who?")]

    bot, desk = SlowBot(), Desk(Settings(feedback=tmp_path / "feedback.jsonl"))
    desk.bot = bot
    replies = asyncio.run(asked_at_once())
    desk.close()
    assert bot.asked == [("Who?", ())]
    assert len({reply.reply_id for reply in replies}) == 5
    assert {replace(reply, reply_id="") for reply in replies} == {
        replace(UNKNOWN, corpus_version="scripted")
    }


def test_a_question_that_failed_is_asked_again(tmp_path: Path) -> None:
    async def asked_twice() -> None:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="secret"):
                await desk.ask("fail")

    desk = Desk(Settings(feedback=tmp_path / "feedback.jsonl"))
    desk.bot = ScriptedBot()
    asyncio.run(asked_twice())
    desk.close()
