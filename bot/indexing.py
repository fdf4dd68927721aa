"""The index of a site, built or refreshed, and what was done for it."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.agreement_facts import facts_of
from bot.confidence import Calibration
from bot.config import Settings, SettingsError, cache_folder, shipped_article
from corpus.document import Document
from corpus.read import read_corpus
from index import versions
from index.build import Index
from index.encoders import building_encoder, describe, question_encoder
from index.engines import recall_of
from index.errors import IndexProblem
from index.milvus_client import Place
from index.opening import open_files


def print_err(line: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(f"{line}\n")


_NAMES = {"entry": "FAQ entries", "paragraph": "paragraphs", "row": "table rows", "table": "tables"}


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is in an index, and what this run did for it.

    Attributes
    ----------
    passages
        Number of passages by kind.
    embedded, reused
        Texts embedded in this run, and texts whose vectors were there already.
    expected
        What the error budget of the settings comes to.
    recall
        What share of the nearest vectors is found, where not all of them are compared.
    overdue
        A line for each document that has expired or that should have been reviewed.
    """

    documents: int
    passages: Mapping[str, int]
    embedded: int
    reused: int
    seconds: float
    folder: Path | Place
    expected: str = ""
    recall: str = ""
    overdue: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it as lines for the operator."""
        kinds = ", ".join(
            f"{name} {self.passages[kind]}" for kind, name in _NAMES.items() if self.passages[kind]
        )
        return "".join(f"{line}\n" for line in self.overdue) + (
            f"documents: {self.documents}\n"
            f"passages: {sum(self.passages.values())} ({kinds})\n"
            f"vectors: {self.embedded} made, {self.reused} kept\n"
            f"seconds: {self.seconds:.1f}\n"
            f"{'folder' if isinstance(self.folder, Path) else 'index'}: {self.folder}\n"
            f"{self.recall}"
            f"{self.expected}"
        )


def refresh_index(
    settings: Settings, *, progress: bool = False, say: Callable[[str], None] = print_err
) -> Indexed:
    """Build the index of a site, or refresh it, and tell what was done.

    The model for questions and what is known of the corpus as a whole are made ready too, so that
    the next command answers at once. Raises what :func:`open_index` does.
    """
    began = time.perf_counter()
    if settings.store == "milvus":
        index, made = _publish(settings, progress=progress, say=say)
    else:
        before = _version(settings.index_folder)
        index = open_index(settings, progress=progress, say=say)
        made = _version(settings.index_folder) != before
    question_encoder(settings.model, cache_folder())
    facts_of(index)
    manifest = index.manifest
    embedded = manifest.embedded if made else 0
    documents, outline = index.corpus.documents, index.corpus.outline
    return Indexed(
        documents=len(documents),
        passages=Counter(outline.counts()),
        embedded=embedded,
        reused=manifest.embedded + manifest.reused - embedded,
        seconds=time.perf_counter() - began,
        folder=settings.place if settings.store == "milvus" else settings.index_folder,
        expected=expected_of(settings.error_budget),
        recall=recall_of(index.store),
        overdue=tuple(overdue((documents[number] for number in outline.dated()), date.today())),
    )


def expected_of(budget: float) -> str:
    """Return what an error budget came to on question sets that nothing was fitted to."""
    calibration = Calibration.shipped()
    expected, least, most = calibration.coverage(budget)
    return (
        f"error budget {budget:g}: answers of {calibration.cut(budget):.0%} confidence and more;"
        f" of the questions that pages answer, {expected:.0%} are expected to get one"
        f" ({least:.0%} to {most:.0%} on {calibration.sets} sets of questions, each left out)"
    )


def overdue(documents: Iterable[Document], today: date) -> Iterator[str]:
    """Yield a line for each document whose ``valid_until`` or ``review_by`` is past."""
    for each in documents:
        if each.valid_until and each.valid_until < today:
            yield f"{each.file}: expired on {each.valid_until}; it is not answered from"
        elif each.review_by and each.review_by < today:
            yield f"{each.file}: to be reviewed since {each.review_by}; it is still answered from"


def open_index(
    settings: Settings, *, progress: bool = False, say: Callable[[str], None] = print_err
) -> Index:
    """Return the index of a site, built or refreshed where its pages have changed.

    One in Milvus is opened as it is: :func:`refresh_index` publishes it.

    Parameters
    ----------
    say
        Takes a line where something is built, and why.

    Raises
    ------
    PortelloError
        The corpus or the model can't be read, or the folder can't be written to.
    """
    fingerprint = describe(settings.model, cache_folder()).fingerprint
    if settings.store == "milvus":
        from index.published import open_published

        return open_published(settings.place, fingerprint, settings.index_folder)
    return open_files(
        settings.corpus,
        lambda: building_encoder(settings.model, cache_folder()),
        fingerprint,
        settings.index_folder,
        progress=progress,
        say=say,
    )


def _publish(
    settings: Settings, *, progress: bool, say: Callable[[str], None]
) -> tuple[Index, bool]:
    from index.published import publish_index

    if settings.corpus == shipped_article():
        # Servers need no corpus in their settings, and publishing replaces what they answer from.
        raise SettingsError(
            "the article that comes with Portello isn't published in Milvus; give your own pages:"
            " `python app.py index --corpus PAGES --site FILE`"
        )
    return publish_index(
        read_corpus(settings.corpus),
        lambda: building_encoder(settings.model, cache_folder()),
        describe(settings.model, cache_folder()).fingerprint,
        settings.place,
        settings.index_folder,
        progress=progress,
        say=say,
    )


def _version(folder: Path) -> str | None:
    try:
        return versions.current(folder).name
    except IndexProblem:
        return None
