"""Ask the real server from many clients at once, and watch its memory over many questions.

    python tests/bench_load.py                              32 clients for 60 s, 20,000 questions
    python tests/bench_load.py --seconds 10 --questions 0   the first part alone, shorter

Only to this machine. Prints a table and exits with 1 where a promise is broken: an answer other
than 200 (or 429 where the limits are on), or memory that moves by more than 5 %.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from serving import ROOT, UNLIMITED, Served, serving

QUESTIONS = ROOT / "tests" / "alfa_romeo_questions.jsonl"
WARM_UP = 2000
"""Questions after which memory is first looked at."""
ALLOWED = 0.05


@dataclass
class Tally:
    """What came back: how often each status, and the seconds of each answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return milliseconds within which this share was answered."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def questions() -> Iterator[str]:
    """Return the questions of the shipped article, over and over, and none a second time.

    Spaces at the end make the same question another one to who remembers replies.
    """
    lines = QUESTIONS.read_text("utf-8").splitlines()
    known = [json.loads(line)["question"] for line in lines]
    for number in itertools.count():
        yield known[number % len(known)] + " " * (number // len(known))


async def ask_from_many(
    url: str, asked: Iterator[str], clients: int, seconds: float, most: int = 10**9
) -> Tally:
    """Let clients ask one question after the other, for a time or until there were enough."""
    tally, end = Tally(), time.monotonic() + seconds
    left = itertools.count()

    async def one(client: httpx.AsyncClient) -> None:
        while time.monotonic() < end and next(left) < most:
            began = time.perf_counter()
            try:
                response = await client.post(f"{url}api/ask", json={"question": next(asked)})
                status = response.status_code
            except httpx.TransportError:
                status = 0
            tally.statuses[status] += 1
            if status == 200:
                tally.seconds.append(time.perf_counter() - began)

    async with httpx.AsyncClient(
        timeout=60, limits=httpx.Limits(max_connections=clients)
    ) as client:
        await asyncio.gather(*(one(client) for _ in range(clients)))
    return tally


def memory(served: Served) -> float:
    """Return the server's resident memory in megabytes."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def load(served: Served, asked: Iterator[str], clients: int, seconds: float) -> bool:
    """Print how the server does with many clients; tell whether nothing but 200 came back."""
    began = time.monotonic()
    tally = asyncio.run(ask_from_many(served.url, asked, clients, seconds))
    took = time.monotonic() - began
    print(f"| clients | {clients} for {took:.0f} s |")
    print(f"| answers by status | {dict(tally.statuses)} |")
    print(f"| questions a second | {tally.statuses[200] / took:.1f} |")
    for share in (0.5, 0.95, 0.99):
        print(f"| p{100 * share:.0f} | {tally.percentile(share):.0f} ms |")
    print(f"| slowest | {1000 * max(tally.seconds):.0f} ms |")
    return set(tally.statuses) == {200}


def soak(served: Served, asked: Iterator[str], count: int, clients: int) -> bool:
    """Print memory and pace over many questions; tell whether memory stayed as it was."""
    asyncio.run(ask_from_many(served.url, asked, clients, 3600, WARM_UP))
    seen, medians, step = [memory(served)], [], max(1, count // 10)
    for _ in range(10):
        tally = asyncio.run(ask_from_many(served.url, asked, clients, 3600, step))
        seen.append(memory(served))
        medians.append(1000 * statistics.median(tally.seconds))
    moved = max(abs(value - seen[0]) for value in seen) / seen[0]
    print(f"| questions after a warm-up of {WARM_UP} | {10 * step} |")
    print(f"| memory at each tenth | {', '.join(f'{value:.0f}' for value in seen)} MB |")
    print(f"| memory moved by | {100 * moved:.1f} % |")
    print(f"| median at each tenth | {', '.join(f'{value:.0f}' for value in medians)} ms |")
    return moved <= ALLOWED


def limited(served: Served) -> bool:
    """Print what one address gets with the shipped limits; 200 and 429 are meant to be."""
    tally = asyncio.run(ask_from_many(served.url, questions(), 32, 3))
    print(f"| one address, shipped limits, 3 s | {dict(tally.statuses)} |")
    return set(tally.statuses) == {200, 429}


def main() -> int:
    """Run it all and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--questions", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site.toml"
        site.write_text('port = 0\naccess_log = ""\nfeedback = "feedback.jsonl"\n', "utf-8")
        command = ("app.py", "serve", "--site", str(site))
        print("| | |\n|---|---|")
        with serving(*command, environ=os.environ | UNLIMITED) as served:
            asked = questions()
            held = [load(served, asked, given.clients, given.seconds)]
            if given.questions:
                held.append(soak(served, asked, given.questions, min(8, given.clients)))
        with serving(*command) as served:
            held.append(limited(served))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
