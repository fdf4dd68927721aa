"""Replies given a moment ago: the same question gets the same answer without being read again."""

import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from bot.reply import Reply
from corpus.files import Stamp, is_settled, stamp_of

Asked = tuple[str, str, tuple[str, ...]]
"""What a reply depends on: the corpus's version, the question, the earlier questions."""

KEPT_SECONDS = 300
_MOST = 1000


class Remembered:
    """Keeps the last replies, in memory alone, for as long as their sources stay as they were.

    For one thread, that of the event loop.

    Parameters
    ----------
    now
        A clock in seconds.
    published
        Whether sources stand in a published version of the corpus, which never changes: then
        their files needn't be here.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, *, published: bool = False
    ) -> None:
        self._now = now
        self._published = published
        self._kept: OrderedDict[Asked, tuple[float, dict[Path, Stamp], Reply]] = OrderedDict()

    def find(self, asked: Asked) -> Reply | None:
        """Return the reply, with an id of its own; None where it is old or a source has changed."""
        if asked not in self._kept:
            return None
        until, stamps, reply = self._kept[asked]
        if self._now() > until or any(stamp_of(file) != stamp for file, stamp in stamps.items()):
            del self._kept[asked]
            return None
        return reply.again()

    def keep(self, asked: Asked, reply: Reply) -> None:
        """Remember a reply, unless a source is gone or so new that it could change unnoticed."""
        stamps = {file: stamp_of(file) for file in _files(reply)}
        if self._published:
            stamps = {file: stamp for file, stamp in stamps.items() if stamp[0] >= 0}
        if not all(stamp[0] >= 0 and is_settled(stamp) for stamp in stamps.values()):
            return
        self._kept[asked] = (self._now() + KEPT_SECONDS, stamps, reply)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)


def _files(reply: Reply) -> set[Path]:
    sources = (reply.source, *(each.source for each in reply.alternatives))
    return {Path(source.file) for source in sources if source is not None}
