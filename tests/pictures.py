"""Take the README's pictures from the running product: ``python tests/pictures.py``.

Needs Chromium at /usr/bin/chromium; writes ``.github/*.png``.
"""

import os
from collections.abc import Sequence

from playwright.sync_api import Browser, sync_playwright
from serving import ROOT, serving

CONTACT = "Call us on 555-0100 or write to hello@dealer.example"
FOLDER = ROOT / ".github"
TALK = ("Where is Alfa Romeo made?", "What is the capital of France?")


def take(
    browser: Browser, url: str, name: str, scheme: str, size: tuple[int, int], asked: Sequence[str]
) -> None:
    """Ask the page some questions and keep a picture of it."""
    page = browser.new_page(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": size[0], "height": size[1]},
    )
    page.goto(url)
    page.locator("#talk .reply").wait_for()
    for number, question in enumerate(asked, start=1):
        page.locator("textarea").fill(question)
        page.locator("textarea").press("Enter")
        page.locator("#talk .reply").nth(number).wait_for()
    page.locator("textarea").blur()
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / name)
    page.close()


def main() -> None:
    """Serve the shipped corpus and take every picture."""
    FOLDER.mkdir(exist_ok=True)
    environ = os.environ | {"PORTELLO_PORT": "0", "PORTELLO_CONTACT": CONTACT}
    with serving("app.py", environ=environ) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        take(browser, served.url, "chat-light.png", "light", (900, 920), TALK)
        take(browser, served.url, "chat-dark.png", "dark", (900, 920), TALK)
        take(browser, served.url, "chat-phone.png", "light", (360, 700), TALK[:1])
        browser.close()


if __name__ == "__main__":
    main()
