"""A process that builds indexes in children which kill themselves at a chosen moment.

Run by test_index_build.py as ``python killed_builds.py FOLDER``. Takes lines ``CORPUS MOMENT`` on
stdin; MOMENT counts what the child does to files (opening, writing, flushing, renaming, ...) until
it is killed, just before doing it. Prints how many times it did, or 0 if it was killed. Forking
from a process that has its libraries loaded makes a build take milliseconds.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import bm25s  # noqa: F401
import faiss  # noqa: F401
from fake_encoder import FakeEncoder
from small_corpus import corpus_of

from index.build import build_index

AUDITED = ("open", "os.", "shutil.", "fcntl.")
CALLED = frozenset({"write", "tofile", "fsync", "close", "write_index"})


def build(folder: Path, number: int, moment: int) -> int:
    """Build in this process; return how often it touched files, unless killed there."""
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, _: object) -> None:
        if event.startswith(AUDITED):
            count()

    def profile(_: object, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in CALLED:
            count()

    sys.addaudithook(audit)
    sys.setprofile(profile)
    build_index(corpus_of(f"Edition {number}."), FakeEncoder(), folder)
    sys.setprofile(None)
    return done


def in_child(folder: Path, number: int, moment: int) -> int:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(build(folder, number, moment)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        done = int(pipe.read() or 0)
    os.waitpid(child, 0)
    return done


if __name__ == "__main__":
    for line in sys.stdin:
        number, moment = map(int, line.split())
        sys.stdout.write(f"{in_child(Path(sys.argv[1]), number, moment)}\n")
        sys.stdout.flush()
