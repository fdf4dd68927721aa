"""The bot: a question in, a reply out, every word of its answer proved against the source."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bot.citing import cite
from bot.confidence import Calibration, cues_of
from bot.config import Settings, cache_folder
from bot.proof import Proof
from bot.reply import Alternative, Outcome, Reply
from bot.small_talk import Met, SmallTalk, alike
from bot.snippet import answer_span
from corpus.document import Corpus, Passage
from corpus.read import read_corpus
from corpus.sentences import sentences
from index.build import Index
from index.encode import Encoder
from index.rank import Ranker, Ranking
from index.terms import terms, words

ALTERNATIVES = 3
SUGGESTIONS = 3
_RANKED = 10
_UNLIKELY = 0.1
"""Confidence below which a passage isn't worth showing as an alternative."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A reply with what led to it.

    Attributes
    ----------
    ranking
        Source ids, best first, at most ten, before any abstention.
    top_text
        The best passage with what it stands in.
    cues
        What confidence was told from, as :data:`bot.confidence.CUES` lists it.
    """

    reply: Reply
    ranking: tuple[str, ...] = ()
    top_text: str = ""
    cues: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """The best passage of one source, its confidence and the cues this was told from."""

    number: int
    passage: Passage
    confidence: float
    cues: tuple[float, ...]


class Bot:
    """Answers from one corpus. May be asked from several threads at once.

    Parameters
    ----------
    small_talk
        Greetings and the like; None for a bot that leaves them alone.
    """

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        settings: Settings,
        small_talk: SmallTalk | None = None,
    ) -> None:
        self.index = index
        self.settings = settings
        self._encoder = encoder
        self._ranker = Ranker(index)
        self._calibration = Calibration.shipped()
        self._small_talk = small_talk
        self._proof = Proof()

    @classmethod
    def open(cls, settings: Settings, *, progress: bool = False) -> Self:
        """Read the corpus, build or refresh its index and load the encoder.

        Raises
        ------
        PortelloError
            The corpus or the model can't be read, or the index can't be written.
        """
        from bot.indexing import open_index
        from index.encoders import question_encoder

        small_talk = SmallTalk(read_corpus([settings.small_talk])) if settings.small_talk else None
        index = open_index(settings, progress=progress)
        encoder = question_encoder(settings.model, cache_folder())
        return cls(index, encoder, settings, small_talk)

    @property
    def corpus_version(self) -> str:
        """Hash of what was indexed."""
        return self.index.corpus.version

    @cached_property
    def source_ids(self) -> frozenset[str]:
        """The ids that a reply may name as its source."""
        return frozenset(passage.source_id for passage in self.index.corpus.passages)

    def starters(self) -> tuple[str, ...]:
        """Return questions to start with: the owner's, else the corpus's first FAQ entries."""
        if self.settings.starters:
            return self.settings.starters
        asked = [p.questions[0] for p in self.index.corpus.passages if p.questions]
        return tuple(dict.fromkeys(asked))[: SUGGESTIONS + 1]

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Return the reply to a question.

        Parameters
        ----------
        question
            Any text; nothing in it raises.
        history
            The visitor's earlier questions, oldest first.
        """
        return self.trace(question, history).reply

    def trace(self, question: str, history: Sequence[str] = ()) -> Trace:
        """Return the reply with what led to it; see :meth:`ask`."""
        asked = question[: self.settings.max_question_chars]
        if not words(asked):
            return Trace(self._abstain(0.0))
        ranking = self._ranker.rank(asked, self._encoder.encode)
        met = self._small_talk.find(asked) if self._small_talk else None
        if met is not None and met.alike > alike(asked, self._passages(ranking)[0].questions):
            return Trace(self._chat(met))
        candidates = self._candidates(ranking)
        best = candidates[0]
        return Trace(
            reply=self._reply(ranking, candidates),
            ranking=tuple(each.passage.source_id for each in candidates),
            top_text=self._around(best.passage),
            cues=best.cues,
        )

    def _candidates(self, ranking: Ranking) -> list[Candidate]:
        """Return the best passage of each source, best first, at most ten."""
        passages = self._passages(ranking)
        sources = np.array([passage.source_id for passage in passages], dtype=object)
        _, first = np.unique(sources, return_index=True)
        return [
            self._candidate(ranking, sources, int(at), passages[at])
            for at in np.sort(first)[:_RANKED]
        ]

    def _candidate(
        self, ranking: Ranking, sources: NDArray[np.object_], at: int, passage: Passage
    ) -> Candidate:
        cues = cues_of(ranking, sources, at, passage.kind == "entry")
        chance = float(self._calibration.probability(cues))
        return Candidate(int(ranking.passages[at]), passage, chance, tuple(cues.tolist()))

    def _reply(self, ranking: Ranking, candidates: Sequence[Candidate]) -> Reply:
        best, *others = candidates
        answer = self._cite(ranking, best)
        outcome = _outcome(best.confidence)
        if outcome == "abstain" or answer is None:
            near = [each.passage.questions[0] for each in candidates if each.passage.questions]
            return self._abstain(best.confidence, near)
        likely = [each for each in others[:ALTERNATIVES] if each.confidence >= _UNLIKELY]
        cited = [self._cite(ranking, each) for each in likely]
        return Reply(
            outcome=outcome,
            answer=answer.answer,
            confidence=answer.confidence,
            source=answer.source,
            alternatives=tuple(each for each in cited if each is not None),
            cells=answer.cells,
            corpus_version=self.corpus_version,
            reply_id=_new_id(),
        )

    def _cite(self, ranking: Ranking, candidate: Candidate) -> Alternative | None:
        """Return a candidate's answer with its source; None if that has changed meanwhile."""
        passage = candidate.passage
        document = self.index.corpus.documents[passage.document]
        if not self._proof.holds(document, passage):
            return None
        return cite(document, passage, self._span(ranking, candidate), candidate.confidence)

    def _span(self, ranking: Ranking, candidate: Candidate) -> tuple[int, int]:
        """Return the answer's span in its document: a paragraph's best sentence, else all of it."""
        passage = candidate.passage
        if passage.kind != "paragraph":
            return passage.start, passage.end
        cosines = self._ranker.sentence_cosines(ranking, candidate.number)
        asked = terms(ranking.question)
        start, end = answer_span(passage.text, sentences(passage.text), cosines, asked)
        return passage.start + start, passage.start + end

    def _passages(self, ranking: Ranking) -> list[Passage]:
        return [self.index.corpus.passages[int(number)] for number in ranking.passages]

    def _around(self, passage: Passage) -> str:
        return self.index.corpus.documents[passage.document].text[slice(*passage.context)]

    def _abstain(self, confidence: float, near: Sequence[str] = ()) -> Reply:
        suggestions = tuple(dict.fromkeys([*near, *self.starters()]))[:SUGGESTIONS]
        return Reply(
            outcome="abstain",
            answer=None,
            confidence=confidence,
            source=None,
            suggestions=suggestions,
            corpus_version=self.corpus_version,
            reply_id=_new_id(),
        )

    def _chat(self, met: Met) -> Reply:
        corpus: Corpus = met.corpus
        document = corpus.documents[met.passage.document]
        said = cite(document, met.passage, (met.passage.start, met.passage.end), met.alike)
        return Reply(
            outcome="smalltalk",
            answer=said.answer,
            confidence=said.confidence,
            source=said.source,
            suggestions=self.starters()[:SUGGESTIONS],
            corpus_version=self.corpus_version,
            reply_id=_new_id(),
        )


def _outcome(confidence: float) -> Outcome:
    return "answer" if confidence >= 0.5 else "abstain"


def _new_id() -> str:
    return secrets.token_hex(6)
