"""What is embedded for a passage."""

from dataclasses import dataclass

from corpus.document import Passage

VIEW_KINDS: tuple[str, ...] = ("question", "answer", "entry", "passage")


@dataclass(frozen=True, slots=True)
class View:
    """One text that a passage can be found by; ``kind`` is one of :data:`VIEW_KINDS`."""

    kind: str
    text: str


def views_of(passage: Passage) -> list[View]:
    """Return an entry's phrasings, answer and both together; else title, section and text."""
    if passage.kind == "entry":
        questions = [View("question", question) for question in passage.questions]
        both = [View("entry", f"{question} {passage.text}") for question in passage.questions]
        return [*questions, View("answer", passage.text), *both]
    heading = " > ".join(part for part in (passage.title, *passage.section) if part)
    return [View("passage", f"{heading}\n{passage.text}" if heading else passage.text)]
