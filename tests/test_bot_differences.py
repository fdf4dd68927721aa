"""Sources that answer one question with other places, dates or numbers are told apart."""

import pytest

from bot.differences import differing, telling, tells_more

MILAN = "Our head office has been in Milan since the war."
TURIN = "You find our office in Turin, on the Via Roma."
TABLE = "| Town | Shop |\n| --- | --- |\n| Turin | Via Roma |\n| Milan | Corso Como |"


@pytest.mark.parametrize(
    ("question", "answers", "found"),
    [
        ("Where is your office?", [MILAN, TURIN], "places"),
        ("in which city are you", [TURIN, "We are in Turin."], None),
        ("Which towns have a shop?", [TABLE, "We have shops in Rome and in Bari."], "places"),
        ("Which towns have a shop?", [TABLE, "There are shops in Milan and Turin."], None),
        ("Where is it made?", ["We make it in Italy, in Turin.", "An Italian car."], None),
        ("When was it founded?", ["It was founded in 1910.", "Since 1906 we build."], "dates"),
        ("When was it founded?", ["Founded in 1910.", "In 1910, by twelve friends."], None),
        ("How many books may I take?", ["Twelve books.", "Up to 10 at a time."], "numbers"),
        ("How many books may I take?", ["Up to 12.", "Twelve, and four films."], None),
        ("What does a bicycle cost a day?", ["It costs 14 €.", "A day costs 15 €."], "numbers"),
        ("Who runs it?", [MILAN, TURIN], None),
        ("Where is your office?", [MILAN], None),
        ("Where is your office?", [], None),
    ],
)
def test_differences_are_found_by_what_was_asked_for(question, answers, found):
    assert differing(question, "Our firm", answers) == found


def test_what_the_question_and_the_title_name_is_no_answer():
    answers = ["You can buy a Rossi in Milan.", "Of Rossi there is a shop in Milan."]
    assert differing("Where do I find a shop in Milan?", "Rossi", answers) is None


def test_beside_an_answer_the_sentence_is_shown_that_names_other_places():
    told = ["We love Italy.", "We build in Turin, in Bari and in Rome.", "Come to Pisa."]
    answer = "It is built in Italy, in Milan."
    assert telling("where do you build", "Our firm", answer, told, nearest=0) == 1
    assert telling("where do you build", "Our firm", answer, told, nearest=2) == 2
    assert telling("Why do you build?", "Our firm", answer, told, nearest=0) == 0
    assert telling("where do you build", "Our firm", answer, ["So it is."], nearest=0) == 0


@pytest.mark.parametrize(
    ("question", "other", "more"),
    [
        ("Where is it made?", "We also build in Bari.", True),
        ("Where is it made?", "We build in Turin.", False),
        ("Where is it made?", "We build cars.", False),
        ("Where is it made?", "| Plant |\n| --- |\n| Old Pisa |", True),
        ("When was it founded?", "It was founded in 1912.", True),
        ("When was it founded?", "In 1910.", False),
        ("How many plants are there?", "There are 7.", True),
        ("Who owns it?", "Rossi of Bari has owned it since 1912.", False),
    ],
)
def test_only_what_names_another_value_can_differ(question: str, other: str, more: bool) -> None:
    assert tells_more(question, "Guide", "It was founded in Turin in 1910.", other) is more
