"""The commands: what they print where, and how they end."""

import json
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace

import pytest

import bot.cli
from bot.ablation import MEASURED
from bot.cli import main
from bot.config import Settings
from bot.indexing import Indexed
from bot.reply import Reply, Source
from corpus.errors import CorpusError

ROOT = Path(__file__).parent.parent
SOURCE = Source(
    "hours", "faq.md", "Rossi", ("Hours",), None, "faq.md", None, 0, 16,
    "We open at nine.", (0, 16),
)  # fmt: skip


class FakeBot:
    """Repeats what it was asked."""

    def __init__(self):
        self.asked = []

    def ask(self, question, history=()):
        self.asked.append((question, tuple(history)))
        if not question.strip():
            return Reply("abstain", None, 0.0, None, suggestions=("When do you open?",))
        return Reply("answer", f"You asked: {question}", 0.9, SOURCE)


class TracingBot:
    """Finds the same source for every question."""

    settings = Settings()
    corpus_version = "1"
    source_ids = frozenset({"hours"})

    def trace(self, question, history=()):
        reply = FakeBot().ask(question, history)
        return SimpleNamespace(reply=reply, ranking=("hours",), top_text="We open at nine.")


@pytest.fixture
def fake(monkeypatch):
    made = FakeBot()
    monkeypatch.setattr(bot.cli, "open_bot", lambda _settings: made)
    return made


@pytest.fixture
def run(capsys):
    """Run a command; return exit code, stdout and stderr."""

    def run_command(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return run_command


def test_ask_prints_the_answer_first_and_its_source(fake, run):
    code, out, err = run("ask", "When do you open?")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "You asked: When do you open?"
    assert "Source: Rossi › Hours  (90% sure)" in out
    assert fake.asked == [("When do you open?", ())]


@pytest.mark.parametrize("command", [["ask", "Why?"], ["serve"], ["evaluate", "q.jsonl"], ["mcp"]])
def test_pages_that_would_not_be_answered_from_are_refused(fake, run, monkeypatch, command):
    monkeypatch.setenv("PORTELLO_STORE", "milvus")
    code, out, err = run(*command, "--corpus", "pages")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert f"--corpus: {command[0]} answers with what was published in Milvus; leave it out" in err
    assert fake.asked == []


def test_ask_passes_earlier_questions_in_order(fake, run):
    run("ask", "And Sundays?", "--history", "a", "--history", "b")
    assert fake.asked == [("And Sundays?", ("a", "b"))]


def test_ask_json_prints_the_reply_on_one_line_of_ascii(fake, run):
    code, out, _ = run("ask", "Citroën \x9b\ud800?", "--json")
    assert code == 0
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == json.loads(json.dumps(fake.ask("Citroën \x9b\ud800?").to_dict()))


@pytest.mark.usefixtures("fake")
def test_an_answer_is_printed_on_any_terminal(monkeypatch):
    printed = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(printed, "cp1252", write_through=True))
    with pytest.raises(SystemExit) as ended:
        main(["ask", "Citroën 漢\udcff?"])
    assert ended.value.code == 0
    assert printed.getvalue().startswith(b"You asked: Citro\xebn \\u6f22\\udcff?")


@pytest.mark.usefixtures("fake")
def test_a_terminal_gets_the_answer_set_in_bold_and_markup_as_it_stands(monkeypatch):
    terminal = StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["ask", "[red]a[/red] \x1b[2J :boom:"])
    assert ended.value.code == 0
    assert "\x1b[1mYou asked: [red]a[/red] [2J :boom:\x1b[0m" in terminal.getvalue()


def test_an_empty_question_is_declined_and_that_is_no_error(fake, run):
    code, out, _ = run("ask", "")
    assert code == 0
    assert out.splitlines()[0] == "I don't have an answer to that."
    assert fake.asked == [("", ())]


def test_a_batch_is_answered_line_by_line_in_order(fake, run, tmp_path):
    file = tmp_path / "q.jsonl"
    file.write_text('{"question": "a"}\n\n{"question": "b", "history": ["c"]}\n{"question": ""}\n')
    code, out, err = run("ask", "--batch", str(file))
    assert (code, err) == (0, "")
    replies = [json.loads(line) for line in out.splitlines()]
    assert [reply["answer"] for reply in replies] == ["You asked: a", "You asked: b", None]
    assert fake.asked == [("a", ()), ("b", ("c",)), ("", ())]


def test_a_bad_line_stops_a_batch_before_anything_is_answered(fake, run, tmp_path):
    file = tmp_path / "q.jsonl"
    file.write_text('{"question": "a"}\n{"question": 3}\n')
    code, out, err = run("ask", "--batch", str(file))
    assert (code, out, fake.asked) == (1, "", [])
    assert err.count("\n") == 1
    assert "q.jsonl, line 2: expected" in err


def test_a_batch_that_is_not_there_is_named(run, tmp_path):
    code, _, err = run("ask", "--batch", str(tmp_path / "none.jsonl"))
    assert code == 1
    assert "none.jsonl: can't be read (No such file" in err


def test_an_empty_batch_has_no_replies(run, tmp_path):
    (tmp_path / "q.jsonl").write_text("\n")
    assert run("ask", "--batch", str(tmp_path / "q.jsonl")) == (0, "", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "a", "--batch", "b"),
        ("ask", "--batch", "b", "--history", "c"),
        ("ask", "two", "words"),
        ("sing",),
        ("--prot", "1"),
        ("serve", "--port", "many"),
        ("evaluate",),
    ],
)
def test_wrong_usage_ends_with_2_and_nothing_on_stdout(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "Usage:" in err


def test_what_an_operator_can_mend_is_one_line_and_1(run, monkeypatch):
    def refuse(_settings):
        raise CorpusError("pages/: no such folder;\n\x1b[31m name another with --corpus")

    monkeypatch.setattr(bot.cli, "open_bot", refuse)
    expected = "portello: pages/: no such folder; [31m name another with --corpus\n"
    assert run("ask", "a") == (1, "", expected)


def test_a_wrong_setting_is_one_line_and_1(run, monkeypatch):
    monkeypatch.setenv("PORTELLO_PROT", "1")
    code, out, err = run("ask", "a")
    assert (code, out) == (1, "")
    assert err.startswith("portello: environment: unknown variable PORTELLO_PROT; did you mean")


def test_a_fault_of_portello_is_one_line_unless_its_traceback_is_asked_for(run, monkeypatch):
    def fail(_settings):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(bot.cli, "open_bot", fail)
    code, out, err = run("ask", "a")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "unexpected ZeroDivisionError: by nought; PORTELLO_DEBUG=1 shows where" in err
    monkeypatch.setenv("PORTELLO_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["ask", "a"])


def test_ctrl_c_is_quiet(run, monkeypatch):
    def interrupt(_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(bot.cli, "open_bot", interrupt)
    assert run("ask", "a") == (130, "", "")


@pytest.mark.parametrize("arguments", [(), ("--port", "8001"), ("serve", "--port", "8001")])
def test_without_a_command_the_chat_is_served(run, monkeypatch, arguments):
    served = []
    monkeypatch.setattr("bot.web.server.serve", lambda settings, _load: served.append(settings))
    code, out, _ = run(*arguments)
    assert (code, out) == (0, "")
    assert [settings.port for settings in served] == [8001 if arguments else 7860]


def test_options_beat_variables_and_variables_beat_the_file(tmp_path, monkeypatch):
    site = tmp_path / "site.toml"
    site.write_text('name = "Rossi"\nindex = "i"\ncorpus = "pages"')
    monkeypatch.setenv("PORTELLO_INDEX", "there")
    settings = bot.cli.settings_of(site, [Path("a"), Path("b")], None, port=None)
    assert settings.name == "Rossi"
    assert settings.index == Path("there")
    assert settings.corpus == (Path("a"), Path("b"))


@pytest.mark.parametrize("command", [(), ("serve",), ("ask",), ("index",), ("evaluate",)])
def test_help_says_what_a_command_does_with_an_example(run, command):
    code, out, _ = run(*command, "--help")
    assert code == 0
    assert "python app.py" in out
    assert run(*command, "-h")[:2] == (0, out)


def test_index_prints_what_was_indexed_and_how_it_goes_beside(run, monkeypatch, tmp_path):
    def refresh_index(settings, *, progress, say):  # noqa: ARG001
        say(f"building {settings.index}")
        return Indexed(1, {"entry": 2, "paragraph": 0, "row": 0, "table": 0}, 3, 0, 0.5, tmp_path)

    monkeypatch.setattr("bot.indexing.refresh_index", refresh_index)
    code, out, err = run("index", "--index", "there")
    assert (code, err) == (0, "building there\n")
    assert out.startswith("documents: 1\npassages: 2 (FAQ entries 2)\nvectors: 3 made, 0 kept\n")


def test_evaluate_prints_text_or_json_and_writes_a_report(run, monkeypatch, tmp_path):
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "1", "question": "When do you open?", "relevant": ["hours"]}')
    monkeypatch.setattr(bot.cli, "open_bot", lambda _settings: TracingBot())
    code, out, _ = run("evaluate", str(questions))
    assert code == 0
    assert "P@1" in out
    code, out, err = run("evaluate", str(questions), "--json", "--report", str(tmp_path / "r"))
    assert code == 0
    assert json.loads(out)["overall"]["P@1"] == 1.0
    assert err.startswith("report: ")
    assert (tmp_path / "r" / "index.html").exists()


def test_evaluate_compares_with_an_earlier_run(run, monkeypatch, tmp_path):
    questions, before = tmp_path / "q.jsonl", tmp_path / "old.json"
    questions.write_text('{"id": "1", "question": "When do you open?", "relevant": ["hours"]}')
    monkeypatch.setattr(bot.cli, "open_bot", lambda _settings: TracingBot())
    _, out, _ = run("evaluate", str(questions), "--json")
    before.write_text(out.replace('"right": true', '"right": false'))
    code, out, _ = run("evaluate", str(questions), "--compare", str(before))
    assert code == 0
    assert "Came right: 1" in out
    code, out, err = run("evaluate", str(questions), "--json", "--compare", str(before))
    assert json.loads(out)["overall"]["P@1"] == 1.0
    assert "Came right: 1" in err


def test_evaluate_tells_what_each_piece_of_evidence_is_worth(run, monkeypatch, tmp_path):
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "1", "question": "When do you open?", "relevant": ["hours"]}')
    monkeypatch.setattr(bot.cli, "open_bot", lambda _settings: TracingBot())
    monkeypatch.setattr("bot.ablation.variants", lambda asked: [("spelling", asked)])
    code, out, _ = run("evaluate", str(questions), "--ablation")
    assert code == 0
    heading, *rows = out.splitlines()[-3:]
    assert heading.split() == ["left", "out", *MEASURED]
    assert [row.split()[0] for row in rows] == ["nothing", "spelling"]
    assert [row.split()[1:] for row in rows] == [["1.000", "1.000", "–", "–"]] * 2
    _, out, _ = run("evaluate", str(questions), "--json", "--ablation")
    assert json.loads(out)["ablation"]["nothing"]["P@1"] == 1.0
    _, out, _ = run("evaluate", str(questions), "--json")
    assert "ablation" not in json.loads(out)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"overall": 1}'])
def test_what_is_no_earlier_run_is_one_line_and_1(run, monkeypatch, tmp_path, text):
    (tmp_path / "q.jsonl").write_text('{"id": "1", "question": "Open?", "relevant": ["hours"]}')
    (tmp_path / "old.json").write_text(text)
    monkeypatch.setattr(bot.cli, "open_bot", lambda _settings: TracingBot())
    arguments = ("evaluate", str(tmp_path / "q.jsonl"), "--compare", str(tmp_path / "old.json"))
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "old.json: not an evaluation" in err
    assert "evaluate --json" in err


def test_a_bad_questions_file_is_one_line_and_1(run, monkeypatch, tmp_path):
    (tmp_path / "q.jsonl").write_text("[")
    monkeypatch.setattr(bot.cli, "open_bot", lambda _settings: TracingBot())
    code, out, err = run("evaluate", str(tmp_path / "q.jsonl"))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "q.jsonl, line 1: not JSON" in err


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = (
        "import sys, bot.cli\n"
        "heavy = {'numpy', 'faiss', 'onnxruntime', 'torch', 'sentence_transformers', 'gradio',"
        " 'fastapi', 'pydantic', 'rich.console', 'mcp', 'pyrate_limiter', 'prometheus_client'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_goes_away_is_no_traceback():
    code = (
        "import bot.cli\n"
        "from bot.reply import Reply\n"
        "class Fake:\n"
        "    def ask(self, question, history=()):\n"
        "        return Reply('answer', 'x' * 100_000, 0.9, None)\n"
        "bot.cli.open_bot = lambda settings: Fake()\n"
        "bot.cli.main(['ask', '--batch', '-'])\n"
    )
    questions = b'{"question": "a"}\n' * 50
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(questions)
        process.stdin.close()
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
