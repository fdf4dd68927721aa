"""What is embedded for a passage."""

from dataclasses import dataclass

from corpus.document import Passage
from corpus.sentences import sentences

VIEW_KINDS: tuple[str, ...] = ("question", "answer", "whole", "sentence")


@dataclass(frozen=True, slots=True)
class View:
    """One text that a passage can be found by.

    ``kind`` is one of :data:`VIEW_KINDS`: ``question``, one phrasing of an entry; ``answer``, its
    answer; ``whole``, the passage with what it stands under; ``sentence``, one sentence of it.
    """

    kind: str
    text: str


def views_of(passage: Passage) -> list[View]:
    """Return the views of a passage, its sentences in order; there is at least one.

    A text of one sentence has no views of its sentences: it would be told twice.
    """
    single = [View("sentence", text) for text in _sentences(passage.text)]
    if passage.kind == "entry":
        questions = [View("question", question) for question in passage.questions]
        both = View("whole", " ".join([*passage.questions[:1], passage.text]))
        return [*questions, View("answer", passage.text), both, *single]
    whole = View("whole", whole_text(passage))
    return [whole, *single] if passage.kind == "paragraph" else [whole]


def whole_text(passage: Passage) -> str:
    """Return a passage's title, section and text in one; a row as "header: value; …"."""
    body = passage.text
    if passage.cells:
        body = "; ".join(
            f"{head}: {cell}" if head else cell for head, cell in passage.cells if cell
        )
    above = [part for part in (passage.title, *passage.section) if part]
    return ". ".join([*dict.fromkeys(above), body])


def _sentences(text: str) -> list[str]:
    spans = sentences(text)
    return [text[start:end] for start, end in spans] if len(spans) > 1 else []
