"""A passage becomes an answer with its source."""

from bot.reply import Alternative, Source
from corpus.document import Document, Passage


def cite(
    document: Document, passage: Passage, span: tuple[int, int], confidence: float
) -> Alternative:
    """Return the slice ``span`` of a document as an answer, the passage's context around it."""
    start, end = span
    left, right = passage.context
    source = Source(
        id=passage.source_id,
        document=document.id,
        title=passage.title,
        section=passage.section,
        url=document.url,
        file=document.file,
        field=document.field,
        start=left,
        end=right,
        snippet=document.text[left:right],
        highlight=(start - left, end - left),
    )
    return Alternative(
        answer=document.text[start:end],
        confidence=confidence,
        source=source,
        question=passage.questions[0] if passage.questions else None,
        cells=passage.cells,
    )
