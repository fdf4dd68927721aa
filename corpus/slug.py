"""Words as a part of an id."""

import re
import unicodedata


def slug(words: str) -> str:
    """Return words as a part of an id: lower case, joined by "-", at most 80 characters."""
    words = re.sub("['’]", "", unicodedata.normalize("NFC", words).casefold())
    return re.sub(r"[\W_]+", "-", words)[:80].strip("-") or "section"
