"""Replies and questions as HTML in which corpus and visitors can only ever be text (pure)."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from bot.reply import Alternative, Reply, Source

# Half characters and control characters but tab and line feed: no HTML can hold them.
_UNPRINTABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKUP = re.compile("[!-/:-@\\[-`{-~]")
_TABLE_LINE = re.compile(r"[ \t]*\|.*\|[ \t]*")
_TABLE_RULE = re.compile(r"[\s|:-]+")
_CELL_BORDER = re.compile(r"(?<!\\)\|")


def text(value: str) -> str:
    """Return text as HTML on one line, where nothing can be taken for HTML, Markdown or TeX.

    Every sign of ASCII becomes a character reference, so that no later stage of rendering finds
    any markup.
    """
    value = _UNPRINTABLE.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    html = _MARKUP.sub(lambda sign: f"&#{ord(sign[0])};", value)
    return html.replace("\t", " ").replace("\n", "<br>")


def question_html(question: str, most: int) -> str:
    """Return a visitor's question, cut after ``most`` characters."""
    shown = question if len(question) <= most else question[:most] + "…"
    return f'<div class="asked" dir="auto">{text(shown)}</div>'


def notice_html(message: str) -> str:
    """Return a sentence of ours."""
    return f'<div class="reply notice"><p>{text(message)}</p></div>'


def greeting_html(name: str) -> str:
    """Return what stands at the top of every chat."""
    return (
        '<div class="reply greeting"><p>'
        + text(f"Hello, I’m {name}. Ask me anything about our pages.")
        + '</p><p class="quiet">'
        + text("I answer only in their own words, and show you where they stand.")
        + "</p></div>"
    )


def reply_html(reply: Reply, contact: str) -> str:
    """Return a reply: answer first, then its source, then what else there is."""
    parts = [_understood(reply)]
    if reply.outcome == "abstain" or reply.answer is None:
        parts.append(_unknown(reply, contact))
    else:
        parts += [_closest(reply), _said(reply.answer, reply.cells)]
    if reply.source is not None and reply.outcome != "smalltalk":
        parts.append(_source(reply.source))
    parts += [_alternatives(reply.alternatives, reply.sources_differ), _lead_in(reply)]
    return f'<div class="reply {reply.outcome}">{"".join(parts)}</div>'


def _understood(reply: Reply) -> str:
    if reply.understood_as is None:
        return ""
    return f'<p class="quiet understood">Understood as: <q>{text(reply.understood_as)}</q></p>'


def _missing(reply: Reply) -> str:
    words = [f"“{word}”" for word in reply.not_in_sources]
    if not words:
        return ""
    listed = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    verb = "is" if len(words) == 1 else "are"
    return text(f"{listed} {verb} not mentioned in the sources.")


def _unknown(reply: Reply, contact: str) -> str:
    missing = _missing(reply) or text("I found no answer to this in our pages.")
    asked = f'<p class="contact">{text(contact)}</p>' if contact else ""
    return f'<p class="said">{text("I don’t know that one.")}</p><p>{missing}</p>{asked}'


def _closest(reply: Reply) -> str:
    if reply.outcome != "closest":
        return ""
    return f'<p class="flag"><strong>The closest I have.</strong> {_missing(reply)}</p>'


def _said(answer: str, cells: Sequence[tuple[str, str]]) -> str:
    if not cells:
        lines = _table_lines(answer)
        shown = _table(lines, (0, 0)) if lines else text(answer)
        kind = "div" if lines else "p"
        return f'<{kind} class="said" dir="auto">{shown}</{kind}>'
    said = " · ".join(
        f'<span class="cell"><span class="head">{text(header)}:</span> {text(value)}</span>'
        for header, value in cells
    )
    return f'<p class="said" dir="auto">{said}</p>'


def _source(source: Source) -> str:
    return (
        f'<div class="source"><p class="where">{_where(source)}</p>'
        f'<blockquote dir="auto">{_snippet(source.snippet, source.highlight)}</blockquote></div>'
    )


def _where(source: Source) -> str:
    path = f'<span class="path">{text(" › ".join((source.title, *source.section)))}</span>'
    if not safe_url(source.url):
        return f'<span class="label">Source</span> {path}'
    link = f'<a href="{text(source.url or "")}" target="_blank" rel="noopener nofollow">{path}</a>'
    return f'<span class="label">Source</span> {link}'


def source_html(source: Source) -> str:
    """Return the line that says where something stands."""
    return f'<p class="where">{_where(source)}</p>'


def safe_url(url: str | None) -> bool:
    """Tell whether a document's address may be a link: http and https only."""
    try:
        return url is not None and urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False


def _snippet(snippet: str, highlight: tuple[int, int]) -> str:
    lines = _table_lines(snippet)
    if lines:
        return _table(lines, highlight)
    start, end = highlight
    marked = f"<mark>{text(snippet[start:end])}</mark>" if start < end else ""
    return text(snippet[:start]) + marked + text(snippet[end:])


def _table_lines(whole: str) -> list[tuple[int, str]]:
    """Return the lines of a text that is a Markdown table, each with its place; else none."""
    lines = list(_lines(whole))
    table = len(lines) > 2 and all(_TABLE_LINE.fullmatch(line) for _, line in lines)
    return lines if table else []


def _lines(snippet: str) -> Iterator[tuple[int, str]]:
    position = 0
    for line in snippet.splitlines(keepends=True):
        if line.strip():
            yield position, line.rstrip("\r\n")
        position += len(line)


def _table(lines: Sequence[tuple[int, str]], highlight: tuple[int, int]) -> str:
    """Return a Markdown table as one of HTML, with the rows that the highlight touches marked."""
    (_, header), *rows = lines
    heads = "".join(f'<th scope="col">{text(cell)}</th>' for cell in _cells(header))
    body = ""
    for position, line in rows:
        if _TABLE_RULE.fullmatch(line):
            continue
        hit = position < highlight[1] and highlight[0] < position + len(line)
        frame = "<mark>{}</mark>" if hit else "{}"
        cells = "".join(f"<td>{frame.format(text(cell))}</td>" for cell in _cells(line))
        body += f"<tr>{cells}</tr>"
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in _CELL_BORDER.split(inner)]


def _alternatives(alternatives: Sequence[Alternative], differ: str | None) -> str:
    """Return further passages folded away; open and said where the sources differ."""
    if not alternatives:
        return ""
    count = "1 other passage" if len(alternatives) == 1 else f"{len(alternatives)} other passages"
    items = "".join(f"<li>{_alternative(one)}</li>" for one in alternatives)
    folded = f"<summary>{count}</summary><ul>{items}</ul></details>"
    if not differ:
        return f'<details class="more">{folded}'
    flag = f'<p class="flag"><strong>The sources name different {text(differ)}.</strong></p>'
    return f'{flag}<details class="more" open>{folded}'


def _alternative(one: Alternative) -> str:
    question = f"<strong>{text(one.question)}</strong><br>" if one.question else ""
    return f'{question}{_said(one.answer, one.cells)}<p class="where">{_where(one.source)}</p>'


def _lead_in(reply: Reply) -> str:
    """Return the line above the buttons that :func:`buttons` gives."""
    if reply.did_you_mean:
        return '<p class="lead">Did you mean</p>'
    if reply.suggestions:
        return '<p class="lead">You could ask me</p>'
    return ""


def buttons(reply: Reply) -> tuple[str, ...]:
    """Return the questions that a visitor can ask next with one click."""
    return reply.did_you_mean or reply.suggestions
