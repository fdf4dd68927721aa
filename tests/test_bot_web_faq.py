"""The FAQ without any script: as HTML, as data for search engines, and with its refusals."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fake_encoder import FakeEncoder
from fastapi import FastAPI
from hostile import HOSTILE
from scripted_bot import ANSWER, FAQ, NASTY, STARTERS, ScriptedBot
from starlette.testclient import TestClient
from test_bot_web_api import settings_in, wait_until_answers

from bot.config import Settings
from bot.web.api import create_app


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI(openapi_url=None))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_of(settings_in(tmp_path)) as client:
        wait_until_answers(client)
        yield client


def client_of(settings: Settings) -> TestClient:
    return TestClient(create_app(ScriptedBot, settings), raise_server_exceptions=False)


class Shown(HTMLParser):
    """The text of a page, its tags, and what stands in its script elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, _tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.scripts.append(data)
        elif self._in != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_lists_the_corpuss_questions_with_answers_and_sources(client: TestClient) -> None:
    response = client.get("/faq")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    shown = Shown(response.text)
    assert "Where Is Alfa Romeo Made?" in shown.text
    assert ANSWER in shown.text
    assert {"href": FAQ.url, "target": "_blank", "rel": "noopener nofollow"} in shown.all("a")
    assert "Alfa Guide" in shown.text
    assert "Call us on 555-0100" in shown.text
    assert len(set(re.findall(r'id="([^"]+)"', response.text))) == 3


def test_search_engines_get_the_faq_as_data(client: TestClient) -> None:
    (script,) = Shown(client.get("/faq").text).scripts
    page = json.loads(script)
    assert (page["@context"], page["@type"]) == ("https://schema.org", "FAQPage")
    first, nasty = page["mainEntity"]
    assert first["@type"] == "Question"
    assert first["name"] == "Where Is Alfa Romeo Made?"
    assert first["acceptedAnswer"] == {"@type": "Answer", "text": ANSWER}
    assert first["url"].startswith("faq#where-is-alfa-romeo-made-")
    assert "<" not in nasty["acceptedAnswer"]["text"]
    assert html.unescape(nasty["acceptedAnswer"]["text"]) == NASTY


def test_the_list_may_be_kept_and_indexed_and_an_answer_may_not(client: TestClient) -> None:
    listed, answered = client.get("/faq"), client.get("/faq", params={"q": "hello"})
    assert listed.headers["Cache-Control"] == "public, max-age=60"
    assert {"rel": "canonical", "href": "faq"} in Shown(listed.text).all("link")
    assert "noindex" not in listed.text
    assert answered.headers["Cache-Control"] == "no-store"
    assert answered.headers["X-Robots-Tag"] == "noindex"
    assert 'content="noindex"' in answered.text
    assert client.head("/faq").status_code == 200


def test_a_question_gets_the_reply_of_the_api(client: TestClient) -> None:
    page = client.get("/faq", params={"q": "Where is Alfa Romeo made?"}).text
    shown = Shown(page)
    assert f"<mark>{ANSWER.split(',')[0]}" in page
    assert "2 other passages" in shown.text
    assert shown.all("input")[0]["value"] == "Where is Alfa Romeo made?"
    assert shown.scripts == []


def test_not_knowing_is_said_with_contact_and_questions_to_follow(client: TestClient) -> None:
    page = client.get("/faq", params={"q": "What is the capital of France?"}).text
    shown = Shown(page)
    assert "I don’t know that one." in shown.text
    assert "Call us on 555-0100" in shown.text
    links = [link["href"] for link in shown.all("a")]
    assert "faq?q=Where+Is+Alfa+Romeo+Made%3F" in links
    assert STARTERS[0] in shown.text
    assert client.get(f"/{links[0]}").status_code == 200


def test_did_you_mean_is_a_link_of_plain_text(client: TestClient) -> None:
    shown = Shown(client.get("/faq", params={"q": "Which one?"}).text)
    assert "Is <b>it</b>?" in shown.text
    assert shown.all("b") == []


def test_no_script_runs_and_only_the_own_style_counts(client: TestClient) -> None:
    response = client.get("/faq")
    (style,) = re.findall(r"<style>(.*?)</style>", response.text, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "style=" not in response.text


def test_a_hostile_corpus_and_hostile_questions_are_text(client: TestClient) -> None:
    expected = {tag for tag, _ in Shown(client.get("/faq?q=Is+it+made+in+Germany?").text).tags}
    safe = {*expected, "mark", "details", "summary", "strong", "br", "a", "ul", "li", "q"}
    for path in ("/faq", "/faq?q=nasty"):
        found = Shown(client.get(path).text)
        assert {tag for tag, _ in found.tags} <= {*safe, "section", "h3", "script", "link"}
        assert not [
            link for link in found.all("a") if (link["href"] or "").startswith("javascript")
        ]
    for question in HOSTILE:
        response = client.get("/faq", params={"q": question[:3000]})
        assert response.status_code in {200, 413, 422}
        assert {tag for tag, _ in Shown(response.text).tags} <= safe


@pytest.mark.parametrize(
    ("question", "status", "notice"),
    [
        ("", 422, "The question is empty."),
        (" ", 422, "The question is empty."),
        ("a" * 1001, 413, "The question is too long: 1,001 characters"),
    ],
)
def test_a_refusal_is_a_page_too(
    client: TestClient, question: str, status: int, notice: str
) -> None:
    response = client.get("/faq", params={"q": question})
    assert response.status_code == status
    assert notice in Shown(response.text).text
    assert 'href="faq"' in response.text


def test_bytes_that_are_no_text_are_no_fault_of_the_server(client: TestClient) -> None:
    for query in ("q=%ff%fe", "q=%ed%a0%80", "q=%00", "q", "q=a&q=b", "x=1", "%", "q=%"):
        assert client.get(f"/faq?{query}").status_code in {200, 422}


def test_a_limit_is_told_on_the_page_and_the_list_stays(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, questions_per_minute=1, questions_at_once=1)
    with client_of(settings) as client:
        wait_until_answers(client)
        assert client.get("/faq?q=hello").status_code == 200
        refused = client.get("/faq?q=hello")
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 1
        assert "Too many questions in a short time" in Shown(refused.text).text
        assert client.get("/faq").status_code == 200


def test_while_the_bot_loads_the_page_says_so(tmp_path: Path) -> None:
    app = create_app(ScriptedBot, settings_in(tmp_path))
    response = TestClient(app).get("/faq")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "2"
    assert "Portello is starting" in Shown(response.text).text


def test_every_question_in_an_address_stands_for_itself(tmp_path: Path) -> None:
    bot = ScriptedBot()
    with TestClient(create_app(lambda: bot, settings_in(tmp_path))) as client:
        wait_until_answers(client)
        for question in ("Where is Alfa Romeo made?", "What about the name?"):
            assert client.get("/faq", params={"q": question}).status_code == 200
    assert bot.asked[-1] == ("What about the name?", ())


def test_a_corpus_without_an_faq_still_takes_questions(tmp_path: Path) -> None:
    class Bare(ScriptedBot):
        def entries(self) -> tuple[()]:
            return ()

    with TestClient(create_app(Bare, settings_in(tmp_path))) as client:
        wait_until_answers(client)
        shown = Shown(client.get("/faq").text)
        assert shown.scripts == []
        assert shown.all("input")


def test_the_bots_entries_are_those_that_still_stand_in_their_file(
    tmp_path: Path, fake_encoder: FakeEncoder
) -> None:
    from bot.answer import Bot
    from corpus.read import read_corpus
    from index.build import build_index

    file = tmp_path / "faq.csv"
    file.write_text("question,answer\nWhen?,At noon.\nWhere?,Here.\n", encoding="utf-8")
    index = build_index(read_corpus([file]), fake_encoder, tmp_path / "index")
    bot = Bot(index, fake_encoder, Settings())
    assert [(e.question, e.answer) for e in bot.entries()] == [
        ("When?", "At noon."),
        ("Where?", "Here."),
    ]
    file.write_text("question,answer\nWhen?,At nine.\nWhere?,Here.\n", encoding="utf-8")
    assert [e.question for e in bot.entries()] == ["Where?"]


def test_an_expired_page_is_not_listed(tmp_path: Path, fake_encoder: FakeEncoder) -> None:
    from bot.answer import Bot
    from corpus.read import read_corpus
    from index.build import build_index

    yesterday = date.today() - timedelta(days=1)
    for name, until, question in (("old", yesterday, "Winter?"), ("new", date.today(), "Summer?")):
        front = f"---\nvalid_until: {until}\n---\n# Tyres\n\n## Frequently Asked Questions\n\n"
        (tmp_path / f"{name}.md").write_text(f"{front}### {question}\n\n40 euros.\n", "utf-8")
    index = build_index(read_corpus([tmp_path]), fake_encoder, tmp_path / "index")
    with TestClient(
        create_app(lambda: Bot(index, fake_encoder, Settings()), settings_in(tmp_path))
    ) as client:
        wait_until_answers(client)
        page = client.get("/faq").text
    assert [entry["name"] for entry in json.loads(Shown(page).scripts[0])["mainEntity"]] == [
        "Summer?"
    ]
    assert "Winter" not in page
