"""Documents as JSON, to be read where their files aren't."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from corpus.document import Corpus, Document
from corpus.read import corpus_of

_DATES = ("valid_until", "review_by")


def to_json(corpus: Corpus) -> str:
    """Return the documents of a corpus, a JSON array in ASCII."""
    return json.dumps([asdict(document) for document in corpus.documents], default=str)


def from_json(text: str) -> Corpus:
    """Return the corpus of :func:`to_json`, its passages split anew.

    Another Portello may split them otherwise: then ``version`` is another one, too.
    """
    return corpus_of([_document(fields) for fields in json.loads(text)])


def _document(fields: dict[str, Any]) -> Document:
    dates = {name: fields[name] and date.fromisoformat(fields[name]) for name in _DATES}
    return Document(**{**fields, **dates, "questions": tuple(fields["questions"])})
