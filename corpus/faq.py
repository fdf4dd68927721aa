"""What tells an FAQ and its questions from other headings and paragraphs."""

import re

_FAQ = re.compile(
    r"\W*(?:frequently[ -]asked[ -]questions|f\.?a\.?q\.?(?:s|['’]s)?|(?:common|popular) questions"
    r"|questions? (?:and|&) answers?|q ?(?:&|and) ?a|h[äa]ufige fragen|h[äa]ufig gestellte fragen"
    r"|foire aux questions|questions fr[ée]quentes|preguntas frecuentes|domande frequenti"
    r"|perguntas frequentes|veelgestelde vragen)(?!\w)",
    re.IGNORECASE,
)
_INTERROGATIVE = re.compile(
    r"(?:who|whom|whose|what|when|where|why|which|how|is|are|was|were|do|does|did|can|could|will"
    r"|would|should|has|have)(?:['’]\w+)?\s+\w",
    re.IGNORECASE,
)
_ENDS_AS_QUESTION = re.compile(r"[?？؟⁇⁈⁉;;]['\"”’»)\]*_]*\Z")
_PREFIX = re.compile(r"(?:Q(?:uestion)?\s*\d*\s*[:.)]|\d{1,3}[.)])\s+", re.IGNORECASE)
_BOLD_LINE = re.compile(r"\s*(?P<mark>\*\*|__)(?P<words>(?:(?!\*\*|__).)+)(?P=mark):?\s*")
_ANSWER_PREFIX = re.compile(
    r"\s*(?:A:|Answer:|(\*\*|__)(?:A|Answer):\1|(\*\*|__)(?:A|Answer)\2:)\s+"
)


def is_faq_heading(heading: str) -> bool:
    """Tell whether a heading opens a list of frequently asked questions."""
    return bool(_FAQ.match(heading))


def is_question(words: str) -> bool:
    """Tell whether words ask something: by their question mark or their first word."""
    words = without_prefix(words)
    return bool(_ENDS_AS_QUESTION.search(words.rstrip()) or _INTERROGATIVE.match(words))


def without_prefix(question: str) -> str:
    """Return a question without its "Q:" or number."""
    return _PREFIX.sub("", question, count=1).strip()


def bold_question(line: str) -> str | None:
    """Return the question that is a line's whole, bold text; None for any other line."""
    match = _BOLD_LINE.fullmatch(line)
    return match["words"] if match and is_question(match["words"]) else None


def answer_start(text: str, start: int, end: int) -> int:
    """Return where the answer ``text[start:end]`` begins, an "A:" before it left out."""
    match = _ANSWER_PREFIX.match(text, start, end)
    return match.end() if match and match.end() < end else start
