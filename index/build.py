"""Passages become an index on disk and in memory: built beside, checked, swapped in.

An index counts for a corpus only if all texts and their order are the ones it was built from. It
holds the corpus, too, so that files that nobody has touched need not be read at a start.
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgpack
import numpy as np
from numpy.typing import NDArray

from corpus.document import Corpus
from corpus.stored import save_corpus
from index import versions
from index.discriminant import Discriminant
from index.encode import Encoder
from index.engines import load_store, save_store, store_for
from index.errors import DamagedIndex, IndexProblem, OutdatedIndex, RefusedIndex
from index.keyword import Keyword
from index.manifest import (
    Manifest,
    check_files,
    file_sums,
    made_with,
    read_manifest,
    write_manifest,
)
from index.sources import files_of, places_of
from index.spelling import counted
from index.store import Ids, Vectors, VectorStore
from index.texts import Texts, texts_of

DIGESTS = "digests.npy"
KEYWORD = "bm25"
DISCRIMINANT = "discriminant.npz"
WORDS = "words.msgpack"
CORPUS = "corpus"
VIEWS = {"passage": "view_passage.npy", "kind": "view_kind.npy"}


@dataclass(frozen=True, eq=False)
class Index:
    """Everything that a question is compared with, in memory or mapped into it.

    Attributes
    ----------
    corpus
        The corpus as it was read at this start, or as it was stored when nobody has touched it
        since.
    view_passage
        int32, (n_views,): the passage each view belongs to, ascending.
    view_kind
        uint8, (n_views,): position of each view's kind in :data:`index.views.VIEW_KINDS`.
    store
        A vector for each view, by view number.
    keyword
        BM25 by passage number.
    discriminant
        What tells the corpus's passages apart.
    words
        How often each folded word stands in the corpus and in what it can be found by.
    folder
        Where the index is kept.
    version
        The folder within it that holds this version's files.
    """

    corpus: Corpus
    view_passage: NDArray[np.int32]
    view_kind: NDArray[np.uint8]
    store: VectorStore
    keyword: Keyword
    discriminant: Discriminant
    words: Mapping[str, int]
    manifest: Manifest
    folder: Path
    version: Path

    def newer(self) -> "Index | None":
        """Return the version that counts by now; None where it is this one, as in a folder."""
        return None

    def check(self) -> None:
        """Raise StoreAway or IndexProblem if it can't be searched now, as never in a folder."""


Views = tuple[Corpus, NDArray[np.int32], NDArray[np.uint8]]
"""A corpus with the passage and the kind of each view."""


class Known(NamedTuple):
    """Rows of the version before, by the digest of what was embedded."""

    model: str
    store: VectorStore
    views: dict[bytes, int]


class Embedded(NamedTuple):
    """A row for each view, the view it was in the version before (-1 for none), and how many
    distinct texts were embedded or kept."""

    model: str
    rows: Vectors
    before: Ids
    embedded: int
    reused: int


def build_index(corpus: Corpus, encoder: Encoder, folder: Path, *, progress: bool = False) -> Index:
    """Build the index of a corpus and put it in place of the one in ``folder``, if any.

    Texts that the version before holds for the same weights are not embedded again. Waits while
    another process builds in the same folder.

    Parameters
    ----------
    progress
        Show a progress bar while texts are embedded, if stderr is a terminal.

    Raises
    ------
    UnwritableIndex
        The folder can't be written to.
    """
    with versions.building(folder):
        return _build(corpus, lambda: encoder, encoder.fingerprint, folder, progress)


def build_again(
    corpus: Corpus, encoder: Callable[[], Encoder], encoder_fingerprint: str, folder: Path
) -> Index:
    """Build anew for entries that have moved in their files, which changes none of the texts.

    Not where another process has done so meanwhile. The encoder is made only if it is needed.
    """
    texts = texts_of(corpus)
    with versions.building(folder):
        with contextlib.suppress(IndexProblem):
            index = _load(folder, corpus, texts, encoder_fingerprint)
            if index.manifest.places == places_of(corpus):
                return index
        return _build(corpus, encoder, encoder_fingerprint, folder, progress=False, texts=texts)


def _load(folder: Path, corpus: Corpus, texts: Texts, fingerprint: str) -> Index:
    """Load the index of this corpus and these weights; IndexProblem where that isn't there."""

    def load(pointer: versions.Pointer) -> Index:
        manifest = manifest_of(folder, pointer, fingerprint)
        if (manifest.corpus_version, manifest.content) != (corpus.version, texts.content):
            raise OutdatedIndex(f"the corpus has changed since the index in {folder} was built")
        views = corpus, texts.passage, texts.kind
        return load_version(folder, pointer, manifest, lambda _: views)

    return load_current(folder, load)


def load_current(folder: Path, load: Callable[[versions.Pointer], Index]) -> Index:
    """Load the version that counts; once more where a builder swapped in another meanwhile."""
    while True:
        pointer = versions.current(folder)
        try:
            return load(pointer)
        except DamagedIndex:
            # A builder may have swapped in a new version and removed this one meanwhile.
            if versions.current(folder) == pointer:
                raise


def open_or_build(
    corpus: Corpus,
    encoder: Callable[[], Encoder],
    encoder_fingerprint: str,
    folder: Path,
    *,
    progress: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Index:
    """Load the index of a corpus, or build it where it can't be used, saying why.

    Parameters
    ----------
    encoder
        Makes the encoder; called only if something has to be embedded.
    encoder_fingerprint
        The fingerprint that the encoder has.
    say
        Takes one line a time for the operator.
    """
    texts = texts_of(corpus)
    with contextlib.suppress(IndexProblem):
        return _load(folder, corpus, texts, encoder_fingerprint)
    waiting = f"another process is building the index in {folder}: waiting for it"
    with versions.building(folder, lambda: say(waiting)):
        try:
            return _load(folder, corpus, texts, encoder_fingerprint)
        except IndexProblem as problem:
            say(f"{problem.reason}: building it")
        index = _build(corpus, encoder, encoder_fingerprint, folder, progress, texts)
        say(
            f"index built: {len(corpus.passages)} passages, "
            f"{index.manifest.embedded} texts embedded, {index.manifest.reused} kept"
        )
        return index


def _build(
    corpus: Corpus,
    encoder: Callable[[], Encoder],
    fingerprint: str,
    folder: Path,
    progress: bool,
    texts: Texts | None = None,
) -> Index:
    texts = texts or texts_of(corpus)
    known = _known(folder, fingerprint)
    made = embed(texts, known, encoder, fingerprint, progress)
    store = store_for(made.rows, known.store if known else None, made.before)
    counts: dict[str, int] = {}
    keyword = Keyword.of_words(counted(texts.keyword, counts))
    discriminant = Discriminant.of(made.rows)
    with versions.new_version(folder) as version:
        save_store(store, version)
        keyword.save(version / KEYWORD)
        discriminant.save(version / DISCRIMINANT)
        (version / WORDS).write_bytes(msgpack.packb(counts, unicode_errors="surrogatepass"))
        np.save(version / DIGESTS, texts.digests)
        np.save(version / VIEWS["passage"], texts.passage)
        np.save(version / VIEWS["kind"], texts.kind)
        save_corpus(corpus, files_of(corpus), version / CORPUS)
        manifest = Manifest(
            model=made.model,
            fingerprint=fingerprint,
            dimension=store.dimension,
            corpus_version=corpus.version,
            content=texts.content,
            places=places_of(corpus),
            documents=len(corpus.documents),
            passages=len(corpus.passages),
            views=len(texts.views),
            embedded=made.embedded,
            reused=made.reused,
            files=file_sums(version),
            made_with=made_with(),
        )
        write_manifest(manifest, version)
    return Index(
        corpus,
        texts.passage,
        texts.kind,
        store,
        keyword,
        discriminant,
        counts,
        manifest,
        folder,
        version,
    )


def manifest_of(folder: Path, pointer: versions.Pointer, fingerprint: str) -> Manifest:
    """Return the manifest of a version; RefusedIndex if another model made it."""
    manifest = read_manifest(folder / pointer.name, pointer.sha256)
    if manifest.fingerprint != fingerprint:
        raise RefusedIndex(
            f"the index in {folder} was made by another model, {manifest.model} "
            f"({manifest.fingerprint[:12]}, needed: {fingerprint[:12]})"
        )
    return manifest


def load_version(
    folder: Path,
    pointer: versions.Pointer,
    manifest: Manifest,
    views: Callable[[Path], Views],
) -> Index:
    """Check and load one version, with the corpus and views that ``views`` gives for its folder."""
    version = folder / pointer.name
    check_files(manifest, version)
    try:
        store = load_store(version)
        keyword = Keyword.load(version / KEYWORD)
        discriminant = Discriminant.load(version / DISCRIMINANT)
        words = msgpack.unpackb((version / WORDS).read_bytes(), unicode_errors="surrogatepass")
        corpus, passage, kind = views(version)
    except (OSError, RuntimeError, ValueError) as error:  # swept away after the check
        raise DamagedIndex(f"the index in {folder} is damaged ({error})") from error
    return Index(
        corpus, passage, kind, store, keyword, discriminant, words, manifest, folder, version
    )


def _known(folder: Path, fingerprint: str) -> Known | None:
    """Return the version before, if it is whole and was made with the same weights."""
    try:
        pointer = versions.current(folder)
        version = folder / pointer.name
        manifest = read_manifest(version, pointer.sha256)
        check_files(manifest, version)
        if manifest.fingerprint != fingerprint:
            return None
        digests = np.load(version / DIGESTS, allow_pickle=False)
        store = load_store(version)
    except (IndexProblem, OSError, RuntimeError, ValueError):  # whole, but not to be read here
        return None
    views = {digest.tobytes(): number for number, digest in enumerate(digests)}
    return Known(manifest.model, store, views)


def embed(
    texts: Texts,
    known: Known | None,
    encoder: Callable[[], Encoder],
    fingerprint: str,
    progress: bool,
) -> Embedded:
    """Take the rows that are known and embed the other texts, each of them once."""
    digests = [digest.tobytes() for digest in texts.digests]
    distinct = dict(zip(digests, texts.views, strict=True))
    kept = [digest for digest in distinct if known and digest in known.views]
    new = [digest for digest in distinct if not (known and digest in known.views)]
    parts: list[Vectors] = []
    model = ""
    if known:
        model = known.model
        parts.append(known.store.vectors(np.array([known.views[d] for d in kept], dtype=np.int64)))
    if new or not known:
        made = encoder()
        if made.fingerprint != fingerprint:
            raise ValueError(f"expected the encoder {fingerprint}, found {made.fingerprint}")
        model = made.name
        bar = progress and sys.stderr.isatty()
        parts.append(made.encode([distinct[digest] for digest in new], progress=bar))
    place = {digest: number for number, digest in enumerate([*kept, *new])}
    rows = np.concatenate(parts)[[place[digest] for digest in digests]]
    before = np.array([known.views.get(digest, -1) if known else -1 for digest in digests])
    return Embedded(model, rows, before.astype(np.int64), len(new), len(kept))
