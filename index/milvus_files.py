"""Files of a published index, in pieces, in a collection of Milvus.

Milvus holds rows with a vector, not files: each row is a piece of one file, packed and written in
letters, with a vector that means nothing.
"""

import base64
import zlib
from pathlib import Path

import numpy as np

from index.milvus_client import WORK_SECONDS, Milvus
from index.milvus_store import damaged, finish

PIECE = 60_000
"""Letters of a piece: Milvus takes 65,535 bytes."""
_AT_ONCE = 200
"""Pieces read in one request."""
_NAME_LENGTH = 200


def write_files(milvus: Milvus, collection: str, folder: Path, description: str) -> None:
    """Make a collection of every file below a folder, ready to be read."""
    from pymilvus import DataType, MilvusClient

    schema = MilvusClient.create_schema(
        auto_id=False, enable_dynamic_field=False, description=description
    )
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("file", DataType.VARCHAR, max_length=_NAME_LENGTH)
    schema.add_field("piece", DataType.VARCHAR, max_length=65_535)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    milvus.call(
        "create_collection",
        collection,
        schema=schema,
        consistency_level="Strong",
        seconds=WORK_SECONDS,
    )
    nothing = np.zeros(2, dtype=np.float32)
    pieces = [
        (path.relative_to(folder).as_posix(), piece)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for piece in _pieces(path.read_bytes())
    ]
    rows = [
        {"id": number, "file": name, "piece": piece, "vector": nothing}
        for number, (name, piece) in enumerate(pieces)
    ]
    milvus.insert(collection, rows, PIECE + 300)
    finish(milvus, collection, "L2")


def read_files(milvus: Milvus, collection: str, folder: Path) -> None:
    """Write every file of a collection below a folder.

    Raises
    ------
    DamagedIndex
        The collection is gone, or a piece of a file is.
    StoreAway
        Milvus doesn't answer.
    """
    milvus.call("load_collection", collection, seconds=WORK_SECONDS)
    count = milvus.count(collection)
    files: dict[str, list[str]] = {}
    for start in range(0, count, _AT_ONCE):
        found = milvus.call(
            "query",
            collection,
            filter=f"id >= {start} and id < {start + _AT_ONCE}",
            output_fields=["id", "file", "piece"],
            consistency_level="Eventually",
            seconds=WORK_SECONDS,
        )
        for row in sorted(found, key=lambda row: int(row["id"])):
            files.setdefault(row["file"], []).append(row["piece"])
    for name, pieces in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise damaged(milvus, f"{collection} holds a file outside its folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_bytes(zlib.decompress(base64.b64decode("".join(pieces))))
        except (ValueError, zlib.error) as error:
            raise damaged(milvus, f"{collection} has lost a piece of {name}") from error


def description_of(milvus: Milvus, collection: str) -> str:
    """Return what :func:`write_files` was told to describe a collection with."""
    return str(milvus.call("describe_collection", collection)["description"])


def _pieces(content: bytes) -> list[str]:
    letters = base64.b64encode(zlib.compress(content)).decode("ascii")
    return [letters[start : start + PIECE] for start in range(0, len(letters), PIECE)]
