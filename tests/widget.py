"""The widget on a dealer's page in a real browser, watched for everything that it mustn't do."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from browsing import OPEN_ROOTS
from dealer_site import Dealer
from playwright.sync_api import Browser, Locator, Page

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dealer</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
"""

KEPT = """() => {
  try {
    return [...Object.entries(localStorage), ...Object.entries(sessionStorage)];
  } catch {
    return [];
  }
}"""


def html(script: str = "async", body: str = "<h1>Cars</h1>", head: str = "") -> str:
    """Return a dealer's page with the widget's script, with these attributes, in its head."""
    line = f'<script src="{{{{chat}}}}embed.js" {script}></script>'
    return f"{HEAD}{head}{line}</head><body>{body}</body></html>"


@contextlib.contextmanager
def visiting(
    browser: Browser,
    dealer: Dealer,
    url: str,
    faults: list[str],
    before: Callable[[Page], object] = lambda _: None,
    also: str = "data:",
    **options: Any,
) -> Iterator[Page]:
    """Open a dealer's page in a browser that knows nobody yet.

    Parameters
    ----------
    faults
        Gets every request to anyone but dealer and chat, every error on the console, and what is
        stored at the end: cookies, and anything in the page's storage.
    before
        Called with the empty page.
    also
        Another address that may be asked.
    options
        Of the browser's context.
    """
    context = browser.new_context(**options)
    context.add_init_script(OPEN_ROOTS)
    page = context.new_page()
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    ours = (dealer.url, dealer.chat, url, "data:", also)
    context.on(
        "request",
        lambda request: None if request.url.startswith(ours) else faults.append(request.url),
    )
    before(page)
    page.goto(url)
    yield page
    faults += [f"cookie {cookie}" for cookie in context.cookies()]
    faults += [f"stored {entry}" for entry in page.evaluate(KEPT)]
    faults += ["a script of the corpus ran"] if page.evaluate("window.pwned !== undefined") else []
    context.close()


def launcher(page: Page, name: str = "Ask a question") -> Locator:
    """Return the button that opens the widget."""
    return page.locator(".launcher").filter(has_text=name)


def opened(page: Page) -> Page:
    """Open the widget."""
    launcher(page).click()
    return page


def ask(page: Page, question: str) -> Locator:
    """Ask, and return what came back."""
    replies = page.locator(".log > .reply")
    number = replies.count()
    page.locator("input").fill(question)
    page.locator("input").press("Enter")
    replies.nth(number).wait_for()
    return replies.nth(number)
