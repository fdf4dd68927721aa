"""The part of a passage that answers, by offsets."""

import re
from collections.abc import Callable, Sequence
from math import inf

from index.terms import terms

Span = tuple[int, int]

_COVERAGE = 0.3
"""Weight of shared words beside nearness: both find a sentence better than either alone."""
_CLEAR = 0.3
"""Lead in fit from which a sentence has won: reading it changed no choice in 600 paragraphs."""
_SENTENCES = 8
"""Sentences of a text up to which the best are read."""
_VERDICT = 0.3
"""Weight of the verifier's logit beside a cosine."""
_READ = 4
"""Sentences worth reading, the best by fit: no other was chosen after reading them all."""
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
    fits = _fits(text, spans, nearness, question)
    best = max(range(len(spans)), key=fits.__getitem__)
    first = best
    while first > 0 and _LEANS.match(text[slice(*spans[first])].lstrip("\"'“‘(*_")):
        first -= 1
    return (spans[first][0], spans[best][1])


def read_nearness(
    text: str,
    spans: Sequence[Span],
    nearness: Sequence[float],
    question: Sequence[str],
    read: Callable[[Sequence[Span]], Sequence[float]],
) -> Sequence[float]:
    """Return a nearness for :func:`answer_span` that comes from reading the best sentences.

    A sentence that stands out isn't read, nor are those far behind, which are out; where there are
    too many, none is.

    Parameters
    ----------
    read
        Gives the verifier's logit for each of some sentences.
    """
    if not 1 < len(spans) <= _SENTENCES:
        return nearness
    fits = _fits(text, spans, nearness, question)
    best = sorted(range(len(spans)), key=lambda number: -fits[number])[:_READ]
    close = [number for number in best if fits[number] >= fits[best[0]] - _CLEAR]
    if len(close) == 1:
        return nearness
    verdicts = dict(zip(close, read([spans[number] for number in close]), strict=True))
    return [
        near + _VERDICT * verdicts[number] if number in verdicts else -inf
        for number, near in enumerate(nearness)
    ]


def _fits(
    text: str, spans: Sequence[Span], nearness: Sequence[float], question: Sequence[str]
) -> list[float]:
    asked = set(question)
    return [
        near + _COVERAGE * _shared(asked, text[start:end])
        for (start, end), near in zip(spans, nearness, strict=True)
    ]


def _shared(asked: set[str], sentence: str) -> float:
    return len(asked.intersection(terms(sentence))) / max(len(asked), 1)
