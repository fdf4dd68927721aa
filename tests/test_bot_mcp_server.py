"""The tool for assistants, used by the protocol's official client over stdio."""

import asyncio
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult
from scripted_bot import ANSWER, FAQ, ScriptedBot
from serving import ROOT
from test_bot_web_following import AWAY, VersionedBot

from bot.config import Settings
from bot.mcp_server import AWAY as NOT_NOW
from bot.mcp_server import require, server_of
from corpus.errors import PortelloError

SCRIPTED = """import sys; sys.path.insert(0, "tests")
from scripted_bot import ScriptedBot
import bot.cli, bot.site_commands
bot.site_commands.open_bot = lambda settings: ScriptedBot()
bot.cli.main(["mcp"])"""


def talk(arguments: list[str], *questions: dict[str, Any]) -> tuple[Any, list[CallToolResult]]:
    """Return the tools of a server in a process of its own, and its results."""

    async def run() -> tuple[Any, list[CallToolResult]]:
        environ = {name: value for name, value in os.environ.items() if value}
        server = StdioServerParameters(
            command=sys.executable, args=arguments, cwd=str(ROOT), env=environ
        )
        async with Client(server, read_timeout_seconds=60) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool("ask", question) for question in questions]

    return asyncio.run(run())


def test_an_assistant_finds_one_tool_and_gets_the_reply() -> None:
    question = {"question": "Where is Alfa Romeo made?"}
    (tool,), (result,) = talk(["-c", SCRIPTED], question)
    assert tool.name == "ask"
    assert "don't make one up" in tool.description
    assert set(tool.input_schema["properties"]) == {"question", "history"}
    assert tool.input_schema["required"] == ["question"]
    assert tool.annotations.read_only_hint
    reply = result.structured_content
    assert reply is not None
    assert (reply["outcome"], reply["answer"]) == ("answer", ANSWER)
    assert reply["source"]["id"] == FAQ.id
    assert json.loads(result.content[0].text) == reply  # type: ignore[union-attr]


def test_earlier_questions_and_strange_ones_are_taken() -> None:
    _, results = talk(
        ["-c", SCRIPTED],
        {"question": "history", "history": ["first", "second"]},
        {"question": "What is the capital of France?"},
        {"question": "fail"},
        {"question": 7},
        {"question": "hello"},
    )
    told, unknown, failed, wrong, hello = results
    assert told.structured_content is not None
    assert told.structured_content["answer"] == "first | second"
    assert unknown.structured_content is not None
    assert unknown.structured_content["outcome"] == "abstain"
    assert not unknown.is_error
    assert failed.is_error
    assert wrong.is_error
    assert not hello.is_error


def test_it_ends_with_0_when_the_assistant_goes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPTED], cwd=ROOT, input=b"", capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    with pytest.raises(PortelloError, match=r"run: pip install 'portello\[mcp\]'"):
        require()


def test_a_long_history_is_cut() -> None:
    bot = ScriptedBot()

    async def run() -> None:
        async with Client(server_of(bot, Settings())) as client:
            await client.call_tool(
                "ask", {"question": "hello", "history": [str(n) for n in range(50)]}
            )

    asyncio.run(run())
    assert bot.asked[-1] == ("hello", tuple(str(n) for n in range(30, 50)))


def test_it_keeps_up_with_milvus_and_says_when_it_cannot(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.following.POLL_SECONDS", 0.01)
    first, second = VersionedBot("one"), VersionedBot("two")

    async def run() -> None:
        async with Client(server_of(first, Settings(store="milvus"))) as client:

            async def asked() -> str:
                result = await client.call_tool("ask", {"question": "hello"})
                told = result.content[0].text  # type: ignore[union-attr]
                return told if result.is_error else json.loads(told)["corpus_version"]

            assert await asked() == "one"
            first.fails = AWAY
            assert await asked() == f"Error executing tool ask: {NOT_NOW}"
            first.fails, first.then = None, AWAY
            while await asked() == "one":
                await asyncio.sleep(0.01)
            assert await asked() == f"Error executing tool ask: {NOT_NOW}"
            first.then = second
            while await asked() != "two":
                await asyncio.sleep(0.01)
            assert second.asked[0][0] != "hello", "it was warm before the assistant got to it"
        second.then = VersionedBot("three")
        await asyncio.sleep(0.1)
        assert not second.then.asked, "nobody looks any more"
        told = capfd.readouterr().err
        assert told.splitlines() == [
            f"portello: {AWAY}; trying again every 0.01 seconds",
            "portello: the index can be searched again",
        ]

    asyncio.run(asyncio.wait_for(run(), 30))


def test_gradio_is_used_without_its_own_extra_which_wants_another_version() -> None:
    needs = importlib.metadata.requires("portello") or []
    assert [need for need in needs if need.startswith("gradio")] == ["gradio<7,>=6.31"]


@pytest.mark.model
def test_an_assistant_is_answered_from_the_shipped_article(tmp_path: Path) -> None:
    arguments = ["app.py", "mcp", "--index", str(tmp_path / "index")]
    _, (result,) = talk(arguments, {"question": "where is Alfa Romeo made"})
    assert result.structured_content is not None
    assert result.structured_content["answer"].endswith("in Turin and Naples.")
