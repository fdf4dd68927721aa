"""The commands as a newcomer types them: the real model, the shipped article, no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import HOSTILE

ROOT = Path(__file__).parent.parent
OFFLINE = "import sys; sys.path.insert(0, 'tests'); import network; network.block()\n"

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def environ(tmp_path_factory):
    """Return an environment in which the index is built."""
    index = tmp_path_factory.mktemp("cli") / "index"
    environ = {name: value for name, value in os.environ.items() if "PORTELLO" not in name}
    environ["PORTELLO_INDEX"] = str(index)
    command = [sys.executable, "app.py", "index"]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return environ


@pytest.fixture
def app(environ):
    """Run a command offline; return the finished process."""

    def run(*arguments, stdin=None, after="pass"):
        code = f"{OFFLINE}from bot.cli import main\ntry: main()\nfinally: {after}"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            env=environ,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


def test_the_articles_own_answer_is_given_with_its_span(app):
    done = app("ask", "--json", "where is Alfa Romeo made")
    assert (done.returncode, done.stderr) == (0, "")
    reply = json.loads(done.stdout)
    source = reply["source"]
    assert reply["outcome"] == "answer"
    assert reply["answer"].endswith("in Turin and Naples.")
    assert source["file"] == "corpus/alfa_romeo/where-is-alfa-romeo-made.md"
    with (ROOT / source["file"]).open(encoding="utf-8", newline="") as file:
        assert file.read()[source["start"] : source["end"]] == source["snippet"]
    start, end = source["highlight"]
    assert source["snippet"][start:end] == reply["answer"]


def test_a_table_row_is_said_with_its_header(app):
    done = app("ask", "Which Alfa Romeo plant is in Mexico?")
    assert (done.returncode, done.stderr) == (0, "")
    answer = done.stdout.partition("\n\n")[0]
    assert "Manufacturing Facility: Toluca Plant" in answer
    assert "Location: Toluca, Mexico" in answer


def test_what_the_article_does_not_say_is_declined_with_suggestions(app):
    done = app("ask", "--json", "What is the capital of France?")
    reply = json.loads(done.stdout)
    assert (done.returncode, reply["outcome"], reply["answer"]) == (0, "abstain", None)
    assert reply["suggestions"]


def test_asking_a_built_index_loads_nothing_that_takes_long(app):
    heavy = ("torch", "sentence_transformers", "transformers", "gradio", "fastapi", "mcp")
    heavy += ("scipy", "bm25s", "wordfreq", "numpy.ma", "filelock", "onnx", "pydantic", "rich")
    done = app(
        "ask",
        "where is Alfa Romeo made",
        after=f"sys.stderr.write(repr([name for name in {heavy!r} if name in sys.modules]))",
    )
    assert "Turin and Naples" in done.stdout
    assert done.stderr == "[]"


def test_a_hundred_hostile_questions_are_all_replied_to(app):
    assert len(HOSTILE) >= 100
    batch = "".join(json.dumps({"question": question}) + "\n" for question in HOSTILE)
    done = app("ask", "--batch", "-", stdin=batch)
    assert (done.returncode, done.stderr) == (0, "")
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(replies) == len(HOSTILE)
    assert all((reply["answer"] is None) == (reply["outcome"] == "abstain") for reply in replies)


@pytest.mark.parametrize(
    "question",
    ["", "\n", "\x1b[2J\x1b]0;owned\x07where", "\x9b31mred", "[red]a[/] [/b]", "--help", "'; --"],
)
def test_a_hostile_question_is_no_traceback_on_a_terminal_either(app, question):
    done = app("ask", "--", question)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\x9b" not in done.stdout


def test_other_pages_are_answered_from_with_one_option(app, tmp_path):
    (tmp_path / "faq.csv").write_text(
        'id,question,answer\ntyres,Do you change tyres?,"Yes, while you wait."\n'
        'boats,Do you repair boats?,"No, cars only."\n',
        encoding="utf-8",
    )
    done = app(
        "ask", "can you change my tyres", "--json",
        "--corpus", str(tmp_path), "--index", str(tmp_path / "index"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["source"]["id"] == "tyres"


def test_a_corpus_that_is_not_there_is_one_line(app, tmp_path):
    done = app("ask", "a", "--corpus", str(tmp_path / "none"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "none" in done.stderr
