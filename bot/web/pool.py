"""A few threads that answer, and a bounded queue before them."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from bot.web.refusal import Refusal

_T = TypeVar("_T")
_Job = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Pool:
    """Runs work in threads that, unlike an executor's, don't keep the process from ending.

    Parameters
    ----------
    threads
        How many work at the same time.
    waiting
        How many more may wait.
    """

    def __init__(self, threads: int, waiting: int, name: str) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._room = threading.BoundedSemaphore(threads + waiting)
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._jobs.qsize()

    async def run(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Return what ``work`` returns or raise what it raises; Refusal if too many wait."""
        if not self._room.acquire(blocking=False):
            raise Refusal("busy")
        future: Future[_T] = Future()
        future.add_done_callback(lambda _: self._room.release())
        self._jobs.put((future, work, arguments))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Drop what waits and let the threads go, without waiting for them."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                job[0].cancel()
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, work, arguments = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work(*arguments))
            except BaseException as error:
                future.set_exception(error)
            del job, future, work, arguments
