"""The texts of a corpus as an index takes them: views to embed, words to look up, one hash."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.document import Corpus
from index.keyword import keyword_text
from index.terms import terms
from index.views import VIEW_KINDS, views_of

_TERMS_PROBED = 100
"""Passages whose terms are hashed: a change in how words are split shows in the first of them."""


class Texts(NamedTuple):
    """What is embedded, view by view, and what words are looked up in, passage by passage.

    Attributes
    ----------
    views
        The text of each view.
    passage
        int32, (n_views,): the passage of each view, ascending.
    kind
        uint8, (n_views,): position in :data:`index.views.VIEW_KINDS`.
    digests
        uint8, (n_views, 32): sha256 of each view's text.
    keyword
        The text of each passage for :class:`index.keyword.Keyword`.
    content
        Hash of all of it, in order.
    """

    views: list[str]
    passage: NDArray[np.int32]
    kind: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    keyword: list[str]
    content: str


def texts_of(corpus: Corpus) -> Texts:
    """Return the texts of a corpus."""
    views = [
        (number, VIEW_KINDS.index(view.kind), view.text)
        for number, passage in enumerate(corpus.passages)
        for view in views_of(passage)
    ]
    texts = [text for _, _, text in views]
    passage = np.array([number for number, _, _ in views], dtype=np.int32)
    kind = np.array([kind for _, kind, _ in views], dtype=np.uint8)
    digests = b"".join(map(_digest, texts))
    keyword = [keyword_text(passage) for passage in corpus.passages]
    content = _content([passage.tobytes(), kind.tobytes(), digests], keyword)
    rows = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32)
    return Texts(texts, passage, kind, rows, keyword, content)


def _content(views: Sequence[bytes], keyword: Sequence[str]) -> str:
    hashed = hashlib.sha256(_digest(" ".join(VIEW_KINDS)))
    for part in views:
        hashed.update(part)
    for text in keyword:
        hashed.update(_digest(text))
    for text in keyword[:_TERMS_PROBED]:
        hashed.update(_digest(" ".join(terms(text))))
    return hashed.hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
