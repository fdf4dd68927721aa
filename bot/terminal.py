"""A reply set for the terminal: answer, source, alternatives; the same lines plain for a pipe."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.reply import Alternative, Reply, Source

if TYPE_CHECKING:
    from rich.text import Text

# Line breaks and tabs are text; every other control character could steer the terminal.
_CONTROLS = dict.fromkeys({*range(32), *range(127, 160)} - {ord("\n"), ord("\t")})


@dataclass(frozen=True, slots=True)
class Line:
    """What is printed on a line, or on several of a snippet: texts, each with its style."""

    parts: tuple[tuple[str, str], ...] = ()

    @property
    def plain(self) -> str:
        """The text alone."""
        return "".join(text for text, _ in self.parts)

    def styled(self) -> "Text":
        """Return it for a terminal; loads rich, which a pipe has no use for."""
        from rich.text import Text

        return Text.assemble(*self.parts)


def clean(text: str) -> str:
    """Return the text without characters that steer a terminal (escape, bell, C1, ...)."""
    return text.translate(_CONTROLS)


def lines_of(reply: Reply, contact: str = "") -> list[Line]:
    """Return the reply as lines, the answer first; no markup in the corpus is interpreted."""
    return [*_answer(reply), *_hints(reply, contact), *_source(reply), *_alternatives(reply)]


def said(answer: str, cells: tuple[tuple[str, str], ...], between: str = "\n") -> str:
    """Return an answer as it is said: a table row with its header, any other as it stands."""
    if not cells:
        return answer
    return between.join(
        f"{header}: {value}" if header else value for header, value in cells if value
    )


def _answer(reply: Reply) -> Iterator[Line]:
    if reply.understood_as:
        yield _line(f"Understood as: {reply.understood_as}", "dim")
    if reply.answer is None:
        yield _line("I don't have an answer to that.", "bold")
        return
    if reply.outcome == "closest":
        yield _line("The closest I have:", "yellow")
    yield _line(said(reply.answer, reply.cells), "bold")


def _hints(reply: Reply, contact: str) -> Iterator[Line]:
    if reply.not_in_sources:
        yield _line(f"Not mentioned in the sources: {', '.join(reply.not_in_sources)}", "yellow")
    yield from _listed("Did you mean:", reply.did_you_mean)
    yield from _listed("You could ask:", reply.suggestions)
    if contact and reply.outcome in ("abstain", "closest"):
        yield _line(contact)


def _listed(heading: str, questions: tuple[str, ...]) -> Iterator[Line]:
    if questions:
        yield _line(heading)
        yield from (_line(f"  - {question}") for question in questions)


def _source(reply: Reply) -> Iterator[Line]:
    source = reply.source
    if source is None:
        return
    yield Line()
    yield _line(f"Source: {_place(source)}  ({reply.confidence:.0%} sure)", "cyan")
    yield _line(f"  {_address(source)}", "dim")
    if source.snippet != reply.answer:
        yield _snippet(source)


def _snippet(source: Source) -> Line:
    start, end = source.highlight
    before, answer, after = source.snippet[:start], source.snippet[start:end], source.snippet[end:]
    # Each part is cleaned alone, so that the mark stays on the answer.
    parts = ((before, ""), (answer, "bold reverse"), (after, ""))
    indented = ((clean(text).replace("\n", "\n  "), style) for text, style in parts)
    return Line((("  ", ""), *indented))


def _alternatives(reply: Reply) -> Iterator[Line]:
    if reply.alternatives:
        yield Line()
        if reply.sources_differ:
            yield _line(f"The sources name different {reply.sources_differ}:", "yellow")
        else:
            yield _line("Also found:", "dim")
        yield from (_line(f"  - {_brief(one)}", "dim") for one in reply.alternatives)


def _brief(alternative: Alternative) -> str:
    answer = said(alternative.answer, alternative.cells, between="; ")
    text = f"{alternative.question} {answer}" if alternative.question else answer
    return f"{textwrap.shorten(text, 120, placeholder=' …')}  ({_place(alternative.source)})"


def _place(source: Source) -> str:
    return " › ".join([source.title, *source.section])


def _address(source: Source) -> str:
    field = f", {source.field} of {source.id}" if source.field else ""
    span = f"{source.file}{field}, characters {source.start} to {source.end}"
    return f"{source.url}  ({span})" if source.url else span


def _line(text: str, style: str = "") -> Line:
    return Line(((clean(text), style),))
