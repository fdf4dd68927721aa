"""The commands. Heavy imports stand inside them: ``--help`` and ``ask`` have to be quick."""

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from bot.config import Settings
from bot.options import note, open_bot, places, say, settings_of
from bot.site_commands import doctor, mcp
from corpus.errors import PortelloError

if TYPE_CHECKING:
    from bot.reply import Reply

_DEFAULT_COMMAND = "serve"
_INTERRUPTED = 130

as_json = click.option("--json", "json", is_flag=True, help="Print JSON, for scripts.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def app() -> None:
    """Portello answers questions from your own pages, word for word, and shows the source.

    Without a command it serves the chat page: `python app.py --port 8000`.
    """


@app.command(epilog="Example: python app.py serve --corpus pages/ --port 8000")
@click.option("--host", help="Address to listen on: 127.0.0.1")
@click.option("--port", type=int, help="Port to listen on: 7860")
@places
def serve(
    host: str | None,
    port: int | None,
    corpus: Sequence[Path],
    index: Path | None,
    site: Path | None,
) -> None:
    """Serve the chat page, the API and the widget.

    The server is up at once; meanwhile the index is built, or refreshed where pages changed.
    """
    from bot.web.server import serve as run

    settings = settings_of(site, corpus, index, host=host, port=port)
    run(settings, lambda: open_bot(settings))


@app.command(epilog='Example: python app.py ask "Where is Alfa Romeo made?" --corpus pages/')
@click.argument("question", required=False)
@as_json
@click.option(
    "--history",
    metavar="TEXT",
    multiple=True,
    help="An earlier question, oldest first; may be given several times.",
)
@click.option(
    "--batch",
    metavar="FILE",
    help='Answer a JSONL file of {"question": "...", "history": ["..."]} instead, a JSON'
    " line each, in order; - reads standard input. Every line is checked first.",
)
@places
def ask(
    question: str | None,
    json: bool,
    history: Sequence[str],
    batch: str | None,
    corpus: Sequence[Path],
    index: Path | None,
    site: Path | None,
) -> None:
    """Answer a QUESTION, in quotes, or a file of them.

    The answer is the owner's own text, followed by where it stands; saying that there is none is
    an answer too. A question that starts with a dash goes behind two dashes: ask -- "-10 °C?"
    """
    if (question is None) == (batch is None):
        raise click.UsageError("give either a QUESTION in quotes or --batch FILE")
    if batch is not None and history:
        raise click.UsageError("with --batch, each line holds its own history")
    settings = settings_of(site, corpus, index)
    if batch is not None:
        _ask_batch(batch, settings)
    elif question is not None:
        reply = open_bot(settings).ask(question, history)
        _show(reply, settings, as_json=json)


@app.command(name="index", epilog="Example: python app.py index --corpus pages/ --corpus faq.csv")
@places
def build(corpus: Sequence[Path], index: Path | None, site: Path | None) -> None:
    """Build or refresh the index.

    The other commands do so by themselves; this one tells what was indexed. Passages that did not
    change are not embedded again. With the setting store = "milvus", this command alone publishes
    the index, and the others answer from it.
    """
    from bot.indexing import refresh_index

    settings = settings_of(site, corpus, index)
    say(str(refresh_index(settings, progress=sys.stderr.isatty(), say=note)))


@app.command(epilog="Example: python app.py evaluate questions.jsonl --report report/")
@click.argument("questions", metavar="QUESTIONS.jsonl", type=click.Path(path_type=Path))
@as_json
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also write a page with plots into this folder.",
)
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    metavar="OLD.json",
    help="What an earlier run with --json printed: tell what has changed since.",
)
@click.option(
    "--ablation",
    is_flag=True,
    help="Also ask all of it again with each piece of evidence left out: seven times the time.",
)
@places
def evaluate(
    questions: Path,
    json: bool,
    report: Path | None,
    compare: Path | None,
    ablation: bool,
    corpus: Sequence[Path],
    index: Path | None,
    site: Path | None,
) -> None:
    """Measure how well the questions of a JSONL file are answered.

    A line of the file is {"id": "...", "question": "...", "relevant": ["id of a source", ...]};
    an empty list of sources means that the pages do not answer it.
    """
    from bot.ablation import ablate
    from bot.evaluate import evaluate as measure
    from bot.evaluate import read_questions
    from bot.evaluation_text import ablation_table, read_evaluation
    from bot.evaluation_text import compare as changes

    before = read_evaluation(compare) if compare else None
    bot = open_bot(settings_of(site, corpus, index))
    cases, progress = read_questions(questions, bot.source_ids), sys.stderr.isatty()
    evaluation = measure(bot, cases, progress=progress)
    left_out = ablate(bot, evaluation, progress=progress) if ablation else {}
    told = {"ablation": left_out} if left_out else {}
    say(_dumps(evaluation.to_dict() | told) if json else evaluation.render_text())
    if left_out and not json:
        say(ablation_table(left_out))
    if before is not None:
        for line in changes(before, evaluation.to_dict()).splitlines():
            (note if json else say)(line)
    if report is not None:
        from bot.report import write_report

        note(f"report: {write_report(evaluation, report)}")


app.add_command(doctor)
app.add_command(mcp)


def _dumps(value: Any) -> str:
    """Return JSON in ASCII alone: no terminal, pipe or code page can garble it or be steered."""
    from json import dumps

    return dumps(value)


def _show(reply: "Reply", settings: Settings, as_json: bool) -> None:
    if as_json:
        say(_dumps(reply.to_dict()))
        return
    from bot.terminal import lines_of

    lines = lines_of(reply, settings.contact)
    if not sys.stdout.isatty():
        say("\n".join(line.plain for line in lines))
        return
    from rich.console import Console

    console = Console(markup=False, highlight=False, emoji=False)
    for line in lines:
        console.print(line.styled())


def _ask_batch(file: str, settings: Settings) -> None:
    from bot.batch import read_batch

    with _opened(file) as lines:
        questions = read_batch("standard input" if file == "-" else file, lines)
    if not questions:
        return
    bot = open_bot(settings)
    for one in questions:
        say(_dumps(bot.ask(one.question, one.history).to_dict()))


def _opened(file: str) -> AbstractContextManager[Iterable[bytes]]:
    stdin: BinaryIO = sys.stdin.buffer
    try:
        return nullcontext(stdin) if file == "-" else Path(file).open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PortelloError(
            f"{file}: can't be read ({reason}); give --batch a JSONL file, or - for standard input"
        ) from error


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 an operator can mend it (one line), 2 wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in {"-h", "--help"}):
        given.insert(0, _DEFAULT_COMMAND)
    if isinstance(sys.stdout, TextIOWrapper):
        # What a terminal's code page lacks is no reason to lose the answer.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        # Not app.main(), which has words of its own for Ctrl-C.
        with app.make_context(Path(sys.argv[0]).name, given) as context:
            app.invoke(context)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except PortelloError as error:
        note(f"portello: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Who reads has gone; what is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("PORTELLO_DEBUG"):
            raise
        note(
            f"portello: unexpected {type(error).__name__}: {error};"
            " PORTELLO_DEBUG=1 shows where, please report it"
        )
        sys.exit(1)
    sys.exit(0)
