"""``.jsonl``: an FAQ entry or a passage a line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.document import Document
from corpus.errors import CorpusError
from corpus.lines import BOM, line_spans
from corpus.readers.common import Ids, check_url, name_title
from corpus.readers.places import line_at

_HALF = re.compile("[\ud800-\udfff]")


def read_jsonl(file: Path, text: str, ids: Ids) -> Iterator[Document]:
    """Yield the file's entries and passages, one document each."""
    for number, line in _lines(text):
        if line.strip():
            yield _document(file, line, number, ids)


def read_line(file: Path, number: int) -> Document | None:
    """Return the entry or passage at one line, from 1; None where the line is blank or gone."""
    line = line_at(file, number)
    return _document(file, line, number, Ids()) if line.strip() else None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    spans = line_spans(text, int(text.startswith(BOM)), len(text))
    return ((number, text[slice(*span)]) for number, span in enumerate(spans, start=1))


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"{place}: broken JSON at column {error.colno} ({error.msg}); "
            "write one complete JSON object a line"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{place}: JSON that can't be read; write one plain object") from error
    if not isinstance(found, dict):
        raise CorpusError(f'{place}: no JSON object but {line[:20]!r}; write {{"id": ...}} a line')
    return found


def _document(file: Path, line: str, number: int, ids: Ids) -> Document:
    place = f"{file}, line {number}"
    found = _object(line, place)
    is_entry = "questions" in found or "answer" in found
    if not is_entry and "text" not in found:
        raise CorpusError(
            f"{place}: found {', '.join(found) or 'no key'}; "
            "name an entry's keys id, questions, answer and a passage's id, title, text"
        )
    title = _words(found, "title", place, empty=True) if not is_entry or "title" in found else ""
    url = _words(found, "url", place, empty=True) if found.get("url") is not None else None
    return Document(
        id=ids.claim(_words(found, "id", place), place),
        file=str(file),
        text=_words(found, "answer" if is_entry else "text", place),
        title=title.strip() or name_title(file),
        field="answer" if is_entry else "text",
        questions=_questions(found, place) if is_entry else (),
        url=check_url(url, place),
        line=number,
    )


def _words(found: dict[str, Any], key: str, place: str, empty: bool = False) -> str:
    """Return a key's text, which may be empty only where ``empty`` says so."""
    if key not in found:
        raise CorpusError(f'{place}: the key "{key}" is missing; add it')
    return _checked(found[key], key, place, empty)


def _questions(found: dict[str, Any], place: str) -> tuple[str, ...]:
    questions = found.get("questions")
    if not isinstance(questions, list) or not questions:
        raise CorpusError(f'{place}: "questions" isn\'t a list of questions; write ["..."]')
    checked = (_checked(question, "questions", place).strip() for question in questions)
    return tuple(dict.fromkeys(checked))


def _checked(value: object, key: str, place: str, empty: bool = False) -> str:
    if not isinstance(value, str):
        kind = type(value).__name__
        raise CorpusError(f'{place}: "{key}" holds a {kind}, not text; put it in quotes')
    if not empty and not value.strip():
        raise CorpusError(f'{place}: "{key}" is empty; fill it or delete the line')
    if _HALF.search(value):
        raise CorpusError(f'{place}: "{key}" holds half a character (\\ud800 to \\udfff); mend it')
    return value
