"""One way to Milvus: every call has a time limit, and whatever goes wrong is said in one line."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from corpus.errors import PortelloError
from index.errors import DamagedIndex, StoreAway

if TYPE_CHECKING:
    from pymilvus import MilvusClient

ANSWER_SECONDS = 5.0
"""For what a visitor waits for."""
WORK_SECONDS = 300.0
"""For what a builder or a loading server waits for."""

PUBLISH = "publish it where the pages are: `python app.py index --corpus PAGES --site FILE`"
"""Remedy for an index that is missing or damaged: who answers from it may have no pages."""

_NO_ALIAS = 1600
_NAME_TAKEN = 1601
_GONE = frozenset({4, 100})
_SENT = 48 * 1024 * 1024
"""Bytes of one request: Milvus takes 64 MiB."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index is published.

    Attributes
    ----------
    uri
        Address of the Milvus server, e.g. ``http://127.0.0.1:19530``.
    token
        ``user:password`` or an API key; "" where the server asks for none.
    name
        Name of the index there: an alias, and what the names of its collections begin with.
    """

    uri: str
    token: str = field(default="", repr=False)
    name: str = "portello"

    def __str__(self) -> str:
        """Return it as an operator is told."""
        return f"{self.name!r} in Milvus at {self.uri}"


class Milvus:
    """A connection, made at once and made again by itself when the server has been away.

    May be used from several threads at once.

    Raises
    ------
    StoreAway
        The server doesn't answer, or refuses the token.
    PortelloError
        The client isn't installed.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        connect = _client_class()
        with self._told():
            self._client = connect(uri=place.uri, token=place.token, timeout=ANSWER_SECONDS)

    def call(self, name: str, *arguments: Any, seconds: float = ANSWER_SECONDS, **more: Any) -> Any:
        """Return what the client's method of this name returns.

        Raises
        ------
        StoreAway
            The server doesn't answer in time, or can't answer now.
        DamagedIndex
            A collection is gone.
        """
        with self._told():
            return getattr(self._client, name)(*arguments, timeout=seconds, **more)

    def target(self) -> str | None:
        """Return the collection that the alias names; None if there is no such alias."""
        from pymilvus.exceptions import MilvusException

        with self._told():
            try:
                found = self._client.describe_alias(self.place.name, timeout=ANSWER_SECONDS)
            except MilvusException as error:
                if error.code == _NO_ALIAS:
                    return None
                raise
        return str(found["collection_name"])

    def insert(self, collection: str, rows: list[dict[str, Any]], row_bytes: int) -> None:
        """Add rows, in as many requests as it takes; ``row_bytes`` is what one row takes."""
        step = max(1, _SENT // row_bytes)
        for start in range(0, len(rows), step):
            self.call("insert", collection, rows[start : start + step], seconds=WORK_SECONDS)

    def count(self, collection: str) -> int:
        """Return the number of rows, of all that were ever written."""
        found = self.call(
            "query",
            collection,
            filter="",
            output_fields=["count(*)"],
            consistency_level="Strong",
            seconds=WORK_SECONDS,
        )
        return int(found[0]["count(*)"])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what an operator can do where Milvus or the way to it fails."""
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except grpc.RpcError as error:
            raise self._away(str(error.code().name)) from error
        except MilvusException as error:
            if error.code in _GONE:
                raise DamagedIndex(
                    f"the index {self.place} is damaged (a collection is gone)", PUBLISH
                ) from error
            if error.code == _NAME_TAKEN:
                raise PortelloError(
                    f"Milvus at {self.place.uri} holds a collection named {self.place.name!r}; "
                    "choose another name with milvus_collection"
                ) from error
            raise self._away(str(error.message)) from error

    def _away(self, found: str) -> StoreAway:
        shown = " ".join(found.split())[:200]
        return StoreAway(
            "Milvus doesn't answer as it should",
            f"Milvus at {self.place.uri} doesn't answer as it should ({shown}); start it, or"
            " check milvus_uri and milvus_token",
        )


def _client_class() -> "Callable[..., MilvusClient]":
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise PortelloError(
            f"the client for Milvus isn't installed ({error}); run: pip install 'portello[milvus]'"
        ) from error
    # It writes a traceback for whatever it raises; that is told in one line by who catches it.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    made: Callable[..., MilvusClient] = MilvusClient
    return made
