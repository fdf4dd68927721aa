"""The README's calls over HTTP, run word for word against a server."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from scripted_bot import ANSWER, STARTERS, TITLE
from serving import SCRIPTED, Served, serving
from test_project import block_with

ADDRESS = "http://127.0.0.1:7860/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(SCRIPTED, str(tmp_path_factory.mktemp("readme") / "feedback.jsonl")) as served:
        yield served


def run(command: list[str], served: Served) -> str:
    environ = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Error" not in served.log.read_text()
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="curl isn't installed")
def test_the_curl_calls_give_what_the_readme_says(served: Served) -> None:
    commands = re.sub(r"\\\n *", "", block_with("sh", "curl")).splitlines()
    asked, suggested, rated = (
        json.loads(run(["sh", "-c", f"{line.replace(ADDRESS, served.url)} -s"], served))
        for line in commands
    )
    assert asked["answer"] == ANSWER
    assert suggested["suggestions"] == list(STARTERS)
    assert rated["error_type"] == "unknown_reply"
    with_id = commands[2].replace("from the reply", asked["reply_id"])
    line = f"{with_id.replace(ADDRESS, served.url)} -s"
    assert json.loads(run(["sh", "-c", line], served)) == {"recorded": True}


def test_gradios_client_gets_the_same_reply(served: Served) -> None:
    code = block_with("python", "gradio_client").replace(ADDRESS, served.url)
    assert run([sys.executable, "-c", code], served).splitlines()[-1] == f"{ANSWER} {TITLE}"


def test_gradios_client_is_told_why_it_is_refused(served: Served) -> None:
    code = block_with("python", "gradio_client").replace(ADDRESS, served.url)
    code = code.replace('"Where is Alfa Romeo made?"', '""')
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"},
    )  # fmt: skip
    assert "The question is empty." in done.stderr
