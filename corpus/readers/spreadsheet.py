"""``.csv``: an FAQ entry a row."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.document import Document
from corpus.errors import CorpusError
from corpus.lines import BOM
from corpus.readers.common import Ids, check_url, name_title, read_text
from corpus.readers.places import lines_from, remembered
from corpus.slug import slug

_NEEDED = ("question", "answer")


def read_spreadsheet(file: Path, text: str, ids: Ids) -> Iterator[Document]:
    """Yield the file's entries, one document each.

    Columns ``question, answer``, optional ``id, alternatives, url``, parted by commas, or by the
    semicolons or tabs that spreadsheets write in some countries.
    """
    text = text.removeprefix(BOM)
    rows = _rows(file, io.StringIO(text, newline=""), _separator(text))
    _, names = next(rows, (1, []))
    header = _header(file, names)
    for line, cells in rows:
        place = f"{file}, line {line}"
        if len(cells) != len(header):
            raise CorpusError(
                f"{place}: {len(cells)} fields where the first line has {len(header)}; "
                "put quotes around a field that holds a separator"
            )
        yield _document(file, dict(zip(header, cells, strict=True)), line, ids)


def read_row(file: Path, number: int) -> Document | None:
    """Return the entry whose row begins at a line, from 1; None where none does.

    Where rows begin is found out once for as long as the file stays as it is.

    Raises
    ------
    CorpusError
        The file can't be read or isn't what it should be.
    """
    if number not in remembered(file, _row_lines):
        return None
    separator = _separator(next(lines_from(file, 1), ""))
    _, names = next(_rows(file, lines_from(file, 1), separator), (1, []))
    _, cells = next(_rows(file, lines_from(file, number), separator), (1, []))
    header = _header(file, names)
    if len(cells) != len(header):  # the file has changed meanwhile
        return None
    return _document(file, dict(zip(header, cells, strict=True)), number, Ids())


def _row_lines(file: Path) -> NDArray[np.int64]:
    found = (entry.line or 0 for entry in read_spreadsheet(file, read_text(file), Ids()))
    return np.fromiter(found, dtype=np.int64)


def _document(file: Path, row: dict[str, str], line: int, ids: Ids) -> Document:
    place = f"{file}, line {line}"
    for column in _NEEDED:
        if not row[column].strip():
            raise CorpusError(f"{place}: the {column} is empty; fill it or delete the row")
    question = row["question"].strip()
    given = row.get("id", "").strip()
    others = (other.strip() for other in row.get("alternatives", "").split("|"))
    return Document(
        id=ids.claim(given, place) if given else ids.derive(slug(question), place),
        file=str(file),
        text=row["answer"],
        title=name_title(file),
        field="answer",
        questions=tuple(dict.fromkeys([question, *filter(None, others)])),
        url=check_url(row.get("url"), place),
        line=line,
    )


def _rows(file: Path, lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that isn't blank with the number of its first line."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise CorpusError(
            f"{file}, line {line}: broken CSV ({error}); close every quote, double those inside"
        ) from error


def _separator(text: str) -> str:
    """Return what parts the column names in the first line."""
    first = io.StringIO(text, newline="").readline()
    return max(",;\t", key=first.count)


def _header(file: Path, names: list[str]) -> list[str]:
    header = [name.strip().casefold() for name in names]
    missing = [column for column in _NEEDED if column not in header]
    if missing or len(set(header)) < len(header):
        wrong = f"no column {' and '.join(missing)}" if missing else "a column twice"
        raise CorpusError(
            f"{file}, line 1: {wrong}, found {', '.join(names) or 'nothing'}; "
            "begin the file with the line question,answer"
        )
    return header
