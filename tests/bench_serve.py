"""Measures answers a second of a running server, for more and more visitors. Run by hand (Linux).

    python tests/bench_serve.py [--seconds 5]

One table. Each visitor asks the article's questions over HTTP, one after the other, on a
connection of their own. "new": every question is another (two small words are added), so that
nothing comes from memory; "again": a hundred questions that were all asked before; "refused" are
those turned away because 64 were being answered.
"""

import argparse
import asyncio
import itertools
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from bench_tools import ARTICLE_QUESTIONS, questions_in, resident_mb, table
from serving import UNLIMITED, Served, serving

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


def measured(server: Served, seconds: float) -> Iterator[list[object]]:
    """Yield a row for each kind of questions and number of visitors."""
    asked = questions_in(ARTICLE_QUESTIONS)
    port = int(server.url.rstrip("/").rpartition(":")[2])
    for name, questions in (("new", never_asked(asked)), ("again", itertools.cycle(asked[:100]))):
        if name == "again":
            asyncio.run(visits(port, questions, 1, 3 * seconds))
        for visitors in _VISITORS:
            load = asyncio.run(visits(port, questions, visitors, seconds))
            times = [f"{1e3 * np.quantile(load.seconds, share):.1f}" for share in (0.5, 0.95, 0.99)]
            rate = f"{len(load.seconds) / seconds:.0f}"
            memory = resident_mb(server.process.pid)
            yield [name, visitors, rate, *times, load.refused, memory]


def main() -> None:
    """Measure a server of the shipped article."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    seconds = parser.parse_args().seconds
    head = ["questions", "visitors", "answers/s", "p50 ms", "p95 ms", "p99 ms", "refused", "MB"]
    with serving("app.py", "serve", "--port", "0", environ=os.environ | UNLIMITED) as server:
        print(table(head, list(measured(server, seconds))))


if __name__ == "__main__":
    main()
