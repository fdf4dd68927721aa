"""``.md``: one document, with what its front matter says of it."""

from datetime import date
from pathlib import Path

import yaml

from corpus.blocks import markdown_blocks
from corpus.document import Document
from corpus.errors import CorpusError
from corpus.front_matter import front_matter
from corpus.readers.common import check_url, name_title


def read_markdown(file: Path, text: str, name: str) -> Document:
    """Return the file as the document ``name``, titled by front matter, first H1 or file name."""
    facts = _facts(file, front_matter(text))
    return Document(
        id=name,
        file=str(file),
        text=text,
        title=facts.get("title") or _first_heading(text) or name_title(file),
        format="markdown",
        url=check_url(facts.get("url"), str(file)),
        lang=facts.get("lang"),
        valid_until=_date(file, facts, "valid_until"),
        review_by=_date(file, facts, "review_by"),
    )


def _first_heading(text: str) -> str | None:
    headings = (block.heading for block in markdown_blocks(text) if block.level == 1)
    return next(headings, None)


def _facts(file: Path, written: str) -> dict[str, str]:
    """Return the front matter's keys and values, empty values left out."""
    try:
        # Every value as the text it is: "lang: no" is Norwegian, not false.
        found = yaml.load(written, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise _unreadable(f"{file}, line {line}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(f"{file}, line 1") from error
    if not isinstance(found or {}, dict):
        raise _unreadable(f"{file}, line 1")
    facts = {key: value for key, value in (found or {}).items() if value and isinstance(key, str)}
    for key in ("title", "url", "lang", "valid_until", "review_by"):
        if not isinstance(facts.get(key, ""), str):
            raise CorpusError(f"{file}: {key} isn't one line of text; make it so")
    return facts


def _unreadable(place: str) -> CorpusError:
    return CorpusError(
        f'{place}: the front matter isn\'t YAML; write "key: value" lines between the two ---, '
        "values that hold a colon in quotes"
    )


def _date(file: Path, facts: dict[str, str], key: str) -> date | None:
    if key not in facts:
        return None
    try:
        return date.fromisoformat(facts[key].strip())
    except ValueError as error:
        raise CorpusError(
            f'{file}: {key} "{facts[key]}" isn\'t a date; write it as 2026-12-31'
        ) from error
