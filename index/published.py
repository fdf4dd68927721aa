"""An index in Milvus: written whole, read back, then put in the place of the one before.

A version is two collections, of vectors and of files: the documents, BM25, digests and so on, and
a manifest with the sum of each. An alias names the files of the version that counts, and those
name the sum of their manifest, as the file ``current`` does for a folder (:mod:`index.versions`).
A version that isn't whole never gets the alias. The version before stays, for servers that still
answer from it.
"""

import hashlib
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from corpus.document import Corpus
from corpus.errors import PortelloError
from corpus.portable import from_json, to_json
from index.build import DIGESTS, DISCRIMINANT, KEYWORD, Embedded, Index, Known, embed
from index.discriminant import Discriminant
from index.encode import Encoder
from index.errors import (
    DamagedIndex,
    IndexProblem,
    MissingIndex,
    OutdatedIndex,
    RefusedIndex,
    StoreAway,
)
from index.keyword import Keyword
from index.manifest import (
    Manifest,
    check_files,
    file_sums,
    made_with,
    read_manifest,
    write_manifest,
)
from index.milvus_client import PUBLISH, Milvus, Place
from index.milvus_files import description_of, read_files, write_files
from index.milvus_store import MilvusStore, damaged
from index.sources import places_of
from index.spelling import word_counts
from index.store import Vectors
from index.texts import Texts, texts_of
from index.versions import MANIFEST

DOCUMENTS = "documents.json"
_FILES, _VECTORS = "files", "vectors"
_SAME_PORTELLO = "install the same version here and where the pages are, and publish from there"
_STAMP = "%Y%m%dt%H%M%S%f"
_UNFINISHED = timedelta(hours=1)
"""Age at which a version that never counted is taken for one whose builder died."""


class _Unusable:
    """The version that counts, if it can't be used here.

    Attributes
    ----------
    target
        Its collection, once there is no use in reading it again; it may have been away, too.
    """

    def __init__(self) -> None:
        self.target = ""
        self._told = ""

    def tell(self, target: str, problem: IndexProblem | StoreAway) -> None:
        """Remember a version, and tell the operator what is wrong with it, once."""
        if isinstance(problem, IndexProblem):
            self.target = target
        if self._told != target:
            sys.stderr.write(f"portello: {problem}; till then the version before answers\n")
        self._told = target


@dataclass(frozen=True, eq=False)
class PublishedIndex(Index):
    """An index whose vectors stay in Milvus; all else was read from there into memory.

    Attributes
    ----------
    target
        The collection that the alias named.
    """

    milvus: Milvus
    target: str
    _unusable: _Unusable = field(default_factory=_Unusable, init=False, repr=False)

    def newer(self) -> "PublishedIndex | None":
        """Return the version that counts by now; None if it is this one, or if it can't be used.

        One that can't be used is told on standard error, once, and not read again: this index
        still answers.

        Raises
        ------
        StoreAway
            Milvus doesn't answer, or this index can't be searched.
        IndexProblem
            The index was taken away, or this one damaged.
        """
        target = self.milvus.target()
        if target is None:
            raise _missing(self.milvus.place)
        if target in (self.target, self._unusable.target):
            self.check()
            return None
        try:
            return _opened(self.milvus, target, self.manifest.fingerprint, self.folder)
        except (IndexProblem, StoreAway) as problem:
            self.check()
            self._unusable.tell(target, problem)
            return None

    def check(self) -> None:
        """Find a row as questions do; see :meth:`index.milvus_store.MilvusStore.check`."""
        if not isinstance(self.store, MilvusStore):
            raise TypeError(f"expected a MilvusStore, found {self.store!r}")
        self.store.check()


def open_published(place: Place, fingerprint: str, folder: Path) -> PublishedIndex:
    """Return the version of an index that counts.

    Parameters
    ----------
    fingerprint
        Of the model that will read questions.
    folder
        Where this machine keeps what belongs to the site but isn't part of the index.

    Raises
    ------
    MissingIndex
        Nothing has been published under this name.
    RefusedIndex
        It was made by another model or another Portello.
    DamagedIndex
        A collection or a row of it is gone or has changed.
    StoreAway
        Milvus doesn't answer.
    """
    milvus = Milvus(place)
    target = milvus.target()
    if target is None:
        raise _missing(place)
    return _opened(milvus, target, fingerprint, folder)


def publish_index(
    corpus: Corpus,
    encoder: Callable[[], Encoder],
    fingerprint: str,
    place: Place,
    folder: Path,
    *,
    progress: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[PublishedIndex, bool]:
    """Publish the index of a corpus, unless it is published already; tell whether it was made.

    Texts that the version before holds for the same weights are not embedded again.

    Raises
    ------
    StoreAway
        Milvus doesn't answer.
    DamagedIndex
        What was written couldn't be read back; the version before still counts.
    PortelloError
        Another version was published meanwhile; that one counts.
    """
    milvus = Milvus(place)
    texts = texts_of(corpus)
    target = milvus.target()
    known = None
    if target is not None:
        try:
            with _scratch() as before:
                manifest = _read(milvus, target, fingerprint, before)
                if (manifest.corpus_version, manifest.content) == (corpus.version, texts.content):
                    return _loaded(milvus, target, manifest, before, folder), False
                known = _known(milvus, target, manifest, before)
            say(f"the corpus has changed since {place} was published: publishing it")
        except IndexProblem as problem:
            say(f"{problem.reason}: publishing it")
    made = embed(texts, known, encoder, fingerprint, progress)
    version = f"{place.name}_{datetime.now(UTC):{_STAMP}}_{secrets.token_hex(4)}"
    # Side by side: most of the time Milvus is waited for.
    with ThreadPoolExecutor() as pool:
        vectors = pool.submit(_write_vectors, milvus, version, made.rows)
        files = pool.submit(_write_files, milvus, version, corpus, texts, made, fingerprint)
    vectors.result()
    files.result()
    index = _opened(milvus, f"{version}_{_FILES}", fingerprint, folder)
    _point_to(milvus, index.target, target)
    _sweep(milvus, index.target, target)
    return index, True


def _write_vectors(milvus: Milvus, version: str, rows: Vectors) -> None:
    store = MilvusStore.create(milvus, f"{version}_{_VECTORS}", rows.shape[1])
    store.add(np.arange(len(rows)), rows)
    store.finish()


def _write_files(
    milvus: Milvus, version: str, corpus: Corpus, texts: Texts, made: Embedded, fingerprint: str
) -> None:
    with _scratch() as files:
        (files / DOCUMENTS).write_text(to_json(corpus), encoding="ascii")
        Keyword.of(texts.keyword).save(files / KEYWORD)
        Discriminant.of(made.rows).save(files / DISCRIMINANT)
        np.save(files / DIGESTS, texts.digests)
        manifest = Manifest(
            model=made.model,
            fingerprint=fingerprint,
            dimension=made.rows.shape[1],
            corpus_version=corpus.version,
            content=texts.content,
            places=places_of(corpus),
            documents=len(corpus.documents),
            passages=len(corpus.passages),
            views=len(texts.views),
            embedded=made.embedded,
            reused=made.reused,
            files=file_sums(files),
            made_with=made_with(),
        )
        write_manifest(manifest, files)
        sum_of_manifest = hashlib.sha256((files / MANIFEST).read_bytes()).hexdigest()
        write_files(milvus, f"{version}_{_FILES}", files, sum_of_manifest)


def _opened(milvus: Milvus, target: str, fingerprint: str, folder: Path) -> PublishedIndex:
    """Return the index whose files are in this collection, every one checked."""
    with _scratch() as files:
        manifest = _read(milvus, target, fingerprint, files)
        return _loaded(milvus, target, manifest, files, folder)


def _loaded(
    milvus: Milvus, target: str, manifest: Manifest, files: Path, folder: Path
) -> PublishedIndex:
    """Return the index whose files have been read."""
    corpus = from_json((files / DOCUMENTS).read_text(encoding="ascii"))
    texts = texts_of(corpus)
    if (manifest.corpus_version, manifest.content) != (corpus.version, texts.content):
        raise OutdatedIndex(
            f"another version of Portello published {milvus.place}: it splits texts otherwise",
            _SAME_PORTELLO,
        )
    store = _store(milvus, target, manifest)
    store.keep_rows()
    keyword = Keyword.load(files / KEYWORD, whole=True)
    discriminant = Discriminant.load(files / DISCRIMINANT)
    return PublishedIndex(
        corpus,
        texts.passage,
        texts.kind,
        store,
        keyword,
        discriminant,
        word_counts(texts.keyword),
        manifest,
        folder,
        folder / target,
        milvus,
        target,
    )


def _read(milvus: Milvus, target: str, fingerprint: str, files: Path) -> Manifest:
    """Read the files of a version and return their manifest.

    Raises DamagedIndex if one has changed, RefusedIndex if another model or Portello made them.
    """
    if not target.endswith(f"_{_FILES}"):
        raise damaged(milvus, f"the alias names {target}, which is no index")
    described = description_of(milvus, target)
    read_files(milvus, target, files)
    try:
        manifest = read_manifest(files, described)
        check_files(manifest, files)
    except DamagedIndex as error:
        raise damaged(milvus, f"a file in {target} is missing or has changed") from error
    except RefusedIndex as error:
        raise RefusedIndex(
            f"another version of Portello published {milvus.place}, in another format",
            _SAME_PORTELLO,
        ) from error
    if manifest.fingerprint != fingerprint:
        raise RefusedIndex(
            f"the index {milvus.place} was made by another model, {manifest.model} "
            f"({manifest.fingerprint[:12]}, needed: {fingerprint[:12]})",
            "set `model` as the publisher has it",
        )
    return manifest


def _store(milvus: Milvus, target: str, manifest: Manifest) -> MilvusStore:
    vectors = f"{target.removesuffix(_FILES)}{_VECTORS}"
    return MilvusStore.open(milvus, vectors, manifest.dimension, manifest.views)


def _known(milvus: Milvus, target: str, manifest: Manifest, files: Path) -> Known:
    """Return the rows of the version whose files have been read."""
    digests = np.load(files / DIGESTS, allow_pickle=False)
    views = {digest.tobytes(): number for number, digest in enumerate(digests)}
    return Known(manifest.model, _store(milvus, target, manifest), views)


def _point_to(milvus: Milvus, version: str, before: str | None) -> None:
    """Have a version count; PortelloError if another one than before counts meanwhile."""
    name = milvus.place.name
    if milvus.target() != before:
        raise PortelloError(
            f"somebody else published {milvus.place} meanwhile, and that version counts; publish"
            " again if this one is to take its place"
        )
    milvus.call("create_alias" if before is None else "alter_alias", version, name)


def _sweep(milvus: Milvus, current: str, before: str | None) -> None:
    """Drop what no server answers from: versions before the last two, and unfinished ones.

    One that began after the version before is left alone for an hour: it may be another builder's.
    """
    kept = {_stem(name) for name in (current, before) if name is not None}
    pattern = re.compile(rf"{re.escape(milvus.place.name)}_(\d{{8}}t\d{{12}})_[0-9a-f]{{8}}_\w+")
    young = (datetime.now(UTC) - _UNFINISHED).strftime(_STAMP)
    found = pattern.fullmatch(before or "")
    old = max(young, found[1]) if found else young
    for name in milvus.call("list_collections"):
        found = pattern.fullmatch(name)
        if found and _stem(name) not in kept and found[1] < old:
            milvus.call("drop_collection", name)


def _stem(collection: str) -> str:
    return collection.rpartition("_")[0]


def _missing(place: Place) -> MissingIndex:
    return MissingIndex(f"there is no index {place}", PUBLISH)


@contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder that is gone afterwards; what was read from it stays in memory."""
    with tempfile.TemporaryDirectory(prefix="portello-") as folder:
        yield Path(folder)
