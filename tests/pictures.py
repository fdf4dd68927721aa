"""Take the README's pictures from the running product: ``python tests/pictures.py``.

Needs Chromium at /usr/bin/chromium; writes ``.github/*.png``.
"""

import os
from collections.abc import Sequence

from browsing import OPEN_ROOTS, launched
from dealer_site import Dealer, dealer_site, strict_policy
from playwright.sync_api import Browser
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


def take_widget(browser: Browser, dealer: Dealer, name: str, size: tuple[int, int]) -> None:
    """Ask the widget on the dealer's page and keep a picture of it."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.add_init_script(OPEN_ROOTS)
    page.goto(dealer.url)
    page.locator(".launcher").click()
    page.locator("input").fill(TALK[0])
    page.locator("input").press("Enter")
    page.locator(".reply > .said").wait_for()
    page.locator("input").blur()
    page.screenshot(path=FOLDER / name)
    page.close()


def main() -> None:
    """Serve the shipped corpus and take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with dealer_site() as dealer, launched() as browser:
        environ = os.environ | {
            "PORTELLO_PORT": "0",
            "PORTELLO_CONTACT": CONTACT,
            "PORTELLO_ALLOWED_ORIGINS": dealer.url[:-1],
        }
        with serving("app.py", environ=environ) as served:
            dealer.chat = served.url.replace("127.0.0.1", "chat.localhost")
            dealer.policy = strict_policy(dealer.chat)
            take_widget(browser, dealer, "widget-desktop.png", (1200, 760))
            take_widget(browser, dealer, "widget-phone.png", (360, 700))
            take(browser, served.url, "chat-light.png", "light", (900, 920), TALK)
            take(browser, served.url, "chat-dark.png", "dark", (900, 920), TALK)
            take(browser, served.url, "chat-phone.png", "light", (360, 700), TALK[:1])


if __name__ == "__main__":
    main()
