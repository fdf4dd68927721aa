"""Every setting of a site, described once: a TOML file, ``PORTELLO_*`` variables, the command line.

The later of these wins. Nothing here reads the environment: it is passed in.
"""

import difflib
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

import corpus
from bot import kinds
from bot.kinds import Kind
from bot.kinds import about as _about
from bot.public import Public
from corpus.errors import PortelloError
from index.milvus_client import Place

if TYPE_CHECKING:
    from index.onnx_encoder import Precision

PREFIX = "PORTELLO_"
NOT_SETTINGS = frozenset({"PORTELLO_DEBUG"})
"""Variables of this prefix that the command line reads for itself."""


class SettingsError(PortelloError):
    """A setting that can't be used: names where it stands, its key, and what would do."""


def shipped(name: str) -> Path:
    """Return a file or folder that comes with the package, seen from here where it lies below."""
    path = Path(corpus.__file__).resolve().parent / name
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def shipped_article() -> tuple[Path, ...]:
    """Return the corpus of who gave none."""
    return (shipped("alfa_romeo"),)


def cache_folder() -> Path:
    """Return the user's folder for what can be made again: indexes and models made ready."""
    return Path(platformdirs.user_cache_dir("portello", appauthor=False))


@dataclass(frozen=True, slots=True)
class Settings(Public):
    """One site's settings. Every field is a key of the TOML file and, as ``PORTELLO_NAME``, a
    variable; what it means stands beside it and in the README.
    """

    name: str = field(
        default="Portello",
        metadata=_about(kinds.WORDS, "What the bot calls itself, on the page and in the widget."),
    )
    contact: str = field(
        default="",
        metadata=_about(
            kinds.TEXT,
            "Offered where the bot has no answer, e.g. `Call 555-0100 or write to a@b.example`.",
        ),
    )
    starters: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            kinds.TEXTS,
            "Questions to start a chat with. As a variable, separated by a vertical bar.",
            "taken from the corpus",
        ),
    )
    corpus: tuple[Path, ...] = field(
        default_factory=shipped_article,
        metadata=_about(
            kinds.PATHS,
            "Files and folders to answer from. As a variable, separated as in `PATH`.",
            "the shipped article",
        ),
    )
    index: Path | None = field(
        default=None,
        metadata=_about(
            kinds.PATH, "Folder of the index.", "a folder of its own under the user's cache"
        ),
    )
    model: str = field(
        default="default",
        metadata=_about(
            kinds.MODEL,
            "`default` is the packaged all-MiniLM-L6-v2; else a sentence-transformers model by"
            " name or folder.",
        ),
    )
    precision: "Precision" = field(
        default="int8",
        metadata=_about(
            kinds.PRECISION,
            "Of the weights that read questions: `int8` is quick and small, `fp32` exact.",
        ),
    )
    small_talk: Path | None = field(
        default_factory=lambda: shipped("small_talk.csv"),
        metadata=_about(
            kinds.PATH,
            "CSV file of greetings, thanks and their replies; an empty text in the TOML file"
            " turns small talk off.",
            "the shipped file",
        ),
    )
    host: str = field(
        default="127.0.0.1",
        metadata=_about(
            kinds.WORDS, "Address to listen on; `0.0.0.0` to be reached from other machines."
        ),
    )
    port: int = field(default=7860, metadata=_about(kinds.PORT, "Port to listen on."))
    allowed_origins: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            kinds.ORIGINS,
            "Other sites that may show the widget, e.g. `https://www.example.com`. As a"
            " variable, separated by commas.",
            "none",
        ),
    )
    error_budget: float = field(
        default=0.22,
        metadata=_about(
            kinds.SHARE,
            "The share of wrong answers the owner accepts; smaller means more “I don't know”.",
        ),
    )
    max_question_chars: int = field(
        default=1000,
        metadata=_about(kinds.COUNT, "Characters of a question; longer ones are turned away."),
    )
    feedback: Path | None = field(
        default=None,
        metadata=_about(
            kinds.PATH,
            "JSONL file to which visitors' thumbs are added.",
            "in the folder of the index",
        ),
    )
    store: str = field(
        default="faiss",
        metadata=_about(
            kinds.STORE,
            "Where the index lies: `faiss` in its folder, `milvus` in a Milvus server that several"
            " Portellos answer from.",
        ),
    )
    milvus_uri: str = field(
        default="http://127.0.0.1:19530",
        metadata=_about(kinds.MILVUS, "Address of that server."),
    )
    milvus_token: str = field(
        default="",
        repr=False,
        metadata=_about(kinds.SECRET, "`user:password` or API key, where it asks for one."),
    )
    milvus_collection: str = field(
        default="portello",
        metadata=_about(
            kinds.COLLECTION,
            "Name of the index there, and what the names of its collections begin with; one a"
            " site.",
        ),
    )

    @property
    def index_folder(self) -> Path:
        """The folder of the index: as set, or one in the cache, named after the model and the
        corpus, or where it is published.
        """
        if self.index is not None:
            return self.index
        if self.store == "milvus":
            whose = [self.milvus_uri, self.milvus_collection]
        else:
            whose = [str(path.resolve()) for path in self.corpus]
        key = json.dumps([self.model, *whose])
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        return cache_folder() / name

    @property
    def place(self) -> Place:
        """Where the index is published, for the store `milvus`."""
        return Place(self.milvus_uri, self.milvus_token, self.milvus_collection)

    @property
    def feedback_file(self) -> Path:
        """The file of visitors' thumbs: as set, or in the folder of the index."""
        return self.feedback or self.index_folder / "feedback.jsonl"

    @property
    def body_limit(self) -> int:
        """Bytes of a body: as set, or enough for a question of characters of 12 bytes in JSON."""
        return self.max_body_bytes or max(64 * 1024, 12 * self.max_question_chars)


_FIELDS = {setting.name: setting for setting in fields(Settings)}


def load_settings(
    site: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the settings of a site.

    Parameters
    ----------
    site
        TOML file; relative paths in it count from its own folder.
    environ
        Where ``PORTELLO_*`` variables are looked up; empty ones count as not set.
    overrides
        Settings from the command line, the strongest; None and () count as not given.

    Raises
    ------
    SettingsError
        The file can't be read, a key or variable is unknown, or a value won't do.
    """
    values = _from_file(site) if site is not None else {}
    values |= _from_environment(environ or {})
    for key, value in (overrides or {}).items():
        if value is not None and value != ():
            values[key] = _read(key, value, Path(), f"--{key.replace('_', '-')}")
    return Settings(**values)


def _from_file(site: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(site.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{site}: the settings can't be read ({error.strerror}); give --site a TOML file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{site}: not TOML in UTF-8: {error}; mend the file") from error
    for key in table:
        if key not in _FIELDS:
            raise SettingsError(f"{site}: unknown key {key!r}; {_nearest(key, list(_FIELDS))}")
    return {key: _read(key, table[key], site.parent, f"{site}: {key}") for key in table}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {PREFIX + key.upper(): key for key in _FIELDS}
    values = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS or not environ[name]:
            continue
        if name not in names:
            raise SettingsError(
                f"environment: unknown variable {name}; {_nearest(name, list(names))}"
            )
        values[names[name]] = _parse(names[name], environ[name], name)
    return values


def _parse(key: str, text: str, where: str) -> Any:
    kind: Kind = _FIELDS[key].metadata["kind"]
    try:
        value = kind.parse(text)
    except ValueError as error:
        raise _wrong(where, kind, text) from error
    return _read(key, value, Path(), where)


def _read(key: str, value: Any, base: Path, where: str) -> Any:
    kind: Kind = _FIELDS[key].metadata["kind"]
    plain = _plain(value)
    try:
        return kind.read(plain, base)
    except ValueError as error:
        raise _wrong(where, kind, plain) from error


def _plain(value: Any) -> Any:
    """Turn the command line's paths into what TOML would hold."""
    if isinstance(value, Path):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _wrong(where: str, kind: Kind, value: Any) -> SettingsError:
    return SettingsError(f"{where}: expected {kind.expects}, found {kind.seen(value)}")


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
