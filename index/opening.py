"""From files to their index: read and compared only where somebody has touched them."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from corpus.mapped import mapped
from corpus.read import read_corpus
from corpus.stored import open_corpus
from index import versions
from index.build import (
    CORPUS,
    VIEWS,
    Index,
    Views,
    build_again,
    load_current,
    load_version,
    manifest_of,
    open_or_build,
)
from index.encode import Encoder
from index.errors import IndexProblem, OutdatedIndex, UnwritableIndex
from index.sources import Sources, files_of, places_of, remember, remembered, sources_of


def open_files(
    paths: Sequence[Path],
    encoder: Callable[[], Encoder],
    encoder_fingerprint: str,
    folder: Path,
    *,
    progress: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Index:
    """Load or build the index of files and folders; see :func:`open_or_build`.

    They are read only where one of them has been touched since they were read last.

    Raises
    ------
    CorpusError
        They can't be read, see :func:`corpus.read.read_corpus`.
    """
    before = sources_of(paths)
    with contextlib.suppress(IndexProblem):
        return _stored(folder, before, encoder_fingerprint)
    corpus = read_corpus(paths)
    index = open_or_build(corpus, encoder, encoder_fingerprint, folder, progress=progress, say=say)
    after = sources_of(paths)
    if before.stamp != after.stamp or not before.settled:
        return index
    if not set(files_of(corpus)) <= set(after.files):  # one came and went meanwhile
        return index
    if index.manifest.places != places_of(corpus):
        try:  # Where entries stand now is kept, too, or they would be read at every start.
            index = build_again(corpus, encoder, encoder_fingerprint, folder)
        except UnwritableIndex:
            return index
    remember(folder, index.version.name, after, corpus)
    with contextlib.suppress(IndexProblem):  # What was read needs far more memory.
        index = _stored(folder, after, encoder_fingerprint)
    return index


def _stored(folder: Path, sources: Sources, fingerprint: str) -> Index:
    """Load an index with the corpus that it holds; IndexProblem where that may be an old one."""

    def load(pointer: versions.Pointer) -> Index:
        files = remembered(folder, pointer.name, sources)
        if files is None:
            raise OutdatedIndex(
                f"the corpus may have changed since the index in {folder} was built"
            )
        manifest = manifest_of(folder, pointer, fingerprint)
        return load_version(folder, pointer, manifest, lambda version: _corpus(version, files))

    return load_current(folder, load)


def _corpus(version: Path, files: Sequence[str]) -> Views:
    corpus = open_corpus(version / CORPUS, files)
    return corpus, mapped(version / VIEWS["passage"]), mapped(version / VIEWS["kind"])
