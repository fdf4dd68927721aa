"""What values a setting can take, and how they are read from TOML and from variables."""

import ipaddress
import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def _seen(value: Any) -> str:
    return f"{value!r:.200}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What values a setting takes.

    Attributes
    ----------
    expects
        Said to the operator when a value won't do.
    read
        Value as TOML gives it, and the folder from which relative paths count, to the value of
        the setting; ValueError if it won't do.
    parse
        An environment variable's text to a value as TOML gives it; ValueError if it won't do.
    seen
        How a value that won't do is told to the operator.
    """

    expects: str
    read: Callable[[Any, Path], Any]
    parse: Callable[[str], Any] = str
    seen: Callable[[Any], str] = _seen


def about(kind: Kind, doc: str, shown: str | None = None) -> dict[str, Any]:
    """Describe a setting; ``shown`` is how the README puts a default that isn't plain text."""
    return {"kind": kind, "doc": doc, "shown": shown}


def _text(value: Any, _base: Path) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _words(value: Any, base: Path) -> str:
    if not _text(value, base).strip():
        raise ValueError(value)
    return str(value)


def _list(value: Any, base: Path) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence):
        raise ValueError(value)
    return tuple(_words(one, base) for one in values)


def _path(value: Any, base: Path) -> Path:
    return base / Path(_words(value, base)).expanduser()


def _maybe_path(value: Any, base: Path) -> Path | None:
    return None if value == "" else _path(value, base)


def _paths(value: Any, base: Path) -> tuple[Path, ...]:
    paths = tuple(_path(one, base) for one in _list(value, base))
    if not paths:
        raise ValueError(value)
    return paths


def _model(value: Any, base: Path) -> str:
    folder = _path(value, base)
    return str(folder) if value != "default" and folder.is_dir() else str(value)


def _choice(*choices: str) -> Kind:
    def read(value: Any, _base: Path) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return Kind(" or ".join(f'"{choice}"' for choice in choices), read)


def _whole(least: int, most: int) -> Callable[[Any, Path], int]:
    def read(value: Any, _base: Path) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(value)
        return value

    return read


def _share(value: Any, _base: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(value)
    if not 0 < value < 1:
        raise ValueError(value)
    return float(value)


# What a browser sends as Origin: a scheme, a host in lower case, a port if it isn't the usual one.
_ORIGIN = re.compile(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*\.?|\[[0-9a-f:]+\])(:[1-9]\d{0,4})?")


# Browsers leave it out.
_USUAL_PORT = re.compile(r"(?<=^https)(://.*):443$|(?<=^http)(://.*):80$")


def _origins(value: Any, base: Path) -> tuple[str, ...]:
    origins = _list(value, base)
    for origin in origins:
        # Asked for its port, urlsplit finds fault with ports and IPv6 addresses that are none.
        if not _ORIGIN.fullmatch(origin) or urlsplit(origin).port == 0:
            raise ValueError(value)
    return tuple(_USUAL_PORT.sub(r"\1\2", origin) for origin in origins)


def _log(value: Any, base: Path) -> str:
    return value if value in ("", "-") else str(_path(value, base))


def _switch(value: Any, _base: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _parse_switch(text: str) -> bool:
    try:
        return {"true": True, "false": False}[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _networks(value: Any, base: Path) -> tuple[str, ...]:
    networks = _list(value, base)
    for network in networks:
        ipaddress.ip_network(network)
    return networks


_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?")


def _hosts(value: Any, base: Path) -> tuple[str, ...]:
    hosts = _list(value, base)
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError(value)
    return hosts


_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def _prefix(value: Any, base: Path) -> str:
    if not _PREFIX.fullmatch(_text(value, base)):
        raise ValueError(value)
    return str(value)


_MILVUS = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9a-f:]+\])(:\d{1,5})?")


def _milvus(value: Any, base: Path) -> str:
    if not _MILVUS.fullmatch(_text(value, base)):
        raise ValueError(value)
    return str(value)


def _seen_secret(value: Any) -> str:
    return f"a value of the type {type(value).__name__}"


def _seen_address(value: Any) -> str:
    if not isinstance(value, str):
        return _seen_secret(value)
    before, at, host = value.rpartition("@")
    scheme = re.match("(https?://)?", before)
    if not at or scheme is None:
        return _seen(value)
    return f"{_seen(scheme[0] + host)} behind a user or password; that goes into milvus_token"


_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def _collection(value: Any, base: Path) -> str:
    if not _COLLECTION.fullmatch(_text(value, base)):
        raise ValueError(value)
    return str(value)


def _split(separator: str) -> Callable[[str], list[str]]:
    return lambda text: [part.strip() for part in text.split(separator) if part.strip()]


TEXT = Kind("a text", _text)
WORDS = Kind("a text that isn't empty", _words)
TEXTS = Kind("a list of texts, none of them empty", _list, _split("|"))
PATH = Kind("the path of a file or folder", _maybe_path)
PATHS = Kind("one or more paths of files or folders", _paths, _split(os.pathsep))
MODEL = Kind('"default", or a sentence-transformers model by name or folder', _model)
PRECISION = _choice("int8", "fp32")
STORE = _choice("faiss", "milvus")
SECRET = Kind("a text", _text, seen=_seen_secret)
MILVUS = Kind(
    "an address such as http://127.0.0.1:19530, with nothing after the port",
    _milvus,
    seen=_seen_address,
)
COLLECTION = Kind("1 to 100 letters, digits and _, the first no digit", _collection)
PORT = Kind("a whole number from 0 to 65535", _whole(0, 65535), int)
COUNT = Kind("a whole number from 1 to 100000", _whole(1, 100_000), int)
SHARE = Kind("a number between 0 and 1", _share, float)
LOG = Kind("the path of a file, - or an empty text", _log)
SWITCH = Kind("true or false", _switch, _parse_switch)
HISTORY = Kind("a whole number from 0 to 20", _whole(0, 20), int)
BYTES = Kind("a whole number from 1024 to 10000000", _whole(1024, 10_000_000), int)
NETWORKS = Kind("addresses or networks such as 127.0.0.1 or 10.0.0.0/8", _networks, _split(","))
HOSTS = Kind("hosts such as chat.example.com or localhost:7860, in lower case", _hosts, _split(","))
PREFIX = Kind("a path such as /chat, without a slash at its end", _prefix)
ORIGINS = Kind(
    "origins such as https://www.example.com or http://localhost:8000,"
    " in lower case and with nothing after the host and port",
    _origins,
    _split(","),
)
