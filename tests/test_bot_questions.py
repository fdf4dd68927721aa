"""Questions files: read as in the contract, refused with file, line and remedy."""

import json
from pathlib import Path

import pytest

from bot.questions import NO_SPLIT, Case, QuestionsError, read_questions

GOOD = '{"id": "q1", "question": "Where?", "relevant": ["a", "a", "b"]}\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "questions.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_every_key_of_the_contract_and_skips_others(tmp_path: Path) -> None:
    line = {
        "id": "q2",
        "question": "and there?",
        "relevant": [],
        "split": "followup",
        "answers": ["here"],
        "history": ["where?"],
        "about": "x",
    }
    path = write(tmp_path, GOOD + "\n" + json.dumps(line))
    assert read_questions(path) == (
        Case("q1", "Where?", ("a", "b"), NO_SPLIT),
        Case("q2", "and there?", (), "followup", ("here",), ("where?",)),
    )


def test_a_byte_order_mark_and_a_line_separator_within_a_text_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeff{"id": "q", "question": "a\u2028b", "relevant": []}\r\n')
    assert read_questions(path)[0].question == "a\u2028b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + '{"id": "q2", "question"', r"questions\.jsonl, line 2: not JSON .* one object"),
        ("[" * 100_000, "line 1: not JSON"),
        ("[1]", r"line 1: expected a JSON object, found \[1\]"),
        ('{"question": "x", "relevant": []}', "line 1: 'id' is missing"),
        ('{"id": "q", "relevant": []}', "line 1: 'question' is missing"),
        ('{"id": "q", "question": "x"}', "line 1: 'relevant' is missing"),
        ('{"id": "q", "question": 7, "relevant": []}', "'question' must be a text, found 7"),
        ('{"id": "q", "question": "x", "relevant": "a"}', "'relevant' must be a list of texts"),
        ('{"id": "q", "question": "x", "relevant": [1]}', "'relevant' must be a list of texts"),
        ('{"id": "q", "question": "x", "relevant": [], "split": 1}', "'split' must be a text"),
        ('{"id": "q", "question": "x", "relevant": [], "history": "y"}', "'history' must be"),
        (GOOD + "\n" + GOOD, "line 3: id 'q1' is used twice"),
        ("\n\n", "no questions found"),
    ],
)
def test_a_line_that_will_not_do_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(QuestionsError, match=said) as raised:
        read_questions(write(tmp_path, text))
    assert "\n" not in str(raised.value)


def test_a_relevant_id_that_the_corpus_does_not_have_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert len(read_questions(path, known={"a", "b"})) == 1
    with pytest.raises(QuestionsError, match="line 1: relevant id 'b' is not in the corpus"):
        read_questions(path, known={"a"})


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionsError, match="can't be read"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(QuestionsError, match="can't be read"):
        read_questions(tmp_path)
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(QuestionsError, match="not UTF-8 at byte 8"):
        read_questions(path)
