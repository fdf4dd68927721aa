"""The product as a newcomer meets it: ``python app.py``, the shipped article, the real model."""

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hostile import HOSTILE
from playwright.sync_api import Page, expect, sync_playwright
from serving import ROOT, UNLIMITED, Served, serving

pytestmark = [pytest.mark.model, pytest.mark.browser]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    index = tmp_path_factory.mktemp("index") / "index"
    environ = os.environ | UNLIMITED | {"PORTELLO_PORT": "0", "PORTELLO_INDEX": str(index)}
    with serving("app.py", environ=environ, page=True) as served:
        yield served
        assert "Traceback" not in served.log.read_text()


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(served.url)
        page.locator("#talk .reply").wait_for()
        yield page
        browser.close()


def ask(page: Page, question: str) -> Any:
    replies = page.locator("#talk .reply")
    number = replies.count()
    page.locator("textarea").fill(question)
    page.locator("textarea").press("Enter")
    replies.nth(number).wait_for()
    return replies.nth(number)


def test_where_alfa_romeo_is_made_is_answered_with_the_snippet(page: Page) -> None:
    reply = ask(page, "where is Alfa Romeo made")
    expect(reply.locator("> .said")).to_have_text(
        "Alfa Romeo cars are primarily made in Italy, specifically at their manufacturing plants"
        " in Turin and Naples."
    )
    expect(reply.locator("blockquote mark")).to_contain_text("Turin and Naples.")
    expect(reply.locator(".source .path")).to_contain_text("Where Is Alfa Romeo Made")


def test_the_plant_in_mexico_is_a_row_said_with_its_header(page: Page) -> None:
    reply = ask(page, "Which Alfa Romeo plant is in Mexico?")
    expect(reply.locator("> .said")).to_have_text(
        "Manufacturing Facility: Toluca Plant · Location: Toluca, Mexico"
    )
    expect(reply.locator("table mark")).to_have_text(["Toluca Plant", "Toluca, Mexico"])


def test_the_capital_of_france_is_declined_with_suggestions(page: Page) -> None:
    expect(ask(page, "What is the capital of France?")).to_contain_text("I don’t know")
    expect(page.locator(".option")).not_to_have_count(0)
    page.locator(".option").first.click()
    expect(page.locator("#talk .reply").last.locator("> .said")).not_to_be_empty()


def test_starters_are_answered(served: Served) -> None:
    with httpx.Client(base_url=served.url) as client:
        starters = client.get("/api/suggestions").json()["suggestions"]
        assert starters
        for question in starters:
            reply = client.post("/api/ask", json={"question": question}).json()
            assert reply["outcome"] == "answer", question


def test_the_snippet_over_http_is_what_the_file_holds(served: Served) -> None:
    body = {"question": "what does ALFA stand for"}
    source = httpx.post(served.url + "api/ask", json=body).json()["source"]
    with (ROOT / source["file"]).open(encoding="utf-8", newline="") as file:
        assert file.read()[source["start"] : source["end"]] == source["snippet"]


def test_hostile_questions_over_http_end_in_replies_or_refusals(served: Served) -> None:
    with httpx.Client(base_url=served.url, timeout=30) as client:
        for question in HOSTILE:
            response = client.post("/api/ask", json={"question": question})
            assert response.status_code in {200, 413, 422}, repr(question[:50])
    assert "Traceback" not in served.log.read_text()
