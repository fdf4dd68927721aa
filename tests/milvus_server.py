"""The real Milvus server, from the package ``milvus``, on free ports and in a folder of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

_QUICK = {
    # Milliseconds. At the usual ones, whoever waits for what was just written waits for half a
    # second, and whoever flushes or loads a collection for two.
    "PROXY_TIMETICKINTERVAL": "50",
    "QUERYCOORD_CHECKSEGMENTINTERVAL": "50",
    "QUERYCOORD_CHECKCHANNELINTERVAL": "50",
    "QUERYCOORD_DISTPULLINTERVAL": "50",
    "INDEXCOORD_SCHEDULER_INTERVAL": "50",
    "DATACOORD_SEGMENT_ASSIGNMENTEXPIRATION": "100",
    "LOG_LEVEL": "warn",
}
_NO_FIXED_PORTS = """\
name: default
listen-peer-urls: http://127.0.0.1:0
listen-client-urls: http://127.0.0.1:0
advertise-client-urls: http://127.0.0.1:0
initial-advertise-peer-urls: http://127.0.0.1:0
initial-cluster: default=http://127.0.0.1:0
"""


class RunningMilvus:
    """A server that can be stopped, held and started again, with what it holds.

    Attributes
    ----------
    uri
        Its address, the same after every start.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        from milvus import MilvusServer, _initialize_data_files

        server: Any = MilvusServer(data_dir=str(folder))
        names = [name for name in server.config.configurable_items if name.endswith("_port")]
        ports = dict(zip(names, _free_ports(len(names)), strict=True))
        server.config.update(**ports)
        server.config.resolve()  # writes the server's settings
        _initialize_data_files(server.config.base_data_dir)  # unpacks its program
        (folder / "etcd.yaml").write_text(_NO_FIXED_PORTS, encoding="utf-8")
        (web,) = _free_ports(1)
        self.uri = f"http://127.0.0.1:{ports['proxy_port']}"
        self._health = f"http://127.0.0.1:{web}/healthz"
        self._environ = (
            os.environ
            | settings
            | {
                "ETCD_CONFIG_PATH": str(folder / "etcd.yaml"),
                "METRICS_PORT": str(web),
                "DEPLOY_MODE": "STANDALONE",
                "MILVUS_RUN_DIR": str(folder / "run"),
                "LD_LIBRARY_PATH": str(folder / "bin"),
            }
        )
        self._folder = folder
        self._program = server.get_milvus_executable_path()
        self.start()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def start(self) -> None:
        """Start it; takes some seconds."""
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "run", "standalone"],
                cwd=self._folder,
                env=self._environ,
                stdout=log,
                stderr=log,
            )
        try:
            eventually(self._is_up, 300)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it, if need be as a crash would."""
        self._process.terminate()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_up(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log.txt").read_text()[-3000:]
        with contextlib.suppress(OSError):
            return b"OK" in urllib.request.urlopen(self._health, timeout=2).read()
        return False

    def hold(self) -> None:
        """Let it neither answer nor end, as an overloaded machine does; half a minute ends it."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End :meth:`hold`."""
        os.kill(self.pid, signal.SIGCONT)


@contextlib.contextmanager
def running_milvus(folder: Path, *, quick: bool = True) -> Iterator[RunningMilvus]:
    """Run a server for as long as this context lasts; ``quick`` to writers, or as it comes."""
    for package in ("pymilvus", "milvus"):
        pytest.importorskip(package, reason=f"the package {package} isn't there")
    server = RunningMilvus(folder, _QUICK if quick else {})
    try:
        yield server
    finally:
        server.stop()


def eventually(holds: Any, seconds: float = 30) -> None:
    """Wait until something holds; AssertionError if it doesn't in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
