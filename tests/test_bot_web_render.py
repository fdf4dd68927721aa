"""Replies as HTML: what is said, in which order, and that no text ever becomes markup."""

import re
from dataclasses import replace
from html import unescape

import pytest
from hostile import HOSTILE
from scripted_bot import ACRONYM, ANSWER, FAQ, NASTY, REPLIES, UNKNOWN, source

from bot.reply import Reply
from bot.web.render import (
    buttons,
    greeting_html,
    notice_html,
    question_html,
    reply_html,
    safe_url,
    text,
)

CONTACT = "Call us on 555-0100"


def words(html: str) -> str:
    """Return what a reader sees."""
    return unescape(re.sub("<[^>]*>", "", html.replace("<br>", "\n")))


def shown(question: str) -> str:
    return reply_html(REPLIES[question], CONTACT)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value[:20]))
def test_text_has_no_sign_of_ascii_but_in_references(value: str) -> None:
    html = text(value)
    assert re.fullmatch(r"(?:[a-zA-Z0-9 ]|[^\x00-\x9f]|&#\d+;|<br>)*", html)
    lines = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    assert words(html) == re.sub("[\x00-\x09\x0b-\x1f\x7f-\x9f]", "\ufffd", lines)


def test_text_shows_half_a_surrogate_pair_as_a_sign() -> None:
    assert words(text("a\ud800b")) == "a\ufffdb"


def test_an_answer_comes_before_its_source_and_the_alternatives() -> None:
    html = shown("where is alfa romeo made?")
    assert html.index('class="said"') < html.index('class="source"') < html.index("<details")
    assert f"<mark>{text(ANSWER)}</mark>" in html
    assert "2 other passages" in html


def test_sources_that_differ_are_said_to_and_laid_open() -> None:
    reply = replace(REPLIES["where is alfa romeo made?"], sources_differ="places")
    html = reply_html(reply, CONTACT)
    assert "The sources name different places." in words(html)
    assert '<details class="more" open>' in html
    assert " open>" not in shown("where is alfa romeo made?")


def test_the_snippet_is_whole_with_only_the_answer_marked() -> None:
    html = shown("what about the name?")
    snippet = re.search("<blockquote[^>]*>(.*)</blockquote>", html)
    assert snippet
    assert words(snippet[1]).startswith("Alfa Romeo was founded")
    assert words("".join(re.findall("<mark>(.*?)</mark>", html))) == ACRONYM


def test_a_table_keeps_its_rows_and_marks_the_one_that_answers() -> None:
    html = shown("which plant is in mexico?")
    assert html.count("<tr>") == 3
    assert [words(cell) for cell in re.findall("<mark>(.*?)</mark>", html)] == [
        "Toluca Plant",
        "Toluca, Mexico",
    ]


def test_an_answer_that_is_a_whole_table_is_shown_as_one() -> None:
    table = "| a | b |\n|---|---|\n| c | d |"
    html = reply_html(Reply("answer", table, 1.0, source(table, table, "s")), "")
    said = html[html.index('class="said"') : html.index('class="source"')]
    assert re.findall("<t[hd](?: [^>]*)?>(.*?)</t[hd]>", said) == ["a", "b", "c", "d"]
    assert "|" not in words(said)


def test_a_table_cell_may_hold_an_escaped_bar() -> None:
    table = "| a | b |\n|---|:-:|\n| c \\| d | e |"
    html = reply_html(Reply("answer", "e", 1.0, source(table, "e", "s")), "")
    assert "<td><mark>c &#124; d</mark></td>" in html


def test_two_lines_of_bars_are_no_table() -> None:
    html = reply_html(Reply("answer", "b", 1.0, source("| a |\n| b |", "b", "s")), "")
    assert "<table" not in html


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (("Germany",), "“Germany” is not mentioned"),
        (("Germany", "Spain"), "“Germany” and “Spain” are not mentioned"),
        (("a", "b", "c"), "“a”, “b” and “c” are not mentioned"),
    ],
)
def test_names_what_the_sources_never_mention(missing: tuple[str, ...], expected: str) -> None:
    reply = replace(REPLIES["is it made in germany?"], not_in_sources=missing)
    assert expected in words(reply_html(reply, ""))


def test_not_knowing_names_the_contact_and_leads_to_the_suggestions() -> None:
    html = words(reply_html(UNKNOWN, CONTACT))
    assert html.startswith("I don’t know")
    assert CONTACT in html
    assert html.endswith("You could ask me")
    assert buttons(UNKNOWN) == UNKNOWN.suggestions


def test_not_knowing_without_contact_or_reason_is_still_a_sentence() -> None:
    html = words(reply_html(Reply("abstain", None, 0.0, None), ""))
    assert html == "I don’t know that one.I found no answer to this in our pages."


def test_did_you_mean_comes_before_suggestions() -> None:
    reply = replace(REPLIES["which one?"], suggestions=("other?",))
    assert buttons(reply) == reply.did_you_mean
    assert words(reply_html(reply, "")).endswith("Did you mean")


def test_small_talk_has_no_source() -> None:
    assert words(shown("hello")) == "Hello! Ask me about Alfa Romeo."


def test_nothing_nasty_becomes_an_element() -> None:
    html = shown("nasty")
    tags = set(re.findall(r"<([a-z]+)", html))
    assert tags <= {
        "a", "blockquote", "br", "details", "div", "li", "mark", "p", "q", "span", "strong",
        "summary", "ul",
    }  # fmt: skip
    assert set(re.findall(r'href="([^"]*)"', html)) == {text(FAQ.url or "")}
    assert words(html).count(NASTY) >= 5


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://dealer.example/a", True),
        ("HTTP://dealer.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//dealer.example", False),
        ("http://[broken", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url: str | None, safe: bool) -> None:
    assert safe_url(url) is safe


def test_a_long_question_is_cut() -> None:
    assert words(question_html("a" * 20, 10)) == "a" * 10 + "…"
    assert words(question_html("a" * 10, 10)) == "a" * 10


def test_our_own_sentences_are_text_too() -> None:
    assert "<b>" not in greeting_html("<b>") + notice_html("<b>")
