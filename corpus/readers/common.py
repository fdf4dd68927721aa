"""What every reader needs: a file's text, ids that are claimed once, checked links."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from corpus.errors import CorpusError


def read_text(file: Path) -> str:
    """Return a file's text, line ends and byte order mark kept, so that offsets are true.

    Raises
    ------
    CorpusError
        The file can't be read or isn't UTF-8.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise unreadable(file, error) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            f"{file}, line {line}: byte {error.start} isn't UTF-8; "
            'save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")'
        ) from error


def unreadable(file: Path, error: OSError) -> CorpusError:
    """Return the error for a file that the system doesn't give."""
    return CorpusError(f"{file}: can't be read ({error.strerror}); check its name and permissions")


def name_title(file: Path) -> str:
    """Return what a file without a title is called: its name without suffix and dashes."""
    return " ".join(file.stem.replace("-", " ").replace("_", " ").split()) or file.name


def check_url(url: str | None, place: str) -> str | None:
    """Return the address, None for an empty one; CorpusError where no browser should follow it."""
    if url is None or not url.strip():
        return None
    try:
        scheme = urlsplit(url.strip()).scheme
    except ValueError:
        scheme = "?"
    if scheme not in ("", "http", "https"):
        raise CorpusError(
            f'{place}: the url "{url.strip()}" isn\'t a web address; '
            "begin it with https:// or http://"
        )
    return url.strip()


@dataclass(slots=True)
class Ids:
    """Ids of documents and where each was given."""

    places: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, place: str) -> str:
        """Take an id; CorpusError, naming both places, where it's taken."""
        if name in self.places:
            raise CorpusError(
                f'{place}: the id "{name}" is taken by {self.places[name]}; give each its own'
            )
        self.places[name] = place
        return name

    def derive(self, name: str, place: str) -> str:
        """Take an id like ``name``: itself, or with "-2", "-3", where it's taken."""
        free, number = name, 1
        while free in self.places:
            number += 1
            free = f"{name}-{number}"
        return self.claim(free, place)
