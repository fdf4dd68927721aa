"""``.txt``: one document, paragraphs parted by blank lines."""

from pathlib import Path

from corpus.document import Document
from corpus.readers.common import name_title


def read_plain(file: Path, text: str, name: str) -> Document:
    """Return the file as the document ``name``."""
    return Document(id=name, file=str(file), text=text, title=name_title(file))
