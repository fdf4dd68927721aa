"""The commands. Heavy imports stand inside them: ``--help`` and ``ask`` have to be quick."""

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from bot.config import Settings
from bot.options import CorpusOption, IndexOption, SiteOption, note, open_bot, say, settings_of
from bot.site_commands import doctor, mcp
from corpus.errors import PortelloError

if TYPE_CHECKING:
    from bot.reply import Reply

_DEFAULT_COMMAND = "serve"
_INTERRUPTED = 130

app = typer.Typer(
    help="Portello answers questions from your own pages, word for word, and shows the source.\n\n"
    "Without a command it serves the chat page: `python app.py --port 8000`.",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.command(epilog="Example: python app.py serve --corpus pages/ --port 8000")
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on: 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on: 7860")] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    site: SiteOption = None,
) -> None:
    """Serve the chat page, the API and the widget.

    The server is up at once; meanwhile the index is built, or refreshed where pages changed.
    """
    from bot.web.server import serve as run

    settings = settings_of(site, corpus, index, host=host, port=port)
    run(settings, lambda: open_bot(settings))


@app.command(epilog='Example: python app.py ask "Where is Alfa Romeo made?" --corpus pages/')
def ask(
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="In quotes, as one argument.")
    ] = None,
    json: JsonOption = False,
    history: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT", help="An earlier question, oldest first; may be given several times."
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help='Answer a JSONL file of {"question": "...", "history": ["..."]} instead, a JSON'
            " line each, in order; - reads standard input. Every line is checked first.",
        ),
    ] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    site: SiteOption = None,
) -> None:
    """Answer a question, or a file of them.

    The answer is the owner's own text, followed by where it stands; saying that there is none is
    an answer too. A question that starts with a dash goes behind two dashes: ask -- "-10 °C?"
    """
    if (question is None) == (batch is None):
        raise typer.BadParameter("give either a QUESTION in quotes or --batch FILE")
    if batch is not None and history:
        raise typer.BadParameter("with --batch, each line holds its own history")
    settings = settings_of(site, corpus, index)
    if batch is not None:
        _ask_batch(batch, settings)
    elif question is not None:
        reply = open_bot(settings).ask(question, history or ())
        _show(reply, settings, as_json=json)


@app.command(name="index", epilog="Example: python app.py index --corpus pages/ --corpus faq.csv")
def build(corpus: CorpusOption = None, index: IndexOption = None, site: SiteOption = None) -> None:
    """Build or refresh the index.

    The other commands do so by themselves; this one tells what was indexed. Passages that did not
    change are not embedded again.
    """
    from bot.indexing import refresh_index

    settings = settings_of(site, corpus, index)
    say(str(refresh_index(settings, progress=sys.stderr.isatty(), say=note)))


@app.command(epilog="Example: python app.py evaluate questions.jsonl --report report/")
def evaluate(
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions with their right sources.")
    ],
    json: JsonOption = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write a page with plots into this folder."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD.json",
            help="What an earlier run with --json printed: tell what has changed since.",
        ),
    ] = None,
    corpus: CorpusOption = None,
    index: IndexOption = None,
    site: SiteOption = None,
) -> None:
    """Measure how well questions are answered.

    A line of the file is {"id": "...", "question": "...", "relevant": ["id of a source", ...]};
    an empty list of sources means that the pages do not answer it.
    """
    from bot.evaluate import evaluate as measure
    from bot.evaluate import read_questions
    from bot.evaluation_text import compare as changes
    from bot.evaluation_text import read_evaluation

    before = read_evaluation(compare) if compare else None
    bot = open_bot(settings_of(site, corpus, index))
    evaluation = measure(
        bot, read_questions(questions, bot.source_ids), progress=sys.stderr.isatty()
    )
    say(_dumps(evaluation.to_dict()) if json else evaluation.render_text())
    if before is not None:
        for line in changes(before, evaluation.to_dict()).splitlines():
            (note if json else say)(line)
    if report is not None:
        from bot.report import write_report

        note(f"report: {write_report(evaluation, report)}")


app.command(epilog="Example: python app.py doctor https://www.example.com/ --site site.toml")(
    doctor
)
app.command(epilog="Example: python app.py mcp --corpus pages/")(mcp)


def _dumps(value: Any) -> str:
    """Return JSON in ASCII alone: no terminal, pipe or code page can garble it or be steered."""
    from json import dumps

    return dumps(value)


def _show(reply: "Reply", settings: Settings, as_json: bool) -> None:
    if as_json:
        say(_dumps(reply.to_dict()))
        return
    from rich.console import Console

    from bot.terminal import lines_of

    lines = lines_of(reply, settings.contact)
    if not sys.stdout.isatty():
        say("\n".join(line.plain for line in lines))
        return
    console = Console(markup=False, highlight=False, emoji=False)
    for line in lines:
        console.print(line)


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
    if not given or (given[0].startswith("-") and given[0] != "--help"):
        given.insert(0, _DEFAULT_COMMAND)
    if isinstance(sys.stdout, TextIOWrapper):
        # What a terminal's code page lacks is no reason to lose the answer.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(given)
    except PortelloError as error:
        note(f"portello: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception as error:
        if os.environ.get("PORTELLO_DEBUG"):
            raise
        note(
            f"portello: unexpected {type(error).__name__}: {error};"
            " PORTELLO_DEBUG=1 shows where, please report it"
        )
        sys.exit(1)
