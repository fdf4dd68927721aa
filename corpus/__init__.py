"""Files become documents, documents become passages. Imports nothing of ours."""

from corpus.document import Corpus, Document, Passage
from corpus.errors import CorpusError, PortelloError

__all__ = ["Corpus", "CorpusError", "Document", "Passage", "PortelloError"]
