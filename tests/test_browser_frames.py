"""The chat page in a frame of another site, and in other languages, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from other_site import Sent, Site, other_site
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright
from scripted_bot import ANSWER
from serving import SCRIPTED, Served, serving

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with third-party storage blocked, as its private windows have it."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*arguments, "--test-third-party-cookie-phaseout"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def dealer() -> Iterator[Site]:
    with other_site() as site:
        yield site


@pytest.fixture(scope="module")
def served(dealer: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    feedback: Path = tmp_path_factory.mktemp("frames") / "feedback.jsonl"
    with serving(SCRIPTED, str(feedback), dealer.url("", "dealer.localhost"), page=True) as served:
        dealer.pages["/"] = Sent(
            f"""<!doctype html><html lang="en"><title>Dealer</title><link rel="icon" href="data:,">
            <h1>Cars</h1><iframe src="{chat(served)}" title="Chat" width="700" height="700">
            </iframe></html>"""
        )
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def chat(served: Served) -> str:
    """Return the chat's address as another site's than the dealer's."""
    return served.url.replace("127.0.0.1", "chat.localhost")


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


@pytest.mark.usefixtures("served")
def test_an_allowed_site_shows_the_chat_twenty_times_of_twenty_without_storage(
    page: Page, dealer: Site
) -> None:
    for _ in range(20):
        page.goto(dealer.url(host="dealer.localhost"))
        expect(frame(page).locator("#talk .reply").first).to_be_visible(timeout=20_000)
    storage = "() => { try { return localStorage.length } catch (e) { return e.name } }"
    assert page.frames[1].evaluate(storage) == "SecurityError"
    field = frame(page).locator("textarea")
    field.fill("Where is Alfa Romeo made?")
    field.press("Enter")
    expect(frame(page).locator("#talk .said").first).to_have_text(ANSWER)


@pytest.mark.usefixtures("served")
def test_a_foreign_site_cannot_show_the_chat(page: Page, dealer: Site) -> None:
    with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
        page.goto(dealer.url(host="foreign.localhost"))
    expect(frame(page).locator("#talk")).to_have_count(0)


FETCH = """url => fetch(url, {method: "POST", headers: {"Content-Type": "application/json"},
  body: JSON.stringify({question: "hello"})}).then(r => r.status, e => e.name)"""


def test_an_allowed_site_may_ask_and_a_foreign_one_may_not(
    page: Page, dealer: Site, served: Served
) -> None:
    for host, expected in (("dealer.localhost", 200), ("foreign.localhost", "TypeError")):
        page.goto(dealer.url(host=host))
        assert page.evaluate(FETCH, f"{chat(served)}api/ask") == expected


def test_an_allowed_site_can_tell_a_refusal_from_a_broken_connection(
    page: Page, dealer: Site, served: Served
) -> None:
    page.goto(dealer.url(host="dealer.localhost"))
    too_long = FETCH.replace('"hello"', '"a".repeat(100000)')
    assert page.evaluate(too_long, f"{chat(served)}api/ask") == 413


def violations(page: Page) -> list[str]:
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{fault['id']}: {node['target']}" for fault in found for node in fault["nodes"]]


def test_the_page_speaks_to_german_browsers_in_german_where_gradio_can(
    browser: Browser, served: Served
) -> None:
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.goto(served.url)
    page.locator("#talk .reply").first.wait_for()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^de"))
    page.locator("textarea").fill("Where is Alfa Romeo made?")
    page.locator("textarea").press("Enter")
    expect(page.locator("#talk .said").first).to_have_text(ANSWER)
    assert violations(page) == []
    context.close()


def test_the_theme_can_be_asked_for_in_the_address(page: Page, served: Served) -> None:
    page.goto(f"{served.url}?__theme=dark")
    page.locator("#talk .reply").first.wait_for()
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
    assert violations(page) == []
