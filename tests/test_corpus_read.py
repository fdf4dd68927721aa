"""Files and folders become documents; what can't be read ends in one line that says what to do."""

import json
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from corpus.document import Corpus, Document
from corpus.errors import CorpusError
from corpus.read import read_corpus, text_of

ENTRY = {"id": "e1", "questions": ["Where?", "In which town?"], "answer": "Milan.\n"}
PASSAGE = {"id": "p1", "title": "Towns", "text": "Milan.\n\nTurin.", "url": "https://example.org/t"}


def write(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def documents_of(path: Path) -> Sequence[Document]:
    return read_corpus([path]).documents


def lines(*objects: object) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def message(*paths: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        read_corpus(paths)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def true_spans(corpus: Corpus) -> bool:
    texts = [text_of(document) for document in corpus.documents]
    return all(
        texts[passage.document][passage.start : passage.end] == passage.text
        for passage in corpus.passages
    )


def test_a_folder_is_read_in_sorted_order_without_hidden_and_foreign_files(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.txt", "a/.hidden.md", ".git/c.md", "notes.pdf", "C.MD"):
        write(tmp_path, name, "words")
    assert [document.id for document in documents_of(tmp_path)] == ["C.MD", "a/z.txt", "b.md"]


def test_spans_are_true_to_the_file_whatever_its_line_ends(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.md",
        "\ufeff---\r\ntitle: T\r\n---\r\n# H\r\n\r\nOne\tü 👩‍🔧 e\u0301.\r\rTwo\0.",
    )
    write(tmp_path, "b.txt", "\ufeffOne.\r\n\r\nTwo\u2028more.")
    write(tmp_path, "c.jsonl", "\ufeff" + lines(ENTRY, PASSAGE).replace("\n", "\r\n"))
    write(tmp_path, "d.csv", '\ufeffQuestion,Answer\r\nWhy?," So, ""yes"".\r\n\r\nAlways. "\r\n')
    corpus = read_corpus([tmp_path])
    assert true_spans(corpus)
    for document in corpus.documents[:2]:
        with open(document.file, encoding="utf-8", newline="") as file:
            assert file.read() == document.text
    assert [passage.text for passage in corpus.passages][-1] == 'So, "yes".\r\n\r\nAlways.'


def test_a_file_is_named_as_the_owner_named_it_and_its_id_by_its_place_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "pages/en/a.md", "words")
    monkeypatch.chdir(tmp_path)
    for path, name in ((Path("pages"), "en/a.md"), (Path("pages/en/a.md"), "a.md")):
        (document,) = documents_of(path)
        assert (document.file, document.id) == (str(Path("pages/en/a.md")), name)


def test_equal_paths_below_two_folders_are_told_apart_by_the_folders_names(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{name}/a.md", name).parent for name in ("x", "y", "z/y")]
    ids = [document.id for document in read_corpus(paths).documents]
    assert ids == ["x/a.md", "y/a.md", "y/a.md-2"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    file = write(tmp_path, "a.md", "words")
    assert len(read_corpus([tmp_path, file, tmp_path]).documents) == 1


def test_front_matter_says_what_a_page_is_about(tmp_path: Path) -> None:
    facts = (
        "title: Our shop\nurl: https://example.org\nlang: no\nvalid_until: 2026-12-31\nreview_by:\n"
    )
    (page,) = documents_of(write(tmp_path, "a.md", f"---\n{facts}tags: [x]\n---\n# Hello\nHi."))
    assert (page.title, page.url, page.lang) == ("Our shop", "https://example.org", "no")
    assert (page.valid_until, page.review_by) == (date(2026, 12, 31), None)


def test_a_page_without_a_title_is_called_by_its_first_h1_or_its_file(tmp_path: Path) -> None:
    assert documents_of(write(tmp_path, "a.md", "## B\n# *C* d\n# E\nHi."))[0].title == "C d"
    assert documents_of(write(tmp_path, "our-shop_hours.md", "x"))[0].title == "our shop hours"


def test_jsonl_holds_entries_and_passages_under_their_own_ids(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path, "our-faq.jsonl", lines(ENTRY) + "\n" + lines(PASSAGE))])
    entry, passage = corpus.documents
    assert (entry.id, entry.field, entry.text, entry.line) == ("e1", "answer", "Milan.\n", 1)
    assert (entry.title, entry.questions) == ("our faq", ("Where?", "In which town?"))
    assert (passage.id, passage.field, passage.title, passage.line) == ("p1", "text", "Towns", 3)
    assert passage.url == "https://example.org/t"
    assert [each.source_id for each in corpus.passages] == ["e1", "p1", "p1"]
    assert true_spans(corpus)


def test_csv_holds_entries_with_alternatives_and_ids_made_of_their_questions(
    tmp_path: Path,
) -> None:
    rows = (
        "answer,question,alternatives,id,url\n"
        "Yes.,Is it open?,open?| opened | ,,\n,,,,\nNo.,Is it open?,,,\n"
        "So.,Why?,,w1,https://example.org\n"
    )
    first, second, third = documents_of(write(tmp_path, "faq.csv", rows))
    assert first.questions == ("Is it open?", "open?", "opened")
    assert [each.id for each in (first, second, third)] == ["is-it-open", "is-it-open-2", "w1"]
    assert (second.line, third.url) == (4, "https://example.org")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_of_other_countries_spreadsheets_is_read_too(tmp_path: Path, separator: str) -> None:
    rows = f"Question{separator} Answer\r\nWhy?{separator}So, there.\r\n"
    (entry,) = documents_of(write(tmp_path, "faq.csv", rows))
    assert (entry.questions, entry.text) == (("Why?",), "So, there.")


GOOD = json.dumps(PASSAGE) + "\n"
BAD: dict[str, tuple[str, str | bytes, str]] = {
    "not UTF-8": ("a.md", b"one\ntwo \xff", r"a\.md, line 2: byte 8 isn't UTF-8; save"),
    "broken JSON": ("a.jsonl", "\n" * 15 + GOOD + '{"id": ', r"line 17: broken JSON at column \d+"),
    "deep JSON": ("a.jsonl", "[" * 100_000, r"line 1: JSON that can't be read"),
    "huge number": ("a.jsonl", "9" * 5000, r"line 1: JSON that can't be read"),
    "a JSON list": ("a.jsonl", "[1]", r"line 1: no JSON object but '\[1\]'"),
    "unknown keys": ("a.jsonl", lines({"id": "a", "q": "b"}), "found id, q; name an entry's keys"),
    "a key of two lines": ("a.jsonl", lines({"a\nb": 1}), "found a b; name"),
    "no id": ("a.jsonl", lines({"text": "a", "title": "b"}), '"id" is missing'),
    "no title": ("a.jsonl", lines({"id": "a", "text": "b"}), '"title" is missing'),
    "no answer": ("a.jsonl", lines({"id": "a", "questions": ["b"]}), '"answer" is missing'),
    "no questions": ("a.jsonl", lines({"id": "a", "answer": "b"}), '"questions" isn\'t a list'),
    "id no text": ("a.jsonl", lines({**PASSAGE, "id": 7}), '"id" holds a int, not text'),
    "question no text": ("a.jsonl", lines({**ENTRY, "questions": [1]}), "holds a int"),
    "empty answer": ("a.jsonl", lines({**ENTRY, "answer": " "}), 'line 1: "answer" is empty'),
    "empty question": ("a.jsonl", lines({**ENTRY, "questions": [""]}), '"questions" is empty'),
    "half a character": ("a.jsonl", '{"id": "a\\ud800", "title": "", "text": "b"}', "half a char"),
    "link": ("a.jsonl", lines({**PASSAGE, "url": "javascript:x"}), 'line 1: the url "javascript'),
    "broken link": ("a.jsonl", lines({**PASSAGE, "url": "http://[x"}), "isn't a web address"),
    "twice": ("a.jsonl", GOOD * 2, r'line 2: the id "p1" is taken by .*a\.jsonl, line 1'),
    "no columns": ("a.csv", "Frage,Antwort\na,b\n", "line 1: no column question and answer, found"),
    "empty file": ("a.csv", "", "found nothing; begin the file with the line question,answer"),
    "a column twice": ("a.csv", "question,answer,answer\na,b,c\n", "a column twice"),
    "fields": ("a.csv", 'question,answer\n"a\nb",c\nd,e,f\n', "line 4: 3 fields where the first"),
    "open quote": ("a.csv", 'question,answer\na,"b\nc,d\n', "line 2: broken CSV"),
    "no question": ("a.csv", "question,answer\na,b\n ,d\n", "line 3: the question is empty"),
    "no csv answer": ("a.csv", "question,answer\na,\n", "line 2: the answer is empty"),
    "csv twice": ("a.csv", "question,answer,id\na,b,x\nc,d,x\n", 'line 3: the id "x" is taken'),
    "csv link": ("a.csv", "question,answer,url\na,b,ftp://x\n", "begin it with https://"),
    "front matter": ("a.md", "---\ntitle: a: b\n---\nx", r"a\.md, line 2: the front matter isn't"),
    "control": ("a.md", "---\ntitle: \x01\n---\nx", "line 1: the front matter isn't YAML"),
    "front list": ("a.md", "---\n# note\n- a\n---\nx", "the front matter isn't YAML"),
    "date": ("a.md", "---\nreview_by: soon\n---\nx", 'review_by "soon" isn\'t a date; write it as'),
    "title list": ("a.md", "---\ntitle: [a]\n---\nx", "title isn't one line of text"),
    "page link": ("a.md", "---\nurl: 'javascript:x'\n---\nx", "isn't a web address"),
    "nothing": ("a.md", "# Only a heading", "nothing to answer from; put .md, .txt, .jsonl, .csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_named_with_its_line_and_remedy(tmp_path: Path, case: str) -> None:
    name, text, wanted = BAD[case]
    file = write(tmp_path, name, text)
    with pytest.raises(CorpusError, match=wanted) as caught:
        read_corpus([tmp_path])
    assert str(file if case != "nothing" else tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value)


def test_paths_that_are_not_there_or_of_no_known_format_are_named(tmp_path: Path) -> None:
    assert message(tmp_path / "gone").endswith("gone: no such file or folder; check the path")
    assert "save it as one of .md" in message(write(tmp_path, "a.pdf", "x"))
    assert message().startswith("no path: nothing to answer from")
    (tmp_path / "broken.md").symlink_to(tmp_path / "gone")
    assert "broken.md: can't be read (No such file" in message(tmp_path)


@pytest.mark.parametrize("refused", ["read_bytes", "iterdir"])
def test_files_and_folders_without_permission_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    file = write(tmp_path, "b.md", "x")
    monkeypatch.setattr(Path, refused, refuse)
    place = file if refused == "read_bytes" else tmp_path
    assert message(tmp_path).startswith(f"{place}: can't be read (Permission denied); check its")


def test_an_id_given_in_two_files_names_both(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", GOOD)
    write(tmp_path, "b.jsonl", lines(ENTRY) + GOOD)
    assert "b.jsonl, line 2" in message(tmp_path)
    assert "a.jsonl, line 1; give each its own" in message(tmp_path)


def test_passage_ids_are_unique_even_where_an_id_looks_like_a_part(tmp_path: Path) -> None:
    other = {"id": "p1#text", "title": "T", "text": "Naples."}
    corpus = read_corpus([write(tmp_path, "a.jsonl", lines(other, PASSAGE))])
    assert len({passage.id for passage in corpus.passages}) == len(corpus.passages) == 3
    assert {passage.source_id for passage in corpus.passages} == {"p1#text", "p1"}


def test_text_of_reads_again_and_says_when_an_entry_is_gone(tmp_path: Path) -> None:
    file = write(tmp_path, "a.jsonl", lines(PASSAGE, ENTRY))
    rows = write(tmp_path, "b.csv", "question,answer\nWhy?,So.\n")
    _, entry, row = read_corpus([tmp_path]).documents
    write(tmp_path, "a.jsonl", lines(PASSAGE, {**ENTRY, "answer": "Rome."}))
    assert text_of(entry) == "Rome."
    write(tmp_path, "a.jsonl", GOOD)
    with pytest.raises(CorpusError, match=r"a\.jsonl, line 2: e1 is gone; index again"):
        text_of(entry)
    rows.write_text("question,answer\nHow?,So.\n")
    with pytest.raises(CorpusError, match=r"b\.csv, line 2: why is gone"):
        text_of(row)
    file.unlink()
    with pytest.raises(CorpusError, match="can't be read"):
        text_of(entry)


def test_the_version_follows_the_content_not_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("x/a.md", "y/z/a.md"):
        write(tmp_path, name, "---\ntitle: T\n---\n## FAQ\n### Why?\nSo.")
    here = read_corpus([tmp_path / "x"]).version
    monkeypatch.chdir(tmp_path / "y")
    assert read_corpus([Path("z")]).version == here
    changed = {here}
    for old, new in (
        ("title: T", "title: U"),
        ("Why?", "How?"),
        ("So.", "No."),
        ("T", "T\nlang: it"),
    ):
        write(tmp_path, "w/a.md", "---\ntitle: T\n---\n## FAQ\n### Why?\nSo.".replace(old, new, 1))
        changed.add(read_corpus([tmp_path / "w"]).version)
    assert len(changed) == 5


def test_ten_thousand_entries_are_read_in_seconds(tmp_path: Path) -> None:
    entries = ({**ENTRY, "id": str(number), "answer": "word " * 50} for number in range(10_000))
    file = write(tmp_path, "a.jsonl", lines(*entries))
    began = time.perf_counter()
    assert len(read_corpus([file]).passages) == 10_000
    assert time.perf_counter() - began < 10
