"""A batch is checked whole before the first question is answered."""

import pytest

from bot.batch import BatchError, BatchQuestion, read_batch


def test_questions_keep_their_order_and_history():
    lines = [
        b'{"question": "a"}\n',
        b"\n",
        '{"question": "Citroën?", "history": ["b", "c"], "id": 1}\r\n'.encode(),
        b'{"question": "", "history": null}',
    ]
    assert read_batch("q.jsonl", lines) == [
        BatchQuestion("a"),
        BatchQuestion("Citroën?", ("b", "c")),
        BatchQuestion(""),
    ]


def test_a_byte_order_mark_does_no_harm():
    assert read_batch("q.jsonl", ['\ufeff{"question": "a"}'.encode()]) == [BatchQuestion("a")]


def test_no_lines_are_no_questions():
    assert read_batch("q.jsonl", []) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"question": "a"', r"q\.jsonl, line 2: not JSON: .*; mend the line"),
        (b"[" * 200_000, r"q\.jsonl, line 2: not JSON"),
        (b'{"question": "\xe9"}', r"line 2: not UTF-8; save the file as UTF-8"),
        (b'"a"', r"""line 2: expected \{"question": "a text", \.\.\.\}, found 'a'"""),
        (b'{"question": 3}', r"line 2: expected .*, found \{'question': 3\}"),
        (b'{"history": []}', r'line 2: expected \{"question"'),
        (b'{"question": "a", "history": "b"}', r"line 2: expected \"history\" as a list of texts"),
        (b'{"question": "a", "history": [1]}', r"line 2: expected \"history\" as a list of texts"),
    ],
)
def test_a_line_that_is_no_question_is_named_in_one_line(line, message):
    with pytest.raises(BatchError, match=message) as caught:
        read_batch("q.jsonl", [b'{"question": "a"}', line])
    assert "\n" not in str(caught.value)
