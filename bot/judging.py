"""Second look at the best candidates: what they say is compared with what was asked.

Ranking finds passages that are near. Here the verifier reads the best few beside the question, the
agreement gate compares names, numbers and kinds of answer, and all of it becomes one probability.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.agreement import Agreement
from bot.agreement_facts import Facts, facts_of
from bot.confidence import Calibration, Fit, Lead, cues_of, is_label
from bot.differences import tells_more
from bot.verifier import Verifier, as_question, paragraph_text, passage_text
from corpus.document import Passage
from index.build import Index
from index.rank import Ranker, Ranking
from index.store import Vectors
from index.terms import terms

LOOKED = 8
"""Sources that may get a second look."""
REACH = 3.0
"""How far behind the best a ranking score, a natural logarithm of odds, may lie to get one.

From 2.5 to 6 pages that neither ranking nor verifier was fitted to are answered alike.
"""
_STANDS_OUT = 1.0
"""Lead in ranking score, a natural logarithm of odds, from which a row is the one that is meant."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The best passage of one source.

    Attributes
    ----------
    number
        The passage's number in the corpus.
    confidence
        Probability, 0 to 1, that it answers the question.
    verdict
        The verifier's logit: above 0 more likely an answer than not.
    disagreements
        What in the question it doesn't agree with; see :mod:`bot.agreement`.
    cues
        What ``confidence`` was told from, as :data:`bot.confidence.CUES` lists it.
    """

    number: int
    passage: Passage
    confidence: float
    verdict: float
    disagreements: tuple[str, ...]
    cues: tuple[float, ...]

    @property
    def answers(self) -> bool:
        """Whether it answers the question more likely than not, whatever the others do."""
        return self.verdict > 0 and not self.disagreements


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of one question.

    Attributes
    ----------
    candidates
        One a source, best first, at most :data:`LOOKED`.
    others
        The best passages of the sources that come after them, best first.
    missing
        Words that matter and that the sources never mention.
    """

    candidates: tuple[Candidate, ...]
    others: tuple[Passage, ...]
    missing: tuple[str, ...]


class Judge:
    """Judges the candidates for questions to one corpus. May be used from several threads.

    Parameters
    ----------
    facts
        What is known of the corpus as a whole; as it was kept with the index if left out.
    verifier
        Shared with another corpus; one of its own if left out.
    """

    def __init__(
        self,
        index: Index,
        ranker: Ranker,
        encode: Callable[[Sequence[str]], Vectors],
        facts: Facts | None = None,
        verifier: Verifier | None = None,
    ) -> None:
        self._passages = index.corpus.passages
        self._ranker = ranker
        self._agreement = Agreement(index.corpus, encode, facts or facts_of(index))
        self._verifier = verifier or Verifier()
        self._calibration = Calibration.shipped()

    def judge(self, question: str, ranking: Ranking) -> Judgement:
        """Return the judgement of a question, as the visitor wrote it, and its ranking."""
        lead = self.look(question, ranking)
        fit = self._calibration.label if lead.label else self._calibration.prose
        scores = fit.second_scores(lead)
        order = self._table_first(lead, scores, np.argsort(-scores, kind="stable"))
        found = [self._candidate(fit, lead, int(nth), scores) for nth in order]
        # A lead-in and its table have become one.
        first = {each.passage.source_id: each for each in reversed(found)}
        candidates = sorted(first.values(), key=found.index)
        others: dict[str, Passage] = {}
        for number in ranking.passages:
            passage = self._passages[int(number)]
            if passage.source_id not in first:
                others.setdefault(passage.source_id, passage)
        return Judgement(tuple(candidates), tuple(others.values()), lead.missing)

    def _table_first(
        self, lead: Lead, scores: NDArray[np.float64], order: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Return the order with a table before its rows where two of them do equally well.

        What no single row answers is asked of the table.
        """
        best, *others = (self._passages[int(lead.ranking.passages[lead.looked[n]])] for n in order)
        place = (best.document, best.context)
        same = [(each.document, each.context) == place for each in others]
        rows = [at for at, each in enumerate(others) if same[at] and each.kind == "row"]
        tables = [at for at, each in enumerate(others) if same[at] and each.kind == "table"]
        if best.kind != "row" or not rows or not tables:
            return order
        if scores[order[0]] - scores[order[1 + rows[0]]] >= _STANDS_OUT:
            return order
        table = 1 + tables[0]
        return np.concatenate([order[[table]], np.delete(order, table)])

    def look(self, question: str, ranking: Ranking) -> Lead:
        """Return what the second look finds, before it is weighed."""
        sources = np.array([self._passages[int(n)].source_id for n in ranking.passages], object)
        order = self._looked(ranking, sources)
        label = is_label(self._passage_at(ranking, order[0])) and self._agreement.has_labels

        @cache
        def disagreements(at: np.intp) -> tuple[str, ...]:
            return self._agreement.disagreements(question, self._passage_at(ranking, at))

        looked, verdicts = self._read_on(ranking, order, None if label else disagreements)
        return Lead(
            ranking=ranking,
            looked=looked,
            label=label,
            verdicts=verdicts,
            disagreements=tuple(disagreements(at) for at in looked),
            missing=self._agreement.missing(question),
        )

    def _candidate(self, fit: Fit, lead: Lead, nth: int, scores: NDArray[np.float64]) -> Candidate:
        number = self._led_to(int(lead.ranking.passages[lead.looked[nth]]))
        passage = self._passages[number]
        cues = cues_of(lead, nth, scores)
        chance = float(fit.probability(cues))
        return Candidate(
            number=number,
            passage=passage,
            confidence=chance,
            # Of labels it tells whether one is meant, but not well enough which.
            verdict=0.0 if lead.label else float(lead.verdicts[nth]),
            disagreements=lead.disagreements[nth],
            cues=tuple(cues.tolist()),
        )

    def _led_to(self, number: int) -> int:
        """Return the table or list that a lead-in ("Here are our plants:") leads to; else itself.

        The lead-in says what stands there, and says nothing else.
        """
        passage = self._passages[number]
        if passage.context[1] <= passage.end or number + 1 == len(self._passages):
            return number
        following = self._passages[number + 1]
        inside = passage.end <= following.start and following.end <= passage.context[1]
        piece = following.context == passage.context  # of one long paragraph, as it is itself
        same = following.document == passage.document
        return number + 1 if same and inside and not piece else number

    def _looked(self, ranking: Ranking, sources: NDArray[np.object_]) -> NDArray[np.intp]:
        """Return the positions of the best sources' best candidates.

        Where rows of one table lead and none stands out, the question is about the table.
        """
        # Of each source, in order, the first; np.unique would load all of numpy.ma for it.
        backwards = {source: len(sources) - 1 - at for at, source in enumerate(sources[::-1])}
        order = np.sort(np.array(list(backwards.values()), dtype=np.intp))
        passages = [self._passage_at(ranking, at) for at in order]
        leading = passages[0]
        if leading.kind == "row" and len(order) > 1:
            place = (leading.document, leading.context)
            alike = [(each.document, each.context) == place for each in passages]
            lead = float(ranking.scores[order[0]] - ranking.scores[order[1]])
            tables = [n for n, each in enumerate(passages) if alike[n] and each.kind == "table"]
            if alike[1] and lead < _STANDS_OUT and tables:
                order = np.concatenate([order[tables[:1]], np.delete(order, tables[0])])
        return order[:LOOKED]

    def _read_on(
        self,
        ranking: Ranking,
        order: NDArray[np.intp],
        disagreements: Callable[[np.intp], tuple[str, ...]] | None,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return which candidates were read, and the verdicts on them.

        Those within reach of the best that agrees; where one of them answers, the others, too, that
        may name another place, date or number. Of a paragraph one sentence will be shown, and it
        isn't known yet which: beside it, all that names any is read. But for the first, what
        disagrees with the question isn't read: it was never the answer where another agrees.

        Parameters
        ----------
        disagreements
            Gives those of a candidate; None where all are read.
        """

        def agreeing(some: Iterable[np.intp]) -> Iterator[np.intp]:
            return (at for at in some if disagreements is None or not disagreements(at))

        ahead = next(agreeing(np.sort(order)), order[0])
        near = ranking.scores[order] >= ranking.scores[ahead] - REACH
        near[0] = True
        looked = np.array([order[0], *agreeing(order[1:][near[1:]])])
        verdicts = self._verdicts(ranking, looked)
        if verdicts.max() <= 0 or near.all():
            return looked, verdicts
        best = looked[int(verdicts.argmax())]
        shown = self._passages[self._led_to(int(ranking.passages[best]))]
        title, said = shown.title, "" if shown.kind == "paragraph" else self._told(ranking, best)
        asked, others = ranking.question, order[~near]
        more = [at for at in others if tells_more(asked, title, said, self._told(ranking, at))]
        further = np.array(list(agreeing(more)), dtype=np.intp)
        if not len(further):
            return looked, verdicts
        read = np.concatenate([verdicts, self._verdicts(ranking, further)])
        return np.concatenate([looked, further]), read

    def _passage_at(self, ranking: Ranking, at: np.intp) -> Passage:
        return self._passages[int(ranking.passages[at])]

    def _told(self, ranking: Ranking, at: np.intp) -> str:
        """Return what a candidate would tell, a table row as its cells."""
        passage = self._passages[self._led_to(int(ranking.passages[at]))]
        return ", ".join(value for _, value in passage.cells) or passage.text

    def _verdicts(self, ranking: Ranking, looked: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the verifier's logit for each candidate that gets a second look."""
        weights = {term: self._ranker.rarity(term) for term in terms(ranking.question)}
        texts = []
        for at in looked:
            number = int(ranking.passages[at])
            passage = self._passages[number]
            cosines = self._ranker.view_cosines(ranking, number, "question")
            nearest = passage.questions[int(np.argmax(cosines))] if cosines else ""
            texts.append(passage_text(passage, weights, nearest))
        return self._read(ranking, texts)

    def sentence_verdicts(
        self, ranking: Ranking, passage: Passage, spans: Sequence[tuple[int, int]]
    ) -> list[float]:
        """Return the verifier's logit for each sentence of a paragraph, given by its spans."""
        sentences = [passage.text[start:end] for start, end in spans]
        above = (passage.title, passage.section)
        texts = [paragraph_text(*above, sentence, {}) for sentence in sentences]
        return [float(verdict) for verdict in self._read(ranking, texts)]

    def _read(self, ranking: Ranking, texts: Sequence[str]) -> NDArray[np.float64]:
        return self._verifier.score(as_question(ranking.question), texts).astype(float)
