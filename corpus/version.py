"""A hash of everything in a corpus that answers depend on."""

import hashlib
import json
from collections.abc import Iterable

from corpus.document import Document, Passage


def version(documents: Iterable[Document], passages: Iterable[Passage]) -> str:
    """Return a sha256, in hex, that changes with ids, texts, questions, titles, links and dates.

    Where the files lie doesn't matter.
    """
    facts = hashlib.sha256()
    for document in documents:
        _add(facts, _document_facts(document))
    for passage in passages:
        _add(facts, _passage_facts(passage))
    return facts.hexdigest()


def _add(facts: "hashlib._Hash", values: list[object]) -> None:
    facts.update(json.dumps(values).encode() + b"\n")


def _document_facts(document: Document) -> list[object]:
    dates = [day and day.isoformat() for day in (document.valid_until, document.review_by)]
    return [
        document.id,
        document.text,
        document.title,
        document.format,
        document.field,
        document.questions,
        document.url,
        document.lang,
        *dates,
    ]


def _passage_facts(passage: Passage) -> list[object]:
    """Return how the document was split: a better splitter makes another corpus."""
    return [
        passage.id,
        passage.source_id,
        passage.kind,
        passage.start,
        passage.end,
        passage.section,
        passage.questions,
        passage.cells,
        passage.context,
    ]
