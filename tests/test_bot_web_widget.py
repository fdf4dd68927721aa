"""The widget as it is served."""

import json
import re
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from scripted_bot import STARTERS, ScriptedBot
from starlette.testclient import TestClient

from bot.config import Settings
from bot.web.api import create_app

SOURCE = resources.files("bot.web").joinpath("embed.js").read_text("utf-8")
README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
EMBEDDING = README[README.index("## Put it on your site") : README.index("## Settings")]
CONTACT = "Call us on 555-0100 or write to hello@dealer.example"


@pytest.fixture(autouse=True)
def no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave Gradio out, which takes seconds to import."""
    monkeypatch.setattr("bot.web.page.Page.build", lambda *_: FastAPI(openapi_url=None))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(name="Alfa Romeo Guide", contact=CONTACT, feedback=tmp_path / "f.jsonl")
    with TestClient(create_app(ScriptedBot, settings)) as client:
        while client.get("/readyz").status_code != 200:
            pass
        yield client


def given(text: str) -> Any:
    """Return what the server wrote into the source."""
    (found,) = re.findall(r"const GIVEN = (.*);\n", text)
    return json.loads(found)


def test_the_widget_weighs_less_than_ten_kilobytes(client: TestClient) -> None:
    with client.stream("GET", "/embed.js", headers={"Accept-Encoding": "gzip"}) as response:
        weight = len(b"".join(response.iter_raw()))
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert "Accept-Encoding" in response.headers["Vary"]
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert 1000 < weight < 10_000


def test_the_widget_is_served_as_written_without_margins_and_with_what_it_starts_with(
    client: TestClient,
) -> None:
    response = client.get("/embed.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in response.headers
    assert given(response.text) == {
        "name": "Alfa Romeo Guide",
        "contact": CONTACT,
        "suggestions": list(STARTERS),
        "longest": 1000,
    }
    written = [line for line in SOURCE.splitlines() if not re.match(" +//", line)]
    bare = "".join(f"{line.strip()}\n" for line in written if line.strip())
    assert re.sub(r"GIVEN = .*;\n", "GIVEN = null;\n", response.text) == bare
    assert bare.startswith("// Portello's widget")
    assert client.get("/embed.js").text == response.text


def test_while_the_bot_is_loading_the_widget_is_served_bare_and_not_kept(tmp_path: Path) -> None:
    loaded = threading.Event()

    def load() -> ScriptedBot:
        loaded.wait()
        return ScriptedBot()

    with TestClient(create_app(load, Settings(feedback=tmp_path / "f.jsonl"))) as client:
        response = client.get("/embed.js")
        loaded.set()
    assert given(response.text) is None
    assert response.headers["Cache-Control"] == "no-cache"


def test_the_source_makes_no_markup_of_text() -> None:
    dangerous = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(|srcdoc"
    assert re.findall(dangerous, SOURCE) == []
    assert 'setAttribute("style"' not in SOURCE
    assert re.findall(r"https?://(?!chat\.example|www\.w3\.org)", SOURCE) == []


def test_every_word_is_said_in_every_language() -> None:
    languages = re.findall(r'"(\w\w)"', SOURCE[SOURCE.index("language: [") :].split("]")[0])
    assert languages == ["en", "it", "de", "fr", "es"]
    table = SOURCE[SOURCE.index("const WORDS = {") : SOURCE.index("  };")]
    words = {
        word: re.findall(r'"((?:[^"\\]|\\.)*)"', said)
        for word, said in re.findall(r"(\w+): \[(.*?)\],\n", table, flags=re.S)
    }
    assert len(words) > 20
    assert {word: len(said) for word, said in words.items()} == dict.fromkeys(words, 5)
    used = set(re.findall(r'say\((?:\w+ \? )?"(\w+)"(?: : "(\w+)")?', SOURCE))
    assert {word for pair in used for word in pair if word} <= set(words)


def test_the_readme_names_every_attribute_and_no_other() -> None:
    used = {f"data-{name}" for name in re.findall(r"\bdata\.(\w+)", SOURCE)}
    used |= {f"data-{name}" for name in re.findall(r'"(name|contact|starters)"', SOURCE)}
    named = set(re.findall(r"^\| .*", EMBEDDING, flags=re.M))
    rows = " ".join(row.split(" | ")[0] for row in named)
    assert set(re.findall(r"`(data-\w+)`", rows)) == used


def test_the_readme_names_every_text() -> None:
    sentence = EMBEDDING[EMBEDDING.index("The texts are") :].split("\n")[0]
    table = SOURCE[SOURCE.index("const WORDS = {") : SOURCE.index("  };")]
    assert re.findall(r"`(\w+)`", sentence) == re.findall(r"^    (\w+): \[", table, flags=re.M)[1:]


def test_the_readme_names_every_custom_property_and_event() -> None:
    properties = set(re.findall(r"--portello-\w+", SOURCE))
    assert set(re.findall(r"^\| `(--portello-\w+)`", EMBEDDING, flags=re.M)) == properties
    events = {f"portello:{name}" for name in re.findall(r'tell\("(\w+)"', SOURCE)}
    assert set(re.findall(r"^\| `(portello:\w+)`", EMBEDDING, flags=re.M)) == events
