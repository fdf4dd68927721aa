"""The part of a passage that answers, by offsets."""

import re
from collections.abc import Sequence

from index.terms import terms

Span = tuple[int, int]

_COVERAGE = 0.3
"""Weight of shared words beside nearness: both find a sentence better than either alone."""
_LEANS = re.compile(
    r"(?i)(it|its|this|these|those|that|they|their|them|he|his|she|her|such|here|both|instead"
    r"|however|also|then|afterwards|therefore)\b"
)


def answer_span(
    text: str, spans: Sequence[Span], nearness: Sequence[float], question: Sequence[str]
) -> Span:
    """Return the sentence of a text that fits a question best.

    A sentence that leans on the one before ("This factory …") comes with it.

    Parameters
    ----------
    spans
        The text's sentences, in order; without any, the whole text is the answer.
    nearness
        How near each of them is to the question; a cosine, or one and more.
    question
        The question's terms.
    """
    if len(spans) < 2:
        return (0, len(text))
    asked = set(question)
    fits = [
        near + _COVERAGE * _shared(asked, text[start:end])
        for (start, end), near in zip(spans, nearness, strict=True)
    ]
    best = max(range(len(spans)), key=fits.__getitem__)
    first = best
    while first > 0 and _LEANS.match(text[slice(*spans[first])].lstrip("\"'“‘(*_")):
        first -= 1
    return (spans[first][0], spans[best][1])


def _shared(asked: set[str], sentence: str) -> float:
    return len(asked.intersection(terms(sentence))) / max(len(asked), 1)
