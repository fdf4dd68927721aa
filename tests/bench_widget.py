"""What the widget costs a dealer's page: ``python tests/bench_widget.py``.

Serves the shipped article with the real model and opens the demonstration page in Chromium, on
another origin, under its strict policy. Needs Chromium at /usr/bin/chromium.
"""

import json
import os
import statistics
from dataclasses import dataclass
from typing import Any

import httpx
from browsing import OPEN_ROOTS, launched
from dealer_site import Dealer, dealer_site, strict_policy
from playwright.sync_api import Browser
from serving import serving

LOADS = 15
QUESTION = "Where is Alfa Romeo made?"
OTHERS = {"AnythingLLM embed": 214, "Flowise embed": 284, "Lex Web UI": 477}
"""Kilobytes, packed, that other widgets load before anything is asked; measured when this one was
planned, not by this script."""

SCRIPT = {"v8.compile", "EvaluateScript", "FunctionCall"}
"""What the browser's trace calls a script's reading and running; none of them lies in another."""

INSIDE = "const {shadowRoot} = document.querySelector('portello-chat');"
OPENING = f"""() => new Promise((done) => {{
  {INSIDE}
  performance.mark("portello-click");
  const start = performance.now();
  shadowRoot.querySelector(".launcher").click();
  // Painted, with the keyboard in the field: two frames begun, the first one's work done.
  requestAnimationFrame(() => requestAnimationFrame(() => {{
    if (shadowRoot.activeElement?.localName === "input") done(performance.now() - start);
  }}));
}})"""
ASKING = f"""(question) => new Promise((done) => {{
  {INSIDE}
  const start = performance.now();
  new MutationObserver(() => {{
    if (shadowRoot.querySelector(".reply > .said")) {{
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    }}
  }}).observe(shadowRoot.querySelector(".log"), {{childList: true}});
  shadowRoot.querySelector("input").value = question;
  shadowRoot.querySelector("form").requestSubmit();
}})"""


@dataclass(frozen=True)
class Visit:
    """One visit: requests to the chat at each stage, milliseconds of each step.

    Attributes
    ----------
    loading, opening
        Main-thread time of the widget's script until the click; of everything (script, style,
        layout, paint) from the click until the panel had been usable for half a second.
    """

    before_click: list[str]
    before_asking: list[str]
    until_answer: list[str]
    usable: float
    answered: float
    loading: float
    opening: float


def visit(browser: Browser, dealer: Dealer, slower: int) -> Visit:
    """Open the dealer's page on a processor that is so many times slower, and ask."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(OPEN_ROOTS)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    sent: list[str] = []
    session.on("Network.requestWillBeSent", lambda event: sent.append(_request(event)))
    categories = ["devtools.timeline", "v8", "blink.user_timing", "toplevel"]
    browser.start_tracing(page=page, categories=categories)
    page.goto(dealer.url)
    page.locator(".launcher").wait_for()
    page.wait_for_timeout(300)
    before_click = _to(dealer.chat, sent)
    usable = page.evaluate(OPENING)
    page.wait_for_timeout(500)
    before_asking = _to(dealer.chat, sent)
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    answered = page.evaluate(ASKING, QUESTION)
    until_answer = _to(dealer.chat, sent)
    context.close()
    loading, opening = _main_thread(trace)
    return Visit(before_click, before_asking, until_answer, usable, answered, loading, opening)


def _request(event: dict[str, Any]) -> str:
    return f"{event['request']['method']} {event['request']['url']}"


def _to(chat: str, sent: list[str]) -> list[str]:
    return [request for request in sent if chat in request]


def _main_thread(trace: list[dict[str, Any]]) -> tuple[float, float]:
    """Return milliseconds that the widget's script ran before the click, and of all tasks after."""
    (click,) = (event for event in trace if event["name"] == "portello-click")
    place = (click["pid"], click["tid"])
    thread = [event for event in trace if (event["pid"], event["tid"]) == place]
    ran = [event for event in thread if event["name"] in SCRIPT and "embed.js" in _address(event)]
    before = sum(event.get("dur", 0) for event in ran if event["ts"] < click["ts"])
    after = sum(
        event["ts"] + event["dur"] - max(event["ts"], click["ts"])
        for event in thread
        if event["name"] == "ThreadControllerImpl::RunTask"
        and "dur" in event  # the last one is cut off
        and event["ts"] + event["dur"] > click["ts"]
    )
    return before / 1000, after / 1000


def _address(event: dict[str, Any]) -> str:
    data = event.get("args", {}).get("data", {})
    return str(data.get("url", "")) + str(event.get("args", {}).get("fileName", ""))


def main() -> None:
    """Visit again and again, and print the table."""
    with dealer_site() as dealer, launched() as browser:
        origin = {"PORTELLO_ALLOWED_ORIGINS": dealer.url[:-1], "PORTELLO_PORT": "0"}
        with serving("app.py", environ=os.environ | origin) as served:
            dealer.chat = served.url.replace("127.0.0.1", "chat.localhost")
            dealer.policy = strict_policy(dealer.chat)
            script = httpx.get(f"{served.url}embed.js", headers={"Accept-Encoding": "gzip"})
            weight = int(script.headers["Content-Length"])
            fast = [visit(browser, dealer, 1) for _ in range(LOADS)]
            slow = [visit(browser, dealer, 4) for _ in range(LOADS)]
    first = fast[0]
    print(f"| the widget on a dealer's page, medians (worst) of {LOADS} loads | |")
    print("|---|---|")
    print(f"| weight, packed | {weight:,} bytes |")
    for name, kilobytes in OTHERS.items():
        print(f"| {name}, for comparison | {kilobytes},000 bytes |")
    print(f"| requests before the click | {len(first.before_click)} |")
    print(f"| requests before a question is asked | {len(first.before_asking)} |")
    preflights = sum(one.startswith("OPTIONS") for one in first.until_answer)
    print(
        f"| requests to the first answer | {len(first.until_answer) - preflights}"
        f" and {preflights} preflight |"
    )
    for label, visits in (("", fast), (", processor slowed 4 times", slow)):
        for row, measured in (
            ("click to usable", [one.usable for one in visits]),
            ("question to answer shown", [one.answered for one in visits]),
            ("script on the main thread until the click", [one.loading for one in visits]),
            ("main thread, all in all, for opening", [one.opening for one in visits]),
        ):
            print(f"| {row}{label} | {_spread(measured)} |")


def _spread(milliseconds: list[float]) -> str:
    return f"{statistics.median(milliseconds):.1f} ms ({max(milliseconds):.1f} ms)"


if __name__ == "__main__":
    main()
