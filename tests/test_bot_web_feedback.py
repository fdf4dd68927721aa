"""The file of visitors' thumbs."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.web.feedback import FeedbackFile, Rated

RATED = Rated("id", "source", "answer", helpful=True, comment="Zürich\n😀")


def test_adds_a_line_an_opinion_and_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "feedback.jsonl"
    file = FeedbackFile(path)
    file.append(RATED)
    file.append(RATED.rate(False, ""))
    first, second = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    assert (first["comment"], first["helpful"]) == ("Zürich\n😀", True)
    assert (second["comment"], second["helpful"]) == ("", False)
    assert first["time"].endswith("+00:00")


def test_never_takes_more_than_two_files_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    file = FeedbackFile(path, max_bytes=1000)
    for _ in range(100):
        file.append(RATED)
    assert {one.name for one in tmp_path.iterdir()} == {"feedback.jsonl", "feedback.jsonl.1"}
    assert all(one.stat().st_size < 1300 for one in tmp_path.iterdir())


def test_lines_of_several_threads_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    file = FeedbackFile(path)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: file.append(RATED), range(200)))
    lines = path.read_text("utf-8").splitlines()
    assert [json.loads(line)["reply_id"] for line in lines] == ["id"] * 200
