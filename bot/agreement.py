"""Whether question and passage speak of the same thing: names, numbers, units, kind of answer.

Nearness can't tell "Where is Ferrari made?" from "Where is Alfa Romeo made?". These rules can, and
they are about names and numbers only: whether other words mean the same is not theirs to say.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np

from bot.agreement_facts import Facts, subject_of
from bot.agreement_kinds import asked_kinds, denies_alone, lacking_kinds
from bot.agreement_names import Names, is_candidate
from bot.agreement_numbers import (
    asked_numbers,
    dated,
    identified,
    is_calendar,
    is_year,
    numbers,
    other_day,
    other_period,
    other_unit,
)
from bot.agreement_words import Word, abbreviates, initials, named_words, spells_out, written
from bot.confidence import answers_with_labels, is_label
from corpus.document import Corpus, Document, Passage
from index.frequency import frequency
from index.spelling import Speller
from index.store import Vectors
from index.terms import fold, stem, words

_CODE_PARTS = re.compile(r"\d+|[^\W\d_]+")
_GRAMMAR = 6.0
"""Zipf frequency from which a word is grammar (the, what, have) and never a name."""
_STRAY = 0.02
"""Share of stray phrasings above which names in questions say nothing about a corpus."""
_SLOT = 0.25
"""Share of an entry's phrasings up to which a name of theirs alone is an example, not a subject."""
_FEW = 3
_SAMPLE = 400
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class _Held:
    """What a passage says, with all that it stands under.

    ``text`` is as written; ``folded`` and ``own`` are folded, ``own`` without what is above it.
    """

    text: str
    folded: str
    own: str
    stems: frozenset[str]
    words: frozenset[str]
    numbers: frozenset[str]
    identified: dict[str, frozenset[str]]
    years: tuple[int, int] | None


class Agreement:
    """Compares questions with the passages of a corpus. May be used from several threads.

    Parameters
    ----------
    encode
        Texts to unit rows; called with single words of questions that the corpus doesn't hold.
    facts
        What is known of the corpus; found out if left out.
    """

    def __init__(
        self,
        corpus: Corpus,
        encode: Callable[[Sequence[str]], Vectors],
        facts: Facts | None = None,
    ) -> None:
        self._corpus = corpus
        self._names = Names(encode)
        self._facts = facts or Facts.of(corpus)
        self._counts = self._facts.counts
        self._speller = Speller(self._counts)
        self._topics = lru_cache(maxsize=10_000)(partial(self._facts.topics_of, corpus))
        # Asked for each candidate of one question.
        self._named = lru_cache(maxsize=100)(named_words)
        self._held = lru_cache(maxsize=20_000)(self._hold)
        self._is_unmentioned = lru_cache(maxsize=10_000)(self._is_unmentioned_name)

    def missing(self, question: str) -> tuple[str, ...]:
        """Return the names and numbers of a question that the sources never mention.

        As the visitor wrote them, in order, each once. A misspelt name of the corpus is not
        missing, nor are ordinary words. Where the owner's own phrasings are full of names that
        stand nowhere else, such are examples, and no name is returned.
        """
        unknown = [word for word in self._named(question) if self._is_unknown(word)]
        self._names.prepare(word.folded for word in unknown)
        found = [word for word in unknown if self._is_unmentioned(word)]
        spans = [(word.start, word.end) for word in found]
        spans += [
            span
            for span, number in asked_numbers(question)
            if self._is_missing_number(question, span, number)
        ]
        return written(question, sorted(spans))

    def disagreements(self, question: str, passage: Passage) -> tuple[str, ...]:
        """Return what in a question doesn't agree with a passage and what this stands under.

        Names and numbers that the sources know but this passage doesn't, units and days other than
        its own, a kind of answer ("how many", "when", "price") of which it has no trace, and "not"
        where a "which … not" question meets a text without negation. () where all agrees.
        """
        held, asked = self._held(passage), fold(question).strip()
        found = [*self._other_names(question, passage, held)]
        found += self._other_numbers(asked, passage, held)
        others = (*other_day(asked, held.own), *other_unit(asked, held.own))
        found += [each for each in others if fold(each) not in held.words]
        found += other_period(asked, held.years)
        found += self._lacking(asked, passage, held)
        if passage.kind in ("paragraph", "entry") and denies_alone(asked, held.folded):
            found.append("not")
        return tuple(dict.fromkeys(found))

    def _is_unknown(self, word: Word) -> bool:
        """Tell whether the corpus doesn't hold a word and this may matter."""
        if frequency(word.folded) >= _GRAMMAR or self._knows(word.folded):
            return False
        if is_calendar(word.folded):  # A day answers for itself: see other_day.
            return False
        return (word.marked or is_candidate(word.folded)) and self._names_tell

    def _is_missing_number(self, question: str, span: tuple[int, int], number: str) -> bool:
        """Tell whether a year or a number that names a thing ("bus 7") is nowhere in the corpus."""
        if number in self._facts.numbers or not self._names_tell:
            return False
        return is_year(question, span) or _clashes(
            fold(question[: span[1]]), self._facts.identified
        )

    def _knows(self, word: str) -> bool:
        """Tell whether the corpus holds this folded word, inflected, by sound, parted or joined."""
        forms = {word, f"{word}s", word.removesuffix("s"), word.replace("ph", "f")}
        if any(form in self._counts for form in forms) or stem(word) in self._facts.stems:
            return True
        cuts = ((word[:at], word[at:]) for at in range(3, len(word) - 2))
        parts = [_CODE_PARTS.findall(word), *map(list, cuts)]
        return any(len(p) > 1 and all(each in self._counts for each in p) for p in parts)

    def _is_unmentioned_name(self, word: Word) -> bool:
        meant = self._meant(word)
        if meant in self._counts or not self._names.is_name(meant, word.marked, word.beside):
            return False
        if word.shouted and spells_out(self._facts.initials, word.written):
            return False
        return not self._names.related(word.folded, self._beginning_like(word.folded))

    def _meant(self, word: Word) -> str:
        """Return the folded word that was meant: another where this one is a slip of the finger.

        A capital makes a name of its own more likely: it is a slip only of a word of the corpus.
        """
        meant = fold(self._speller.correct(word.folded))
        if not word.marked:
            return meant
        return meant if meant in self._counts and word.is_slip_of(meant) else word.folded

    def _is_known_name(self, word: str) -> bool:
        """Tell whether the corpus writes a folded word with a capital nine times in ten."""
        capital, small = self._facts.capitals.get(word, (0, 0))
        return capital > 0 and capital >= 9 * small

    def _is_name(self, word: Word) -> bool:
        """Tell whether a word is a name of the corpus; one that English lacks needs no capital.

        A day answers for itself: see other_day.
        """
        common = frequency(word.folded)
        return (
            common < _GRAMMAR
            and self._is_known_name(word.folded)
            and not is_calendar(word.folded)
            and (not common or self._names.is_name(word.folded, word.marked, True))
        )

    def _other_names(self, question: str, passage: Passage, held: _Held) -> list[str]:
        if not self._names_tell:
            return []
        return [
            word.written
            for word in self._named(question)
            if self._is_name(word)
            and not _in(word.folded, held)
            and word.folded not in self._topics(subject_of(passage))
            and not (word.shouted and spells_out("\n".join(initials(held.text)), word.written))
            and not abbreviates(question, word, held.text)
            and not self._names.related(word.folded, held.words)
        ]

    def _other_numbers(self, question: str, passage: Passage, held: _Held) -> list[str]:
        topics = self._topics(subject_of(passage))
        if not self._names_tell:
            return []
        return [
            question[slice(*span)]
            for span, number in asked_numbers(question)
            if number not in held.numbers
            and number not in topics
            and (is_year(question, span) or _clashes(question[: span[1]], held.identified))
        ]

    def _lacking(self, question: str, passage: Passage, held: _Held) -> tuple[str, ...]:
        """Return the kinds of answer that are lacking; none where the owner asks for them, too."""
        if passage.kind == "entry" and self.has_labels and is_label(passage):
            return ()
        own = {kind for phrasing in passage.questions for kind in asked_kinds(fold(phrasing))}
        return tuple(kind for kind in lacking_kinds(question, held.own) if kind not in own)

    def _hold(self, passage: Passage) -> _Held:
        document = self._corpus.documents[passage.document]
        own = "\n".join([document.text[slice(*passage.context)], passage.text])
        heads = [head for head, _ in passage.cells]
        above = [document.title, passage.title, *passage.section, *passage.questions, *heads]
        text = "\n".join([*above, own])
        held, folded = frozenset(words(text)), fold(text)
        return _Held(
            text=text,
            folded=folded,
            own=fold(own),
            stems=frozenset(stem(word) for word in held),
            words=held,
            numbers=numbers(folded),
            identified=identified(folded),
            years=dated(folded),
        )

    @cached_property
    def has_labels(self) -> bool:
        """Whether the entries of the corpus have labels for answers."""
        return answers_with_labels(self._corpus.passages)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._counts)

    def _beginning_like(self, word: str) -> list[str]:
        """Return the words of the corpus whose first two letters are a word's."""
        first = word[:2]
        start, end = bisect_left(self._sorted, first), bisect_left(self._sorted, first + _LAST)
        return self._sorted[start:end]

    @cached_property
    def _names_tell(self) -> bool:
        """Whether a name that the corpus doesn't hold means that it can't answer.

        Not so where more than one phrasing in fifty holds a name that is a mere example: one that
        stands in few phrasings of a single entry and nowhere else.
        """
        counts = self._corpus.outline.phrasings
        ends = np.cumsum(np.where(counts > 1, counts, 0))
        total = int(ends[-1]) if len(ends) else 0
        places = np.arange(0, total, max(1, total // _SAMPLE))
        numbers = np.searchsorted(ends, places, side="right").tolist()
        sample = [
            (document.questions[int(place - ends[number])], document)
            for place, number in zip(places, numbers, strict=True)
            for document in (self._corpus.documents[number],)
        ]
        self._names.prepare(
            word.folded
            for p, d in sample
            for word in named_words(p)
            if self._is_example(word.folded, d)
        )
        strays = sum(self._has_stray_name(phrasing, d) for phrasing, d in sample)
        return strays < _FEW or strays <= _STRAY * len(sample)

    def _has_stray_name(self, phrasing: str, entry: Document) -> bool:
        return any(
            self._names.is_name(word.folded, word.marked, word.beside)
            for word in named_words(phrasing)
            if self._is_example(word.folded, entry)
        )

    def _is_example(self, word: str, entry: Document) -> bool:
        own = sum(words(phrasing).count(word) for phrasing in entry.questions)
        return own == self._counts.get(word, 0) and (
            own == 1 or own <= _SLOT * len(entry.questions)
        )


def _in(word: str, held: _Held) -> bool:
    forms = {word, f"{word}s", word.removesuffix("s"), word.replace("ph", "f")}
    return bool(forms & held.words) or stem(word) in held.stems


def _clashes(asked: str, told: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a text that ends in "bus 44" meets one that numbers buses, but not so."""
    return any(
        number not in told.get(noun, {number})
        for noun, own in identified(asked).items()
        for number in own
        if asked.endswith(number)
    )
