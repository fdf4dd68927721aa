from pathlib import Path

import pytest

from corpus import files
from corpus.errors import CorpusError
from corpus.readers.common import Ids
from corpus.readers.places import line_at
from corpus.readers.spreadsheet import read_row, read_spreadsheet


@pytest.fixture(params=[-1, 10**18], ids=["kept", "new"])
def file(tmp_path, request, monkeypatch):
    """Return the path of a file whose stamp is trusted, or isn't."""
    monkeypatch.setattr(files, "_SETTLED", request.param)
    return tmp_path / "faq.jsonl"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("", []),
        ("one", ["one"]),
        ("one\n", ["one"]),
        ("\ufeffone\r\n\ntwö\rthree\u2028still\n\r\nlast", None),
    ],
)
def test_each_line_is_what_the_whole_text_has_there(file, content, lines):
    file.write_bytes(content.encode())
    lines = lines or ["one", "", "twö", "three\u2028still", "", "last"] * bool(content)
    assert [line_at(file, number + 1) for number in range(len(lines))] == lines
    assert line_at(file, len(lines) + 1) == line_at(file, len(lines) + 9) == ""


def test_a_file_that_has_changed_is_looked_through_again(file):
    file.write_text("one\ntwo\n", encoding="utf-8")
    assert line_at(file, 2) == "two"
    file.write_text("zero\none\ntwo\n", encoding="utf-8")
    assert line_at(file, 2) == "one"


def test_a_file_left_alone_is_looked_through_once(file, monkeypatch):
    file.write_text("one\ntwo\n", encoding="utf-8")
    times, opening = [], Path.open

    def watched(path, mode):
        times.append(path)
        return opening(path, mode)

    monkeypatch.setattr(Path, "open", watched)
    assert (line_at(file, 1), line_at(file, 2)) == ("one", "two")
    assert len(times) == (3 if files._SETTLED < 0 else 4)


def test_what_cannot_be_read_is_named(file):
    with pytest.raises(CorpusError, match="can't be read"):
        line_at(file, 1)
    file.write_bytes(b"fine\n\xff\n")
    with pytest.raises(CorpusError, match=r"faq\.jsonl, line 2: byte 5 isn't UTF-8"):
        line_at(file, 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_each_row_is_what_the_whole_file_has_there(file, end, separator):
    rows = [
        ("\ufeffid", "question", "answer"),
        ("a", "When?", f'"Now,{end}{end}or ""soon""; then."'),
        ("", "", ""),
        ("b", f'"How{end}so?"', "So."),
        ("c", "Whö?", "Me\u2028and you."),
    ]
    text = end.join(separator.join(row) for row in rows)
    file.write_text(text, encoding="utf-8", newline="")
    entries = list(read_spreadsheet(file, text, Ids()))
    assert len(entries) == 3
    by_line = {entry.line: entry for entry in entries}
    assert [read_row(file, line) for line in range(12)] == [by_line.get(n) for n in range(12)]


def test_no_row_of_a_broken_file_is_given(file):
    file.write_text("question,answer\nWhen?,Now.\n", encoding="utf-8")
    assert read_row(file, 2).text == "Now."
    file.write_text('question,answer\nWhen?,Now.\nWhere?,"', encoding="utf-8")
    with pytest.raises(CorpusError, match="broken CSV"):
        read_row(file, 2)
