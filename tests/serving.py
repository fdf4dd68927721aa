"""A server of ours in a process of its own, for tests that need a real one."""

import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
SCRIPTED = str(ROOT / "tests" / "serve_scripted.py")
"""Serves a scripted bot: ``SCRIPTED, feedback file, allowed origins...``."""
UNLIMITED = {
    f"PORTELLO_{name}": "100000"
    for name in ("QUESTIONS_PER_MINUTE", "QUESTIONS_AT_ONCE", "TOTAL_PER_MINUTE")
}
"""For tests that ask much from one address."""
_PAGE_SECONDS = 60
_ADDRESS = re.compile(r" is at (http://\S+)")


@dataclass(frozen=True)
class Served:
    """A running server: its address with a slash at the end, its process, what it wrote."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@contextlib.contextmanager
def serving(
    *command: str,
    environ: Mapping[str, str] | None = None,
    ready_seconds: float = 120,
    page: bool = False,
) -> Iterator[Served]:
    """Run a Python command that serves, wait until it is ready, and end it with SIGTERM.

    ``page`` is for tests of the chat page, which is loaded when it is first asked for.

    Raises
    ------
    RuntimeError
        It ended, or wasn't ready in time, or didn't exit with 0; holds what it wrote.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=environ, stdout=out, stderr=out
            )
        try:
            url = _address(process, log, ready_seconds)
            if page:
                httpx.get(url, timeout=_PAGE_SECONDS).raise_for_status()
            yield Served(url, process, log)
        except BaseException:
            process.kill()
            process.wait()
            raise
        process.terminate()
        if process.wait(15) != 0:
            raise RuntimeError(f"exit code {process.returncode}: {log.read_text()}")


def _address(process: subprocess.Popen[bytes], log: Path, seconds: float) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        found = _ADDRESS.search(log.read_text())
        if found:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(found[1] + "readyz").status_code == 200:
                    return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"not ready: {log.read_text()}")
