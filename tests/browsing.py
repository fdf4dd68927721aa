"""A real browser for tests, and what is looked for in every page."""

import contextlib
from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

QUIET_BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
SETTLED = """() => Promise.race([
  Promise.all(document.getAnimations().map(each => each.finished.catch(() => null))),
  new Promise(resolve => setTimeout(resolve, 2000)),
])"""
OPEN_ROOTS = """const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    return attach.call(this, {...options, mode: "open"});
  };"""
"""A script that lets tests, and axe, look into closed shadow roots."""


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """Start Chromium, and close it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=QUIET_BROWSER
        )
        yield browser
        browser.close()


def violations(page: Page) -> list[tuple[str, Any]]:
    """Return what axe finds once no colour is on its way to another."""
    page.mouse.move(0, 0)
    page.evaluate(SETTLED)
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]
