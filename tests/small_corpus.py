"""Corpora of a few lines for tests of what comes after reading."""

import hashlib

from corpus.document import Corpus, Document, Passage


def corpus_of(*texts: str, questions: tuple[str, ...] = ("Where is it made?",)) -> Corpus:
    """Return a corpus of one FAQ entry and a paragraph for each text."""
    answer = "In Turin and Naples."
    whole = "\n".join([answer, *texts])
    passages = [
        Passage("faq", "faq", 0, "entry", 0, len(answer), answer, "Guide", questions=questions)
    ]
    start = len(answer) + 1
    for number, text in enumerate(texts):
        end = start + len(text)
        name = f"guide.md#{number}"
        passages.append(Passage(name, name, 0, "paragraph", start, end, text, "Guide", ("Part",)))
        start = end + 1
    version = hashlib.sha256(repr((whole, questions)).encode()).hexdigest()
    return Corpus((Document("guide.md", "guide.md", whole, "Guide"),), tuple(passages), version)
