"""A reply on the terminal: the answer first, its source after it, nothing that steers."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from bot.reply import Alternative, Reply, Source
from bot.terminal import clean, lines_of, said

SOURCE = Source(
    id="faq.md#hours",
    document="faq.md",
    title="Garage Rossi",
    section=("Visit us", "Opening hours"),
    url=None,
    file="pages/faq.md",
    field=None,
    start=100,
    end=150,
    snippet="Come in. We open at nine. Park behind the house.",
    highlight=(9, 25),
)
ANSWER = Reply("answer", "We open at nine.", 0.934, SOURCE)


def plain(reply: Reply, contact: str = "") -> str:
    return "\n".join(line.plain for line in lines_of(reply, contact))


def test_an_answer_stands_first_and_its_source_below():
    assert plain(ANSWER, "Call 555-0100").split("\n") == [
        "We open at nine.",
        "",
        "Source: Garage Rossi › Visit us › Opening hours  (93% sure)",
        "  pages/faq.md, characters 100 to 150",
        "  Come in. We open at nine. Park behind the house.",
    ]


def test_the_answer_is_marked_within_the_snippet():
    snippet = lines_of(ANSWER)[-1]
    assert [text for text, style in snippet.parts if "reverse" in style] == ["We open at nine."]


def test_the_mark_stays_on_the_answer_when_control_characters_are_dropped():
    source = replace(
        SOURCE,
        snippet="\x1b[2JCome\x07. Nine. Park.",
        highlight=(11, 16),
    )
    snippet = lines_of(Reply("answer", "Nine.", 0.9, source))[-1]
    assert "\x1b" not in snippet.plain
    assert [text for text, style in snippet.parts if "reverse" in style] == ["Nine."]


def test_a_snippet_that_is_the_answer_is_not_repeated():
    source = replace(
        SOURCE,
        snippet="We open at nine.",
        highlight=(0, 16),
    )
    assert plain(Reply("answer", "We open at nine.", 0.9, source)).count("nine") == 1


def test_a_page_with_an_address_is_named_by_it_and_an_entry_by_its_field():
    source = replace(
        SOURCE,
        url="https://rossi.example/faq",
        field="answer",
        id="17",
    )
    assert (
        "  https://rossi.example/faq  (pages/faq.md, answer of 17, characters 100 to 150)"
        in plain(Reply("answer", "We open at nine.", 0.9, source))
    )


def test_a_table_row_is_said_with_its_header():
    cells = (("Location", "Toluca, Mexico"), ("", "Since 2015"), ("Empty", ""))
    assert (
        said("| Toluca, Mexico | Since 2015 | |", cells) == "Location: Toluca, Mexico\nSince 2015"
    )
    assert said("As it stands", ()) == "As it stands"


def test_no_answer_comes_with_what_is_missing_other_questions_and_the_contact():
    reply = Reply(
        "abstain",
        None,
        0.1,
        None,
        not_in_sources=("Ferrari",),
        suggestions=("When do you open?",),
        did_you_mean=("Where are you?",),
    )
    assert plain(reply, "Call 555-0100").split("\n") == [
        "I don't have an answer to that.",
        "Not mentioned in the sources: Ferrari",
        "Did you mean:",
        "  - Where are you?",
        "You could ask:",
        "  - When do you open?",
        "Call 555-0100",
    ]


def test_the_closest_is_called_so_and_a_follow_up_says_how_it_was_read():
    reply = Reply("closest", "We open at nine.", 0.5, SOURCE, understood_as="When do you open?")
    assert plain(reply, "Call 555-0100").split("\n")[:4] == [
        "Understood as: When do you open?",
        "The closest I have:",
        "We open at nine.",
        "Call 555-0100",
    ]


def test_alternatives_are_kept_to_one_line_each():
    long = Alternative("We close.\n" + "word " * 100, 0.4, SOURCE, question="When do you close?")
    lines = plain(Reply("answer", "We open at nine.", 0.9, SOURCE, (long,))).split("\n")
    assert lines[-2] == "Also found:"
    assert lines[-1].startswith("  - When do you close? We close. word")
    assert lines[-1].endswith("…  (Garage Rossi › Visit us › Opening hours)")


def test_sources_that_differ_are_said_to():
    other = Alternative("We open at ten.", 0.4, SOURCE)
    reply = Reply("answer", "We open at nine.", 0.9, SOURCE, (other,), sources_differ="numbers")
    lines = plain(reply).split("\n")
    assert lines[-2:] == [
        "The sources name different numbers:",
        "  - We open at ten.  (Garage Rossi › Visit us › Opening hours)",
    ]


def test_markup_of_the_corpus_is_shown_and_not_obeyed():
    reply = Reply("answer", "[red]Nine[/red] :smile: [link=x]y[/link]", 0.9, None)
    shown = StringIO()
    console = Console(file=shown, force_terminal=True, markup=False, highlight=False, emoji=False)
    for line in lines_of(reply):
        console.print(line.styled())
    assert "[red]Nine[/red] :smile: [link=x]y[/link]" in shown.getvalue()


def test_characters_that_steer_a_terminal_are_dropped_and_text_is_kept():
    assert clean("\x1b[31ma\x00\x07\x9b\x7fb\r\n\tÄ漢🙂") == "[31mab\n\tÄ漢🙂"
