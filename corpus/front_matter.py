"""The YAML at the top of a Markdown file, between two lines of dashes."""

import re

from corpus.lines import BOM, LINE_END

# It begins with a key (or a comment); prose between two rules is prose.
_FRONT_MATTER = re.compile(
    rf"{BOM}?---[ \t]*{LINE_END}"
    rf"(?P<yaml>(?:(?=#|[\w\"'-]+[ \t]*:).*?{LINE_END})?)"
    rf"(?:---|\.\.\.)[ \t]*(?:{LINE_END}|\Z)",
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
