"""The FAQ's page in a browser that runs no script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from scripted_bot import ANSWER, NASTY, STARTERS
from serving import SCRIPTED, Served, serving

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
QUESTIONS = (
    "Where is Alfa Romeo made?",
    "Which plant is in Mexico?",
    "Is it made in Germany?",
    "Which one?",
    "nasty",
    "What is the capital of France?",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        yield playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    feedback: Path = tmp_path_factory.mktemp("faq") / "feedback.jsonl"
    with serving(SCRIPTED, str(feedback)) as served:
        yield served


@pytest.fixture
def plain(browser: Browser, served: Served) -> Iterator[Page]:
    """A page that runs no script and had no request, cookie or error but its own."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{served.url}faq")
    yield page
    own = [url for url in asked if url.startswith((f"{served.url}faq", f"{served.url}favicon"))]
    assert asked == own
    assert context.cookies() == []
    assert faults == []
    context.close()


def test_a_conversation_needs_no_script_and_no_mouse(plain: Page) -> None:
    expect(plain.get_by_role("heading", name="Where Is Alfa Romeo Made?")).to_be_visible()
    plain.get_by_label("Your question").focus()
    plain.keyboard.type("What is the capital of France?")
    plain.keyboard.press("Enter")
    expect(plain.locator(".said")).to_have_text("I don’t know that one.")
    plain.get_by_role("link", name=STARTERS[0]).focus()
    plain.keyboard.press("Enter")
    expect(plain.locator(".reply > .said")).to_have_text(ANSWER)
    expect(plain.locator("mark")).to_have_text(ANSWER)
    plain.get_by_text("2 other passages").click()
    expect(plain.locator("details li").first).to_be_visible()
    plain.get_by_role("link", name="All questions and answers").click()
    expect(plain.locator(".entry")).to_have_count(2)
    expect(plain.locator(".entry > p").nth(2)).to_have_text(NASTY)


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_fault_and_nothing_to_scroll_sideways(
    browser: Browser, served: Served, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
        bypass_csp=True,  # axe is a script, which the page's policy forbids
    )
    page = context.new_page()
    for query in ("", *(f"?q={question}" for question in QUESTIONS)):
        page.goto(f"{served.url}faq{query}")
        for summary in page.locator("summary").all():
            summary.click()
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("window.pwned") is None
    context.close()
