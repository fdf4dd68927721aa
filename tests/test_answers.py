"""The real bot on real pages: the article's questions, and pairs that differ in one thing."""

import json
from pathlib import Path

import pytest

from bot.answer import Bot
from bot.config import Settings
from bot.evaluate import Evaluation, evaluate, read_questions

pytestmark = pytest.mark.model

HERE = Path(__file__).parent
PAIRS = HERE / "minimal_pairs"


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> Bot:
    return Bot.open(Settings(index=tmp_path_factory.mktemp("article")))


@pytest.fixture(scope="module")
def measured(article: Bot) -> Evaluation:
    return evaluate(article, read_questions(HERE / "alfa_romeo_questions.jsonl"))


def test_the_articles_questions_find_their_passage(measured: Evaluation) -> None:
    assert measured.overall.values["P@1"] >= 0.93


def test_most_of_the_articles_questions_are_answered(measured: Evaluation) -> None:
    assert measured.overall.values["in_scope_accuracy"] >= 0.88


def test_what_the_article_does_not_tell_is_declined(measured: Evaluation) -> None:
    assert measured.overall.values["oos_recall"] >= 0.94


def test_every_slice_stands_in_its_file(article: Bot) -> None:
    for case in read_questions(HERE / "alfa_romeo_questions.jsonl"):
        reply = article.ask(case.question, case.history)
        for source in [reply.source, *(other.source for other in reply.alternatives)]:
            if source is not None and source.field is None:
                with open(source.file, encoding="utf-8", newline="") as file:
                    assert file.read()[source.start : source.end] == source.snippet
        if reply.source is not None:
            start, end = reply.source.highlight
            assert reply.source.snippet[start:end] == reply.answer


def test_of_a_paragraph_the_sentence_that_tells_is_the_answer(article: Bot) -> None:
    reply = article.ask("what does ALFA stand for")
    assert reply.answer is not None
    assert "Anonima Lombarda Fabbrica Automobili" in reply.answer
    assert "1910" not in reply.answer


def test_sources_that_name_different_places_are_said_to_differ(article: Bot) -> None:
    reply = article.ask("where is Alfa Romeo made")
    assert reply.answer is not None
    assert "Turin and Naples" in reply.answer
    assert reply.sources_differ == "places"
    assert any("Cassino" in other.answer for other in reply.alternatives)


def test_a_page_of_one_odd_line_is_shown_beside_an_answer(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Shop\n\nOur shop is in Milan.\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Shop\n\nour shop: Turin, Via Roma\n", encoding="utf-8")
    (tmp_path / "c.md").write_text("# Shop\n\n- shop in Bari\n", encoding="utf-8")
    bot = Bot.open(Settings(corpus=(tmp_path,), index=tmp_path / "index"))
    reply = bot.ask("where is your shop")
    assert reply.outcome == "answer"
    assert reply.alternatives


def test_another_brand_is_named_and_not_answered(article: Bot) -> None:
    reply = article.ask("Where is Ferrari made?")
    assert reply.outcome == "abstain"
    assert reply.not_in_sources == ("Ferrari",)
    assert reply.suggestions


def test_nothing_is_closest_where_all_that_is_near_has_expired(article: Bot, monkeypatch) -> None:
    question, rank = "Is Alfa Romeo made in Germany?", article._rank

    def expired(asked: str):
        found = rank(asked)
        return found if asked == question else found.only([False] * len(found.passages))

    assert article.ask(question).outcome == "closest"
    monkeypatch.setattr(article, "_rank", expired)
    assert article.ask(question).outcome == "abstain"


def test_another_country_gets_the_closest_at_most(article: Bot) -> None:
    reply = article.ask("Is Alfa Romeo made in Germany?")
    assert reply.outcome in ("closest", "abstain")
    assert reply.not_in_sources == ("Germany",)


def test_a_follow_up_says_how_it_was_read(article: Bot) -> None:
    reply = article.ask("and in Mexico?", ["Where is Alfa Romeo made?"])
    assert reply.understood_as is not None
    assert "Mexico" in reply.understood_as


def test_a_complete_question_is_left_alone(article: Bot) -> None:
    earlier = ["Which plant is in Mexico?"]
    assert article.ask("Are Alfa Romeo cars reliable?", earlier).understood_as is None


@pytest.fixture(scope="module", params=["library.md", "bicycle_hire.md", "museum.csv"])
def other_pages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Bot]:
    folder = tmp_path_factory.mktemp("pages")
    return request.param, Bot.open(Settings(corpus=(PAIRS / request.param,), index=folder))


def test_of_a_pair_that_differs_in_one_thing_one_is_declined(
    other_pages: tuple[str, Bot],
) -> None:
    corpus, bot = other_pages
    lines = (HERE / "minimal_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [pair for pair in map(json.loads, lines) if pair["corpus"].endswith(corpus)]
    declined = [bot.ask(pair["declined"]).outcome != "answer" for pair in pairs]
    answered = [bot.ask(pair["answered"]).outcome == "answer" for pair in pairs]
    assert len(pairs) >= 20
    assert sum(declined) / len(pairs) >= 0.7
    assert sum(answered) / len(pairs) >= 0.8
