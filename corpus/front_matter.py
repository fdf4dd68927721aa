"""The YAML at the top of a Markdown file, between two lines of dashes."""

import re

from corpus.lines import BOM

_FRONT_MATTER = re.compile(
    rf"{BOM}?---[ \t]*(?:\r\n?|\n)(?P<yaml>(?:.*?(?:\r\n?|\n))??)"
    r"(?:---|\.\.\.)[ \t]*(?:\r\n?|\n|\Z)",
    re.DOTALL,
)


def front_matter(text: str) -> str:
    """Return the YAML at the top of a Markdown text, ``""`` where there is none."""
    match = _FRONT_MATTER.match(text)
    return match["yaml"] if match else ""


def body_start(text: str) -> int:
    """Return where a Markdown text begins, its byte order mark and front matter left out."""
    match = _FRONT_MATTER.match(text)
    return match.end() if match else int(text.startswith(BOM))
