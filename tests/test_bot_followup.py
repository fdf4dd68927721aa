"""Follow-ups are read as full questions, and complete questions are left alone."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.followup import resolve
from bot.questions import read_questions

HERE = Path(__file__).parent
TOPIC = ("alfa", "romeo", "made", "guide", "manufacturing")


def dialogues() -> Iterator[Any]:
    for line in (HERE / "followups.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        name = " / ".join([*told["history"], told["question"]])
        missed = told.get("missed")
        marks = [pytest.mark.xfail(reason=missed)] if missed else []
        yield pytest.param(told, id=name, marks=marks)


def plain(question: str) -> str:
    return question.casefold().rstrip("?!. ")


def nearest_by_length(phrase: str, others: Sequence[str]) -> list[float]:
    return [-abs(len(phrase) - len(other)) for other in others]


@pytest.mark.parametrize("told", list(dialogues()))
def test_reads_a_dialogue_as_a_person_would(told: dict[str, Any]) -> None:
    topic = TOPIC if told["domain"] == "cars" else ()
    read = resolve(told["question"], told["history"], topic)
    if told["understood"] is None:
        assert read is None
    else:
        assert read is not None
        assert plain(read) in map(plain, told["understood"])


def test_knows_dialogues_of_many_domains_half_of_them_without_a_follow_up() -> None:
    told = [each.values[0] for each in dialogues()]
    alone = sum(each["understood"] is None for each in told)
    assert len(told) >= 120
    assert len({each["domain"] for each in told}) >= 6
    assert 0.4 < alone / len(told) < 0.6


def test_reads_every_follow_up_about_the_shipped_article() -> None:
    asked = [
        each
        for each in read_questions(HERE / "alfa_romeo_questions.jsonl")
        if each.split in {"followup", "followup_oos"}
    ]
    alone = [each.id for each in asked if resolve(each.question, each.history, TOPIC) is None]
    assert len(asked) > 25
    assert alone == ["followup-19"]


def test_leaves_every_complete_question_about_the_shipped_article_alone() -> None:
    earlier = ["Where is Ferrari made?"]
    read = {
        each.question: resolve(each.question, earlier, TOPIC)
        for each in read_questions(HERE / "alfa_romeo_questions.jsonl")
        if not each.history
    }
    wrong = {question: full for question, full in read.items() if full}
    assert len(read) > 150
    assert len(wrong) <= 0.02 * len(read), wrong


@pytest.mark.parametrize("question", ["", "   ", "?!", "…", "\x00", "🚗"])
def test_makes_nothing_of_nothing(question: str) -> None:
    assert resolve(question, ["Where is it?", "When do you open?"]) is None


@pytest.mark.parametrize("question", ["and in Mexico?", "why?", "who owns them?", "sunday?"])
@pytest.mark.parametrize("history", [[], [""], ["hello"], ["thanks!", "ok"]])
def test_makes_nothing_of_a_follow_up_without_a_question_before(
    question: str, history: list[str]
) -> None:
    assert resolve(question, history) is None


def test_reads_a_chain_of_follow_ups_from_its_beginning() -> None:
    chain = ["When do you open on Mondays?", "and on sundays?", "why?", "no, I meant on Friday"]
    assert resolve("and tomorrow?", chain) == "Why do you open tomorrow?"


def test_skips_small_talk_between_a_question_and_its_follow_up() -> None:
    history = ["Can I bring my dog?", "thanks", "ok"]
    assert resolve("and my cat?", history) is None
    assert resolve("and cats?", history) == "Can I bring cats?"


def test_asks_what_a_fragment_is_nearest_to_where_no_rule_tells() -> None:
    history = ["how much does an alfa romeo cost in italy"]
    assert resolve("and germany?", history, alike=nearest_by_length) == (
        "How much does an alfa romeo cost in germany?"
    )


def test_shows_the_reading_as_a_sentence() -> None:
    assert resolve("since when?", ["Is the pool free?"]) == "Since when is the pool free?"
    assert resolve("how many", ["Can I borrow DVDs?"]) == "How many DVDs can I borrow?"


def test_words_typed_on_a_phone_do_not_hide_a_follow_up() -> None:
    assert resolve("n on sundays", ["do u open on mondays"]) == "Do u open on sundays?"
    assert resolve("wat about bmw", ["whats the best ferrari"]) is not None


words = st.sampled_from(
    "and in what about it they that why how much the a one is are do of you my Sunday 1920 "
    "Ferrari cost , ? not no i meant children's who there before if can we rent "
    "bikes for that free her take".split()
)
sentences = st.one_of(st.text(), st.lists(words, max_size=12).map(" ".join))


@settings(deadline=None, max_examples=400)
@given(question=sentences, history=st.lists(sentences, max_size=5))
def test_never_raises_and_stays_within_its_length(question: str, history: list[str]) -> None:
    read = resolve(question, history, TOPIC, nearest_by_length)
    assert read is None or (
        read.strip() and len(read) <= len(question) + max(map(len, history)) + 20
    )


@settings(deadline=None)
@given(question=sentences)
def test_a_question_without_history_stands_alone(question: str) -> None:
    assert resolve(question, ()) is None


@pytest.mark.model
@pytest.mark.parametrize(
    ("earlier", "fragment", "full"),
    [
        (
            "how much does an alfa romeo cost in italy",
            "and germany?",
            "How much does an alfa romeo cost in germany?",
        ),
        (
            "Do you charge for withdrawals in euros?",
            "sorry, I meant dollars",
            "Do you charge for withdrawals in dollars?",
        ),
        ("Are dogs allowed in the cabin?", "and cats?", "Are cats allowed in the cabin?"),
        ("can i pay for my visit in cash", "and paypal?", "Can i pay for my visit in paypal?"),
    ],
)
def test_the_model_tells_which_phrase_a_fragment_replaces(
    earlier: str, fragment: str, full: str
) -> None:
    from bot.config import cache_folder
    from index.encoders import building_encoder
    from index.model import DEFAULT_MODEL

    encoder = building_encoder(DEFAULT_MODEL, cache_folder())

    def alike(phrase: str, others: Sequence[str]) -> list[float]:
        rows = encoder.encode([phrase, *others])
        return [float(row @ rows[0]) for row in rows[1:]]

    assert resolve(fragment, [earlier], alike=alike) == full


@pytest.mark.parametrize(
    ("earlier", "fragment", "near", "full"),
    [
        ("Do you deliver to Austria?", "Switzerland?", 0.7, "Do you deliver to Switzerland?"),
        ("What does the city bike cost?", "the cargo bike?", 0.6, "What does the cargo bike cost?"),
        ("Do you deliver to Austria?", "Parking?", 0.2, None),
        ("Do you deliver to Austria?", "my lost blue parcel", 0.7, None),
    ],
)
def test_a_bare_fragment_stands_for_what_it_is_close_to_and_else_for_itself(
    earlier: str, fragment: str, near: float, full: str | None
) -> None:
    def alike(_phrase: str, others: Sequence[str]) -> list[float]:
        return [near for _ in others]

    assert resolve(fragment, [earlier], alike=alike) == full
