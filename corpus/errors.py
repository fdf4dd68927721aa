"""What goes wrong and what an operator can do about it."""


class PortelloError(Exception):
    """Something the operator can mend: what happened, what was found, what to do, in one line."""

    def __str__(self) -> str:
        """Return the message as one line, even where a name it tells of holds a line break."""
        return " ".join(super().__str__().splitlines())


class CorpusError(PortelloError):
    """A corpus that can't be read: names file, line (where there is one) and remedy."""
