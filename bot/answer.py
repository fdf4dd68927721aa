"""The bot: a question in, a reply out, every word of its answer proved against the source."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from itertools import islice
from typing import Self

from bot.agreement_facts import facts_of
from bot.citing import cite
from bot.confidence import Calibration
from bot.config import Settings, cache_folder
from bot.differences import differing, telling
from bot.followup import resolve
from bot.judging import Candidate, Judge, Judgement
from bot.proof import Proof, PublishedProof
from bot.reply import Alternative, Outcome, Reply, new_id
from bot.small_talk import Met, SmallTalk, alike
from bot.snippet import answer_span, read_nearness
from bot.verifier import Verifier
from bot.without import without
from corpus.document import Corpus, Passage
from corpus.read import read_corpus
from corpus.sentences import sentences
from index.build import Index
from index.encode import Encoder
from index.rank import Ranker, Ranking
from index.terms import terms, words

ALTERNATIVES = 3
SUGGESTIONS = 3
ENTRIES = 1000
"""Entries of an FAQ that are listed."""
_HISTORY = 20
_UNLIKELY = 0.1
"""Confidence below which a passage isn't worth showing as an alternative."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A reply with what led to it.

    Attributes
    ----------
    ranking
        Source ids, best first, before any abstention.
    top_text
        The best passage with what it stands in.
    cues
        What confidence was told from, as :data:`bot.confidence.CUES` lists it.
    """

    reply: Reply
    ranking: tuple[str, ...] = ()
    top_text: str = ""
    cues: tuple[float, ...] = ()


class Bot:
    """Answers from one corpus. May be asked from several threads at once.

    Parameters
    ----------
    small_talk
        Greetings and the like; None for a bot that leaves them alone.
    verifier
        Of the bot whose place this one takes, with what it read; one of its own if left out.
    """

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        settings: Settings,
        small_talk: SmallTalk | None = None,
        verifier: Verifier | None = None,
    ) -> None:
        self.index = index
        self.settings = settings
        self._encoder = encoder
        self._ranker = Ranker(index)
        facts = facts_of(index)
        self._topic = facts.titles  # What the site is about.
        self._verifier = verifier or Verifier()
        self._judge = Judge(index, self._ranker, encoder.encode, facts, self._verifier)
        self._small_talk = small_talk
        self._proof = PublishedProof() if settings.store == "milvus" else Proof()
        self._chat_proof = Proof()
        self._cut = Calibration.shipped().cut(settings.error_budget)
        self._until = dict(index.corpus.outline.expiring())

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
        encoder = question_encoder(settings.model, cache_folder(), settings.precision)
        return cls(index, encoder, settings, small_talk)

    def newer(self) -> Self | None:
        """Return a bot of the index that was published meanwhile; None if it is this one's.

        Raises
        ------
        PortelloError
            Milvus doesn't answer, or the index can't be used.
        """
        index = self.index.newer()
        if index is None:
            return None
        return type(self)(index, self._encoder, self.settings, self._small_talk, self._verifier)

    def check(self) -> None:
        """Raise StoreAway or IndexProblem if the index can't be searched now."""
        self.index.check()

    def varied(
        self,
        *,
        ranker: Ranker | None = None,
        judge: type[Judge] = Judge,
        verifier: Verifier | None = None,
    ) -> Self:
        """Return this bot with a part of its own exchanged, to measure what the part is worth."""
        other = copy(self)
        other._ranker = ranker or self._ranker
        reader = verifier or self._verifier
        other._judge = judge(self.index, other._ranker, self._encoder.encode, verifier=reader)
        return other

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
        first: dict[str, None] = {}
        for passage in self._asked():
            first.setdefault(passage.questions[0])
            if len(first) > SUGGESTIONS:
                break
        return tuple(first)

    def entries(self) -> tuple[Alternative, ...]:
        """Return the FAQ as it stands in the sources now, in reading order, at most 1,000."""
        documents = self.index.corpus.documents
        entries = (passage for passage in self._asked() if passage.kind == "entry")
        return tuple(
            cite(documents[p.document], p, (p.start, p.end), 1.0)
            for p in islice(entries, ENTRIES)
            if self._proof.holds(documents[p.document], p)
        )

    def _asked(self) -> Iterator[Passage]:
        """Yield the passages that have questions and have not expired, in reading order."""
        corpus = self.index.corpus
        asked = (corpus.passages[number] for number in corpus.outline.asked)
        return (passage for passage in asked if not self._expired(passage))

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """Return the reply to a question.

        Parameters
        ----------
        question
            Any text; nothing in it raises. One without words, or longer than the settings allow,
            is not answered: the part that would be read may mean something else.
        history
            The visitor's earlier questions, oldest first.
        """
        return self.trace(question, history).reply

    def trace(self, question: str, history: Sequence[str] = ()) -> Trace:
        """Return the reply with what led to it; see :meth:`ask`."""
        if len(question) > self.settings.max_question_chars or not words(question):
            return Trace(self._abstain())
        met = self._small_talk.find(question) if self._small_talk else None
        full = None if met else resolve(question, history[-_HISTORY:], self._topic, self._alike)
        read = full or question
        ranking = self._rank(read)
        if not len(ranking.passages):
            return Trace(self._abstain())
        if met is not None and met.alike > alike(question, self._top(ranking).questions):
            chat = self._chat(met)
            if chat is not None:
                return Trace(chat)
        judged = self._judge.judge(read, ranking)
        reply = self._reply(read, ranking, judged)
        best = judged.candidates[0]
        return Trace(
            reply=replace(reply, understood_as=full),
            ranking=tuple(
                each.source_id
                for each in (*(one.passage for one in judged.candidates), *judged.others)
            ),
            top_text=self._around(best.passage),
            cues=best.cues,
        )

    def _rank(self, question: str) -> Ranking:
        """Return the candidates without those that their owner let expire; there may be none."""
        ranking = self._ranker.rank(question, self._encoder.encode)
        if not self._until:
            return ranking
        passages = self.index.corpus.passages
        return ranking.only([not self._expired(passages[int(n)]) for n in ranking.passages])

    def _expired(self, passage: Passage) -> bool:
        until = self._until.get(passage.document)
        return until is not None and until < date.today()

    def _alike(self, phrase: str, others: Sequence[str]) -> list[float]:
        """Return the cosines of a phrase with others."""
        first, *rest = self._encoder.encode([phrase, *others])
        return [float(row @ first) for row in rest]

    def _reply(self, question: str, ranking: Ranking, judged: Judgement) -> Reply:
        best = judged.candidates[0]
        if best.confidence >= self._cut and not judged.missing:
            given = self._given("answer", ranking, judged)
        else:
            given = self._closest(question, judged)
        return given or self._abstain(best.confidence, judged)

    def _closest(self, question: str, judged: Judgement) -> Reply | None:
        """Return what answers the question but for a place or the like that no source mentions.

        "Is it made in Germany?" is near enough to "is it made"; "is Ferrari made" has lost what it
        was about, and a number or year makes it another question.
        """
        shorter = without(question, judged.missing)
        if shorter is None:
            return None
        ranking = self._rank(shorter)
        if not len(ranking.passages):
            return None
        again = self._judge.judge(shorter, ranking)
        if again.candidates[0].confidence < self._cut or again.missing:
            return None
        reply = self._given("closest", ranking, again)
        return reply and replace(reply, not_in_sources=judged.missing)

    def _given(self, outcome: Outcome, ranking: Ranking, judged: Judgement) -> Reply | None:
        """Return a reply with the best candidate; None if its source has changed meanwhile."""
        best, *others = judged.candidates
        answer = self._cite(ranking, best)
        if answer is None:
            return None
        likely = [each for each in others if each.answers or each.confidence >= _UNLIKELY]
        beside = _values(answer)
        cited = [(each, self._cite(ranking, each, beside)) for each in likely[:ALTERNATIVES]]
        alternatives = [(each, found) for each, found in cited if found is not None]
        also = [_values(found) for each, found in alternatives if each.answers]
        title = best.passage.title
        return Reply(
            outcome=outcome,
            answer=answer.answer,
            confidence=answer.confidence,
            source=answer.source,
            alternatives=tuple(found for _, found in alternatives),
            cells=answer.cells,
            sources_differ=differing(ranking.question, title, [beside, *also]),
            corpus_version=self.corpus_version,
            reply_id=new_id(),
        )

    def _cite(self, ranking: Ranking, candidate: Candidate, beside: str = "") -> Alternative | None:
        """Return a candidate's answer with its source; None if that has changed meanwhile.

        ``beside`` is the answer that it is to be shown beside; "" for the answer itself.
        """
        passage = candidate.passage
        document = self.index.corpus.documents[passage.document]
        if not self._proof.holds(document, passage):
            return None
        span = self._span(ranking, candidate, beside)
        return cite(document, passage, span, candidate.confidence)

    def _span(self, ranking: Ranking, candidate: Candidate, beside: str) -> tuple[int, int]:
        """Return the answer's span in its document: a paragraph's best sentence, else all of it."""
        passage = candidate.passage
        if passage.kind != "paragraph":
            return passage.start, passage.end
        spans = sentences(passage.text)
        near: Sequence[float] = self._ranker.view_cosines(ranking, candidate.number, "sentence")
        asked = terms(ranking.question)
        if not beside:
            read = partial(self._judge.sentence_verdicts, ranking, passage)
            near = read_nearness(passage.text, spans, near, asked, read)
        start, end = answer_span(passage.text, spans, near, asked)
        if beside and candidate.answers and len(spans) > 1:
            told = [passage.text[slice(*span)] for span in spans]
            nearest = next(at for at, span in enumerate(spans) if span[1] == end)
            most = telling(ranking.question, passage.title, beside, told, nearest)
            start, end = (start, end) if most == nearest else spans[most]
        return passage.start + start, passage.start + end

    def _top(self, ranking: Ranking) -> Passage:
        return self.index.corpus.passages[int(ranking.passages[0])]

    def _around(self, passage: Passage) -> str:
        return self.index.corpus.documents[passage.document].text[slice(*passage.context)]

    def _abstain(self, confidence: float = 0.0, judged: Judgement | None = None) -> Reply:
        best = [each.passage for each in judged.candidates] if judged else []
        others = judged.others if judged else ()
        near = [each.questions[0] for each in (*best, *others) if each.questions][:SUGGESTIONS]
        doubt = judged is not None and not judged.missing and self._torn(judged)
        suggestions = tuple(dict.fromkeys([*near, *self.starters()]))[:SUGGESTIONS]
        return Reply(
            outcome="abstain",
            answer=None,
            confidence=confidence,
            source=None,
            not_in_sources=judged.missing if judged else (),
            suggestions=suggestions,
            corpus_version=self.corpus_version,
            reply_id=new_id(),
            did_you_mean=tuple(near[:2]) if doubt else (),
        )

    def _torn(self, judged: Judgement) -> bool:
        """Tell whether the best two are entries of which one is likely right, but not which."""
        two = judged.candidates[:2]
        likely = sum(each.confidence for each in two) >= self._cut
        return likely and len(two) == 2 and all(each.passage.questions for each in two)

    def _chat(self, met: Met) -> Reply | None:
        """Return the reply to small talk; None if its file has changed meanwhile."""
        corpus: Corpus = met.corpus
        document = corpus.documents[met.passage.document]
        if not self._chat_proof.holds(document, met.passage):
            return None
        said = cite(document, met.passage, (met.passage.start, met.passage.end), met.alike)
        return Reply(
            outcome="smalltalk",
            answer=said.answer,
            confidence=said.confidence,
            source=said.source,
            suggestions=self.starters()[:SUGGESTIONS],
            corpus_version=self.corpus_version,
            reply_id=new_id(),
        )


def _values(cited: Alternative) -> str:
    """Return an answer's text, a table row as its cells."""
    return ", ".join(value for _, value in cited.cells) or cited.answer
