"""Visitors' thumbs as lines of a file that can't grow without end and never holds a question."""

import json
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.reply import Outcome

MAX_BYTES = 10_000_000
"""A file of this size is set aside as ``NAME.1``, in place of the one set aside before."""


@dataclass(frozen=True, slots=True)
class Rated:
    """A reply that was given, by its ids alone, and what the visitor thought of it, if anything."""

    reply_id: str
    source: str | None
    outcome: Outcome
    helpful: bool | None = None
    comment: str = ""

    def rate(self, helpful: bool, comment: str) -> "Rated":
        """Return the same reply with this opinion."""
        return replace(self, helpful=helpful, comment=comment)


class FeedbackFile:
    """A JSONL file of opinions; safe to use from several threads."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def append(self, rated: Rated) -> None:
        """Add one line; OSError if the file can't be written."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps({"time": time, **asdict(rated)}, ensure_ascii=False)
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size >= self._max_bytes:
                self._path.replace(f"{self._path}.1")
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
