"""Measures answers a second of a running server, for more and more visitors. Run by hand (Linux).

    python tests/bench_serve.py [--seconds 5] [--corpus PATH --questions FILE.jsonl]

One table. Each visitor asks the article's questions, or those given, over HTTP, one after the
other, on a connection of their own. "new": every question is another (two small words are added),
so that nothing comes from memory; "again": a hundred questions that were all asked before;
"refused" are those turned away because 64 were being answered. "processor ms" is what an answer
takes of the server's cores together, which depends less on what else the machine does. The last row
is what the server holds once the chat page has been opened; the line below, what a start takes
until ``/healthz`` answers and until ``/readyz`` says so, on an index that is built.
"""

import argparse
import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
from bench_tools import ARTICLE, ARTICLE_QUESTIONS, questions_in, resident_mb, table
from serving import ROOT, UNLIMITED, Served, serving

_HEAD = (
    b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n"
)
_SMALL_WORDS = (
    "now today please then really actually again here there also still ever maybe exactly"
).split()
_VISITORS = (1, 8, 32, 128)


@dataclass
class Load:
    """What visitors met: seconds of each answer, and how many were refused."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0


async def visit(port: int, questions: Iterator[str], until: float, load: Load) -> None:
    """Ask until the time is over; a bare client, which leaves the cores to the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        body = json.dumps({"question": next(questions)}).encode()
        began = time.perf_counter()
        writer.write(_HEAD % len(body) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length is not None
        await reader.readexactly(int(length[1]))
        if b" 503 " in head.partition(b"\r\n")[0]:  # More wait than may.
            load.refused += 1
            await asyncio.sleep(0.05)
            continue
        assert b" 200 " in head.partition(b"\r\n")[0], head
        load.seconds.append(time.perf_counter() - began)
    writer.close()


async def visits(port: int, questions: Iterator[str], visitors: int, seconds: float) -> Load:
    """Return what so many visitors at a time meet."""
    load, until = Load(), time.perf_counter() + seconds
    await asyncio.gather(*(visit(port, questions, until, load) for _ in range(visitors)))
    return load


def never_asked(questions: Sequence[str]) -> Iterator[str]:
    """Yield questions each of which is another, by two small words at the end."""
    for first, second in itertools.product(_SMALL_WORDS, repeat=2):
        for question in questions:
            yield f"{question.rstrip(' ?')} {first} {second}?"


def busy_seconds(process: int) -> float:
    """Return the processors' seconds that a process has had (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(server: Served, asked: Sequence[str], seconds: float) -> Iterator[list[object]]:
    """Yield a row for each kind of questions and number of visitors."""
    port, process = int(server.url.rstrip("/").rpartition(":")[2]), server.process.pid
    for name, questions in (("new", never_asked(asked)), ("again", itertools.cycle(asked[:100]))):
        if name == "again":
            asyncio.run(visits(port, questions, 1, 3 * seconds))
        for visitors in _VISITORS:
            began = busy_seconds(process)
            load = asyncio.run(visits(port, questions, visitors, seconds))
            busy = 1e3 * (busy_seconds(process) - began) / len(load.seconds)
            times = [f"{1e3 * np.quantile(load.seconds, share):.1f}" for share in (0.5, 0.95, 0.99)]
            rate = f"{len(load.seconds) / seconds:.0f}"
            memory = resident_mb(process)
            yield [name, visitors, rate, *times, f"{busy:.1f}", load.refused, memory]
    httpx.get(server.url, timeout=60).raise_for_status()
    yield ["page opened", *[""] * 7, resident_mb(process)]


def started(command: Sequence[str]) -> str:
    """Return a line about what a start takes."""
    seconds, began = {}, time.perf_counter()
    with subprocess.Popen([sys.executable, *command], cwd=ROOT, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        url = line.split(" is at ")[1].strip()
        for path in ("healthz", "readyz"):
            while httpx.get(url + path).status_code != 200:
                time.sleep(0.01)
            seconds[path] = time.perf_counter() - began
        memory = resident_mb(process.pid)
        process.terminate()
    told = ", ".join(f"/{path} after {1e3 * took:.0f} ms" for path, took in seconds.items())
    return f"{told}, {memory} MB"


def main() -> None:
    """Measure a server of the shipped article."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--corpus", type=Path, default=ARTICLE)
    parser.add_argument("--questions", type=Path, default=ARTICLE_QUESTIONS)
    given = parser.parse_args()
    asked = list(dict.fromkeys(questions_in(given.questions)))
    command = ["app.py", "serve", "--port", "0", "--corpus", str(given.corpus)]
    head = "questions,visitors,answers/s,p50 ms,p95 ms,p99 ms,processor ms,refused,MB".split(",")
    with serving(*command, environ=os.environ | UNLIMITED) as server:
        rows = list(measured(server, asked, given.seconds))
    print(f"{table(head, rows)}\n\nstart: {started(command)}")


if __name__ == "__main__":
    main()
