"""Questions of a batch file, all checked before the first is answered."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from corpus.errors import PortelloError


class BatchError(PortelloError):
    """A line of a batch that isn't a question: names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """A question with the visitor's earlier ones, oldest first."""

    question: str
    history: tuple[str, ...] = ()


def read_batch(name: str, lines: Iterable[bytes]) -> list[BatchQuestion]:
    """Return the questions of JSON lines ``{"question": str, "history"?: [str]}``, in order.

    Blank lines are skipped and further keys ignored, so that a file of ``evaluate`` will do.

    Raises
    ------
    BatchError
        A line is no such object; none has been answered then.
    """
    return list(_questions(name, lines))


def _questions(name: str, lines: Iterable[bytes]) -> Iterator[BatchQuestion]:
    for number, line in enumerate(lines, start=1):
        where = f"{name}, line {number}"
        try:
            # Some editors put a byte order mark before the first line.
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                yield _question(json.loads(text), where)
        except UnicodeDecodeError as error:
            raise BatchError(f"{where}: not UTF-8; save the file as UTF-8") from error
        except (ValueError, RecursionError) as error:
            raise BatchError(f"{where}: not JSON: {error}; mend the line") from error


def _question(value: object, where: str) -> BatchQuestion:
    if not isinstance(value, dict) or not isinstance(value.get("question"), str):
        raise BatchError(f'{where}: expected {{"question": "a text", ...}}, found {value!r:.100}')
    history = value.get("history") or []
    if not isinstance(history, list) or not all(isinstance(one, str) for one in history):
        raise BatchError(f'{where}: expected "history" as a list of texts, found {history!r:.100}')
    return BatchQuestion(value["question"], tuple(history))
