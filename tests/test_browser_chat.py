"""The chat page in a real browser, with a scripted bot behind it."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import violations
from hostile import HANDMADE
from playwright.sync_api import Browser, Page, expect
from scripted_bot import ANSWER, NASTY, STARTERS, TITLE
from serving import SCRIPTED, Served, serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(feedback: Path) -> Iterator[Served]:
    with serving(SCRIPTED, str(feedback), page=True) as served:
        yield served
        assert "Traceback" not in served.log.read_text()


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, served: Served) -> Iterator[Open]:
    """Open a page and check at the end that it asked nobody else, kept nothing and had no error."""
    with contextlib.ExitStack() as stack:
        yield lambda url=served.url, **options: stack.enter_context(
            watched(browser, url, {served.url, url}, options)
        )


@contextlib.contextmanager
def watched(
    browser: Browser, url: str, allowed: set[str], options: dict[str, Any]
) -> Iterator[Page]:
    context = browser.new_context(**options)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.on(
        "request",
        lambda request: (
            faults.append(request.url)
            if not request.url.startswith((*allowed, "data:", "blob:"))
            else None
        ),
    )
    page.goto(url)
    if len(allowed) == 1:
        page.locator("#talk .reply").wait_for()
    yield page
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert context.cookies() == []
    assert faults == []
    context.close()


def ask(page: Page, question: str) -> Any:
    """Ask and return the locator of the reply."""
    replies = page.locator("#talk .reply")
    number = replies.count()
    page.locator("textarea").fill(question)
    page.locator("textarea").press("Enter")
    replies.nth(number).wait_for()
    return replies.nth(number)


def test_a_starter_is_answered_with_its_source(opened: Open) -> None:
    page = opened()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alfa Romeo Guide")
    page.get_by_role("button", name=STARTERS[0]).click()
    reply = page.locator("#talk .reply").nth(1)
    expect(reply.locator("> .said")).to_have_text(ANSWER)
    expect(reply.locator(".source .path")).to_have_text(f"{TITLE} › Where Is Alfa Romeo Made?")
    expect(reply.locator(".source a")).to_have_attribute("href", "https://dealer.example/where")
    expect(reply.locator("blockquote mark")).to_have_text(ANSWER)
    others = reply.locator("details li")
    expect(others.first).not_to_be_visible()
    reply.get_by_text("2 other passages").click()
    expect(others).to_have_count(2)
    expect(others.first).to_be_visible()


def test_a_row_is_said_with_its_header_and_marked_in_its_table(opened: Open) -> None:
    reply = ask(opened(), "Which plant is in Mexico?")
    said = "Manufacturing Facility: Toluca Plant · Location: Toluca, Mexico"
    expect(reply.locator("> .said")).to_have_text(said)
    expect(reply.locator("table th")).to_have_text(["Manufacturing Facility", "Location"])
    expect(reply.locator("table mark")).to_have_text(["Toluca Plant", "Toluca, Mexico"])


def test_the_closest_is_called_so_and_what_is_missing_is_named(opened: Open) -> None:
    reply = ask(opened(), "Is it made in Germany?")
    expected = "The closest I have. “Germany” is not mentioned in the sources."
    expect(reply.locator(".flag")).to_have_text(expected)
    expect(reply.locator("> .said")).to_have_text(ANSWER)


def test_not_knowing_is_said_with_contact_and_suggestions_that_work(opened: Open) -> None:
    page = opened()
    reply = ask(page, "What is the capital of France?")
    expect(reply).to_contain_text("I don’t know")
    expect(reply).to_contain_text("“capital” and “France” are not mentioned in the sources.")
    expect(reply).to_contain_text("Call us on 555-0100 or write to hello@dealer.example")
    expect(reply.locator(".lead")).to_be_visible()
    page.get_by_role("button", name=STARTERS[0]).click()
    expect(page.locator("#talk .reply").nth(2)).to_contain_text(ANSWER)
    expect(reply.locator(".lead")).not_to_be_visible()


def test_a_follow_up_tells_how_it_was_understood(opened: Open) -> None:
    reply = ask(opened(), "What about the name?")
    expect(reply.locator(".understood")).to_contain_text("What does the name Alfa Romeo mean?")


def test_did_you_mean_is_asked_with_buttons_of_plain_text(opened: Open) -> None:
    page = opened()
    expect(ask(page, "Which one?")).to_contain_text("Did you mean")
    expect(page.locator(".option")).to_have_text(["Where Is Alfa Romeo Made?", "Is <b>it</b>?"])


def test_earlier_questions_are_kept_on_the_server_until_started_again(opened: Open) -> None:
    page = opened()
    ask(page, "hello")
    ask(page, "Is it made in Germany?")
    expect(ask(page, "history")).to_have_text("hello | Is it made in Germany?")
    page.get_by_role("button", name="Start again").click()
    expect(page.locator("#talk .reply")).to_have_count(1)
    expect(page.get_by_role("button", name=STARTERS[0])).to_be_visible()
    page.locator("textarea").fill("history")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#talk .reply")).to_have_count(2)
    expect(page.locator("#talk .asked")).to_have_count(1)
    expect(page.locator("#talk .smalltalk")).to_have_text("")


def test_thumbs_reach_the_feedback_file(opened: Open, feedback: Path) -> None:
    page = opened()
    ask(page, "hello")
    reply = ask(page, "Where is Alfa Romeo made?")
    thumb = page.get_by_role("button", name="This helped").last
    with page.expect_response("**/run/predict"):
        thumb.click()
    (line,) = [json.loads(line) for line in feedback.read_text("utf-8").splitlines()]
    assert (line["source"], line["outcome"]) == ("Where Is Alfa Romeo Made?", "answer")
    assert line["helpful"] is True
    expect(reply).to_be_visible()


def test_a_hostile_corpus_is_shown_as_the_text_it_is(opened: Open) -> None:
    page = opened()
    reply = ask(page, "nasty")
    expect(reply.locator("> .said")).to_have_text(NASTY)
    expect(reply.locator("blockquote")).to_have_text(f"Before. {NASTY}**After**")
    expect(reply.locator("> .understood")).to_have_text(f"Understood as: {NASTY}")
    assert reply.locator("img, script, code, .source a, strong:not(li *)").count() == 0
    reply.locator("summary").click()
    expect(reply.locator("li strong")).to_have_text(NASTY)
    expect(page.locator(".option")).to_have_text([NASTY])


def visible(question: str) -> str:
    """Return a question with a sign for each control character, as the page shows it."""
    return re.sub("[\x00-\x08\x0e-\x1f\x7f-\x9f]", "\ufffd", question)


def test_hostile_questions_are_shown_as_the_text_they_are(opened: Open) -> None:
    page = opened()
    marked_up = [question for question in HANDMADE if set(question) & set("<>&[*`$|\u202e")]
    for question in marked_up[::2]:
        ask(page, question)
        shown = page.locator("#talk .asked").last.inner_text()
        assert "".join(shown.split()) == "".join(visible(question[:500]).split())
    assert page.locator("#talk .user-row :is(img, script, svg, a, form, input, code)").count() == 0


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_accessibility_fault(opened: Open, scheme: str, width: int) -> None:
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
    assert violations(page) == []
    for question in ("Where is Alfa Romeo made?", "Is it made in Germany?", "Which one?"):
        ask(page, question)
    page.locator("summary").first.click()
    ask(page, "Which plant is in Mexico?")
    ask(page, "What is the capital of France?")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    assert log.locator("[data-testid][aria-label]").count() == 0


def test_the_answer_stands_in_view_after_asking_on_a_phone(opened: Open) -> None:
    page = opened(viewport={"width": 320, "height": 560})
    for question in ("Where is Alfa Romeo made?", "Is it made in Germany?"):
        expect(ask(page, question).locator("> .said")).to_be_in_viewport(ratio=0.9)


def test_the_first_visitor_is_told_to_wait_and_sees_the_page_without_asking_again(
    browser: Browser, tmp_path: Path
) -> None:
    with (
        serving(SCRIPTED, str(tmp_path / "feedback.jsonl")) as served,
        contextlib.closing(browser.new_context()) as context,
    ):
        page = context.new_page()
        page.goto(served.url)
        expect(page.get_by_role("heading", name="One moment, please")).to_be_visible()
        page.locator("#talk .reply").wait_for(timeout=60_000)
        assert ANSWER in ask(page, "Where is Alfa Romeo made?").inner_text()
