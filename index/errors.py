"""Why an index or a model can't be used, each in one line with its remedy."""

from corpus.errors import PortelloError


class IndexProblem(PortelloError):
    """An index that can't be used as it is.

    Attributes
    ----------
    reason
        What was found, without the remedy: for a message that the index is being rebuilt.
    """

    def __init__(self, reason: str, remedy: str = "build it with `python app.py index`") -> None:
        self.reason = reason
        super().__init__(f"{reason}; {remedy}")


class MissingIndex(IndexProblem):
    """Nothing has been built in this folder."""


class RefusedIndex(IndexProblem):
    """The index was made by another model or in another format."""


class OutdatedIndex(IndexProblem):
    """The corpus has changed since the index was built."""


class DamagedIndex(IndexProblem):
    """A file of the index is missing, cut short or changed."""


class UnwritableIndex(PortelloError):
    """The folder of the index can't be written to."""


class StoreAway(PortelloError):
    """Milvus doesn't answer as it should; it may later on.

    Attributes
    ----------
    reason
        What was found, without any address: may be shown to anybody.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class ModelProblem(PortelloError):
    """A model that isn't there or isn't the one that is expected."""
