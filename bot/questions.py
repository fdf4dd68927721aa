"""Questions files for ``evaluate``: read, and checked line by line."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import PortelloError

NO_SPLIT = "(no split)"


class QuestionsError(PortelloError):
    """A questions file that can't be used: names file, line (where there is one) and remedy."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what is known to be right.

    Attributes
    ----------
    relevant
        Source ids of all that truly answer it; empty where it is out of scope.
    answers
        Strings of which a right passage holds at least one; empty where not given.
    history
        The visitor's earlier questions, oldest first.
    """

    id: str
    question: str
    relevant: tuple[str, ...]
    split: str = NO_SPLIT
    answers: tuple[str, ...] = ()
    history: tuple[str, ...] = ()


def read_questions(path: Path, known: Collection[str] | None = None) -> tuple[Case, ...]:
    """Return the cases of a JSONL file, in its order; keys that mean nothing here are skipped.

    Parameters
    ----------
    known
        Source ids of the corpus, to find relevant ids that it doesn't have; None: not checked.

    Raises
    ------
    QuestionsError
        The file can't be read, holds no question, or a line of it won't do.
    """
    cases: dict[str, Case] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        case = _case(line, where)
        if case.id in cases:
            raise QuestionsError(f"{where}: id {case.id!r} is used twice; give each its own id")
        if known is not None:
            _check_relevant(case, known, where)
        cases[case.id] = case
    if not cases:
        raise QuestionsError(f"{path}: no questions found; write one JSON object a line")
    return tuple(cases.values())


def _lines(path: Path) -> list[str]:
    try:
        # Split at line feeds alone: a question may hold U+2028 and the like unescaped.
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise QuestionsError(
            f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"
        ) from error
    except OSError as error:
        raise QuestionsError(
            f"{path}: can't be read ({error.strerror}); give a JSONL file of questions"
        ) from error


def _case(line: str, where: str) -> Case:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionsError(f"{where}: not JSON ({error}); write one object a line") from error
    if not isinstance(found, dict):
        raise QuestionsError(f"{where}: expected a JSON object, found {_shown(found)}")
    for key in ("id", "question", "relevant"):
        if key not in found:
            raise QuestionsError(
                f"{where}: {key!r} is missing; a line needs id, question, relevant"
            )
    return Case(
        id=_text(found, "id", where),
        question=_text(found, "question", where),
        relevant=_texts(found, "relevant", where),
        split=_text(found, "split", where) if found.get("split") is not None else NO_SPLIT,
        answers=_texts(found, "answers", where),
        history=_texts(found, "history", where),
    )


def _text(found: Mapping[str, Any], key: str, where: str) -> str:
    value = found[key]
    if not isinstance(value, str) or not value.strip():
        raise QuestionsError(f"{where}: {key!r} must be a text, found {_shown(value)}")
    return value


def _texts(found: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = found.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise QuestionsError(f"{where}: {key!r} must be a list of texts, found {_shown(value)}")
    return tuple(dict.fromkeys(value)) if key == "relevant" else tuple(value)


def _check_relevant(case: Case, known: Collection[str], where: str) -> None:
    for source in case.relevant:
        if source not in known:
            raise QuestionsError(
                f"{where}: relevant id {source!r} is not in the corpus; mend the id,"
                " or evaluate with the corpus that the questions were written for"
            )


def _shown(value: object) -> str:
    return f"{value!r:.60}"
