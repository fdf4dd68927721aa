import json
import os
from dataclasses import replace

import pytest

from bot import proof as proof_module
from bot.citing import cite
from bot.proof import Proof, PublishedProof
from corpus import files
from corpus.read import read_corpus

PAGE = (
    "# Guide\n\nThe Giulia is made in Cassino. So is the Stelvio.\n\nThe 4C was made in Modena.\n"
)
LINES = [
    {"id": "one", "questions": ["Where is it made?"], "answer": "In Cassino."},
    {"id": "two", "questions": ["Who makes it?"], "answer": "Alfa Romeo."},
    {"id": "three", "title": "Plants", "text": "One is in Turin."},
]


@pytest.fixture
def page(tmp_path):
    file = tmp_path / "guide.md"
    file.write_text(PAGE, encoding="utf-8", newline="")
    return file


@pytest.fixture
def entries(tmp_path):
    file = tmp_path / "faq.jsonl"
    write_lines(file, LINES)
    return file


@pytest.fixture
def rows(tmp_path):
    file = tmp_path / "faq.csv"
    table = (
        'question,answer\nWhere is it made?,"In Cassino,\nItaly."\n\nWho makes it?,Alfa Romeo.\n'
    )
    file.write_text(table, encoding="utf-8")
    return file


def write_lines(file, lines):
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def claims(file):
    """Return what is claimed of a file: each passage with its document."""
    corpus = read_corpus([file])
    return [(corpus.documents[passage.document], passage) for passage in corpus.passages]


def held(proof, claimed):
    return [proof.holds(*claim) for claim in claimed]


def test_what_was_read_holds(page, entries, rows):
    proof = Proof()
    for file in (page, entries, rows):
        assert len(claims(file)) >= 2
        assert all(held(proof, claims(file)))


def test_a_changed_letter_is_noticed_and_its_restoration_too(page):
    claimed, proof = claims(page), Proof()
    assert held(proof, claimed) == [True, True]
    page.write_text(PAGE.replace("Modena", "Modema"), encoding="utf-8", newline="")
    assert held(proof, claimed) == [True, False]
    page.write_text(PAGE, encoding="utf-8", newline="")
    assert held(proof, claimed) == [True, True]


def test_many_quick_changes_of_one_size_are_all_noticed(page):
    claimed, proof = claims(page), Proof()
    for turn in range(30):
        wrong = turn % 2 == 1
        text = PAGE.replace("Cassino", "Cassina") if wrong else PAGE
        page.write_text(text, encoding="utf-8", newline="")
        assert proof.holds(*claimed[0]) is not wrong


def test_a_file_put_in_its_place_with_the_same_size_and_time_is_noticed(
    page, tmp_path, monkeypatch
):
    monkeypatch.setattr(files, "_SETTLED", -1)
    claimed, proof = claims(page), Proof()
    assert all(held(proof, claimed))
    other = tmp_path / "other.txt"
    other.write_text(PAGE.replace("Cassino", "Cassina"), encoding="utf-8", newline="")
    found = page.stat()
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(page)
    assert proof.holds(*claimed[0]) is False


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:20]),
        lambda file: file.write_bytes(b"\xff" + file.read_bytes()),
        lambda file: file.write_bytes(b"one more line\n" + file.read_bytes()),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["deleted", "emptied", "truncated", "not UTF-8", "moved down", "a folder instead"],
)
@pytest.mark.parametrize("name", ["page", "entries", "rows"])
def test_a_damaged_file_proves_nothing(damage, name, request):
    file = request.getfixturevalue(name)
    claimed, proof = claims(file), Proof()
    assert all(held(proof, claimed))
    before = file.read_bytes()
    damage(file)
    assert not any(held(proof, claimed))
    if file.is_dir():
        file.rmdir()
    file.write_bytes(before)
    assert all(held(proof, claimed))


def test_line_breaks_of_another_kind_move_what_comes_after_them(page):
    claimed, proof = claims(page), Proof()
    page.write_bytes(PAGE.replace("\n", "\r\n").encode())
    assert not any(held(proof, claimed))


def test_an_entry_that_moved_to_another_line_is_not_where_it_was(entries):
    claimed, proof = claims(entries), Proof()
    write_lines(entries, [LINES[1], LINES[0], LINES[2]])
    assert held(proof, claimed) == [False, False, True]
    write_lines(entries, [*LINES, {"id": "four", "text": "Another."}])
    assert held(proof, claimed) == [True, True, True]


def test_an_entry_under_another_question_is_another_entry(entries):
    claimed, proof = claims(entries), Proof()
    write_lines(entries, [{**LINES[0], "questions": ["Where was it made?"]}, *LINES[1:]])
    assert held(proof, claimed) == [False, True, True]


def test_text_around_a_passage_is_proved_with_it(page):
    document, passage = claims(page)[0]
    around = replace(passage, context=(0, len(PAGE)))
    proof = Proof()
    assert proof.holds(document, around)
    page.write_text(PAGE.replace("Modena", "Modema"), encoding="utf-8", newline="")
    assert proof.holds(document, passage)
    assert not proof.holds(document, around)


def test_a_file_left_alone_is_read_once(page, monkeypatch):
    readings = []
    monkeypatch.setattr(files, "_SETTLED", -1)

    def text_of(document):
        readings.append(document.id)
        return PAGE

    monkeypatch.setattr(proof_module, "text_of", text_of)
    proof, claimed = Proof(), claims(page)
    for _ in range(5):
        assert all(held(proof, claimed))
    assert len(readings) == 1


def test_what_was_read_of_many_is_not_kept_for_ever(entries, monkeypatch):
    monkeypatch.setattr(files, "_SETTLED", -1)
    monkeypatch.setattr(proof_module, "_KEPT", 2)
    proof, claimed = Proof(), claims(entries)
    for _ in range(3):
        assert held(proof, claimed) == [True, True, True]
        assert len(proof._read) <= 2


def test_a_published_passage_is_compared_with_the_published_document(page):
    proof, ((document, passage), *_) = PublishedProof(), claims(page)
    page.unlink()
    assert proof.holds(document, passage)
    assert not proof.holds(replace(document, text=document.text[1:]), passage)
    assert not proof.holds(document, replace(passage, start=passage.start + 1))
    assert not proof.holds(document, replace(passage, context=(0, len(document.text) + 1)))


def test_a_claim_that_holds_is_cited_by_offsets_into_its_file(page, entries):
    for file in (page, entries):
        for document, passage in claims(file):
            cited = cite(document, passage, (passage.start + 1, passage.end - 1), 0.75)
            source = cited.source
            start, end = source.highlight
            assert source.snippet[start:end] == cited.answer == passage.text[1:-1]
            assert source.snippet == document.text[source.start : source.end]
            assert (source.id, source.field) == (passage.source_id, document.field)
            assert (source.file, cited.confidence) == (str(file), 0.75)
            if document.field is None:
                text = file.read_bytes().decode()
                assert text[source.start : source.end] == source.snippet


def test_an_entry_is_cited_with_its_main_question_and_a_passage_with_none(entries):
    cited = [cite(each, p, (p.start, p.end), 1.0).question for each, p in claims(entries)]
    assert cited == ["Where is it made?", "Who makes it?", None]
