"""Guards of the house: layout, direction of imports, what is loaded when, and what README says."""

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import MISSING, fields
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bot import cli
from bot.config import Settings, load_settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
IGNORED = (ROOT / ".gitignore").read_text(encoding="utf-8").replace("/", "").split()
PACKAGES = ("bot", "corpus", "index")
MAY_IMPORT = {"corpus": set(), "index": {"corpus"}, "bot": {"corpus", "index"}}
HEAVY = ("torch", "sentence_transformers", "transformers", "gradio", "faiss")


def ignored(path: Path) -> bool:
    """Tell whether git leaves a path below the root alone."""
    return any(
        fnmatch(part, pattern) for part in path.relative_to(ROOT).parts for pattern in IGNORED
    )


def files(*folders: str) -> list[Path]:
    """Return all files in these folders that belong to the project."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*"))]
    return [path for path in found if path.is_file() and not ignored(path)]


def imported(file: Path) -> set[str]:
    """Return the top-level packages that a file imports, at any depth of its code."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.M | re.S)


def block_with(language: str, text: str) -> str:
    """Return the README's only code block that holds a text."""
    (found,) = (block for block in blocks(language) if text in block)
    return found


def test_the_top_level_is_as_it_was_laid_out():
    allowed = {*PACKAGES, "tests", "app.py", "pyproject.toml", "README.md", "LICENSE"}
    shown = {path.name for path in ROOT.iterdir() if path.name[0] != "." and not ignored(path)}
    assert shown <= allowed


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package):
    others = {*PACKAGES, "app", "tests"} - {package} - MAY_IMPORT[package]
    wrong = {
        str(file.relative_to(ROOT)): imported(file) & others
        for file in files(package)
        if file.suffix == ".py" and imported(file) & others
    }
    assert wrong == {}


def test_the_app_only_wires():
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 40
    assert imported(ROOT / "app.py") == {"bot"}


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package):
    code = f"import sys, {package}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_test_files_lie_flat_lest_a_folder_hides_a_package():
    assert not [name for name in PACKAGES if (ROOT / "tests" / name).exists()]


def test_every_package_and_every_file_in_it_is_installed():
    setuptools = PYPROJECT["tool"]["setuptools"]
    packages = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for file in files(*PACKAGES)
        if file.name == "__init__.py"
    }
    assert packages == set(setuptools["packages"])
    data = [file for file in files(*PACKAGES) if file.suffix != ".py"]
    patterns = setuptools["package-data"]
    left = [
        file
        for file in data
        if not any(
            fnmatch(file.name, pattern.rpartition("/")[2])
            for pattern in patterns.get(file.relative_to(ROOT).parts[0], ())
        )
    ]
    assert left == []


def test_nothing_speaks_of_the_machine_it_was_written_on():
    places = re.compile(r"/(home|Users|root)/\w" + (rf"|{ROOT}\b" if len(ROOT.parts) > 2 else ""))
    wrong = []
    for file in files(*PACKAGES, "tests", ".ci", ".github") + sorted(ROOT.glob("*.*")):
        text = file.read_bytes().decode("utf-8", "replace") if file.is_file() else ""
        if places.search(text):
            wrong.append(file.name)
    assert wrong == []


def test_the_readme_holds_the_two_commands_word_for_word():
    assert "pip install -e . && python app.py\n" in blocks("sh")
    assert 'pip install -e ".[test]" && pytest\n' in blocks("sh")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_stands_in_the_readme_as_in_the_code(setting):
    default = setting.metadata["shown"]
    if default is None:
        assert setting.default is not MISSING
        default = f"`{setting.default}`" if setting.default != "" else "none"
    assert f"| `{setting.name}` | {default} | {setting.metadata['doc']} |\n" in README


def test_every_command_and_option_stands_in_the_readme():
    for name, command in cli.app.commands.items():
        assert f"python app.py {name}" in README
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--"):
                    assert f"`{option}" in README or f" {option} " in README, option


def commands_of_the_readme() -> list[str]:
    lines = "".join(blocks("sh")).splitlines()
    return [line.split(" > ")[0] for line in lines if line.startswith("python app.py")]


@pytest.mark.parametrize("line", commands_of_the_readme())
def test_the_readmes_commands_are_right_usage(line):
    arguments = shlex.split(line)[2:]
    if arguments[0].startswith("-"):
        arguments.insert(0, "serve")
    command = cli.app.commands[arguments[0]]
    assert command.make_context(arguments[0], arguments[1:]).params


def test_the_readmes_settings_are_read(tmp_path):
    (tmp_path / "site.toml").write_text(block_with("toml", "Garage Rossi"), encoding="utf-8")
    settings = load_settings(tmp_path / "site.toml")
    assert settings.name == "Garage Rossi"
    assert settings.corpus == (tmp_path / "pages", tmp_path / "faq.csv")


def test_the_readmes_pages_are_read(tmp_path):
    from corpus.read import read_corpus

    (tmp_path / "page.md").write_text(block_with("markdown", "---"), encoding="utf-8")
    (tmp_path / "faq.csv").write_text(block_with("text", "question,answer"), encoding="utf-8")
    page = read_corpus([tmp_path / "page.md"])
    assert [p.questions for p in page.passages if p.kind == "entry"] == [("Do you change tyres?",)]
    assert page.documents[0].title == "Garage Rossi"
    (entry,) = read_corpus([tmp_path / "faq.csv"]).passages
    assert entry.source_id == "tyres"
    assert entry.questions == (
        "Do you change tyres?",
        "Can you fit winter tyres?",
        "Tyre change",
    )
    (tmp_path / "faq.jsonl").write_text(block_with("json", "questions"), encoding="utf-8")
    passages = read_corpus([tmp_path / "faq.jsonl"]).passages
    assert [(p.source_id, p.kind) for p in passages] == [
        ("tyres", "entry"),
        ("hours", "paragraph"),
    ]


def test_the_readmes_questions_are_read(tmp_path):
    from bot.evaluate import read_questions

    (tmp_path / "q.jsonl").write_text(block_with("json", "relevant"), encoding="utf-8")
    assert [case.relevant for case in read_questions(tmp_path / "q.jsonl")] == [("tyres",), ()]


def test_the_readme_shows_every_field_of_a_reply():
    from bot.reply import Reply, Source

    table = README.partition("### The reply")[2].partition("\n## ")[0]
    for value in (Reply, Source):
        for field in fields(value):
            assert f"`{field.name}`" in table, field.name


@pytest.mark.model
def test_the_readmes_python_runs(tmp_path):
    code = block_with("python", "Bot.open").replace(
        "overrides={", f"overrides={{'index': Path({json.dumps(str(tmp_path))}), "
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Turin and Naples" in done.stdout
