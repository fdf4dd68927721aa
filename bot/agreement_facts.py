"""What the agreement gate needs to know of a whole corpus: gone through once, then kept.

Kept beside the index, for the version of the corpus and for the code that found it out.
"""

import contextlib
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import msgpack
import numpy as np
from numpy.typing import NDArray

from bot.agreement_numbers import identified, numbers, numbers_in
from bot.agreement_words import initials, is_title
from corpus.document import Corpus, Document, Passage
from index.build import Index
from index.digest import write_whole
from index.sources import code
from index.terms import fold, stem, words

_NAME = "agreement.msgpack"
_MID_SENTENCE = re.compile(r"(?<=[^\W_] )[^\W\d_]+|(?<=[,;)(] )[^\W\d_]+|(?<=\w \()[^\W\d_]+")
_TOPIC = 0.2
"""Share of a text's passages from which a name in them is what all of the text is about."""
_FEW = 50
"""Passages of one text up to which its topics are found out when they are asked for."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Words, numbers and names of a corpus.

    Attributes
    ----------
    counts
        How often each folded word stands in it, in order of appearance.
    stems
        The stems of all of them.
    numbers
        All numbers in it, see :func:`bot.agreement_numbers.numbers`.
    identified
        Numbers that things are told apart by, see :func:`bot.agreement_numbers.identified`.
    capitals
        How often each folded word stands inside a sentence with a capital and without.
    titles
        Folded words of all titles.
    initials
        First letters of neighbouring words with capitals, one line a run of them.
    topics
        By subject, for texts of many passages: names that all of the text is about.
    subjects, starts, members
        int64, (n,); int32, (n + 1,) and (n_passages,): hashes of all subjects, ascending, and which
        passages stand under each, tables left out.
    """

    counts: Mapping[str, int]
    stems: frozenset[str]
    numbers: frozenset[str]
    identified: Mapping[str, frozenset[str]]
    capitals: Mapping[str, tuple[int, int]]
    titles: frozenset[str]
    initials: str
    topics: Mapping[str, frozenset[str]]
    subjects: NDArray[np.int64]
    starts: NDArray[np.int32]
    members: NDArray[np.int32]

    @classmethod
    def of(cls, corpus: Corpus) -> Self:
        """Go through a corpus."""
        counts: Counter[str] = Counter()
        runs: dict[str, None] = {}
        things: dict[str, set[str]] = {}
        capitals: dict[str, list[int]] = {}
        titles: set[str] = set()

        def folded() -> Iterator[str]:
            for document in corpus.documents:
                parts = _parts(document)
                titles.update(words(document.title))
                for part in parts:
                    counts.update(words(part))
                    runs.update(dict.fromkeys(initials(part)))
                text = fold("\n".join(parts))
                for noun, told in identified(text).items():
                    things.setdefault(noun, set()).update(told)
                _count_capitals(document.text.splitlines(), capitals)
                phrasings = [each for each in document.questions if not is_title(each.split()[1:])]
                _count_capitals(phrasings, capitals)
                yield text

        every = numbers_in(folded())
        subjects, starts, members = _grouped(corpus.passages)
        large = np.flatnonzero(np.diff(starts) > _FEW)
        groups = [members[starts[at] : starts[at + 1]] for at in large]
        return cls(
            counts=dict(counts),
            stems=frozenset(map(stem, counts)),
            numbers=every,
            identified={noun: frozenset(told) for noun, told in things.items()},
            capitals={word: (capital, small) for word, (capital, small) in capitals.items()},
            titles=frozenset(titles),
            initials="\n".join(runs),
            topics={
                subject_of(corpus.passages[int(group[0])]): _topics(corpus.passages, group)
                for group in groups
            },
            subjects=subjects,
            starts=starts,
            members=members,
        )

    def topics_of(self, corpus: Corpus, subject: str) -> frozenset[str]:
        """Return the names that so many passages under one title hold that all is about them."""
        if subject in self.topics:
            return self.topics[subject]
        at = int(np.searchsorted(self.subjects, _hash(subject)))
        if at == len(self.subjects) or self.subjects[at] != _hash(subject):
            return frozenset()
        return _topics(corpus.passages, self.members[self.starts[at] : self.starts[at + 1]])


def facts_of(index: Index) -> Facts:
    """Return the facts of an index's corpus, as they were kept or found out and kept now."""
    path, stamp = index.folder / _NAME, f"{index.version.name} {_code()}"
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, msgpack.UnpackException):
        content = path.read_bytes()
        digest, packed = content[:32], content[32:]
        if hashlib.sha256(packed).digest() == digest:
            held = msgpack.unpackb(packed, unicode_errors="surrogatepass")
            if held.pop("stamp") == stamp:
                return _unpacked(held)
    facts = Facts.of(index.corpus)
    packed = msgpack.packb({"stamp": stamp, **_packed(facts)}, unicode_errors="surrogatepass")
    with contextlib.suppress(OSError):
        write_whole(path, hashlib.sha256(packed).digest() + packed)
    return facts


def subject_of(passage: Passage) -> str:
    """Return what a passage's text is about: its title."""
    return passage.title or str(passage.document)


def _packed(facts: Facts) -> dict[str, Any]:
    return {
        "counts": facts.counts,
        "stems": list(facts.stems),
        "numbers": list(facts.numbers),
        "identified": {noun: list(told) for noun, told in facts.identified.items()},
        "capitals": facts.capitals,
        "titles": list(facts.titles),
        "initials": facts.initials,
        "topics": {subject: list(told) for subject, told in facts.topics.items()},
        "subjects": facts.subjects.astype("<i8").tobytes(),
        "starts": facts.starts.astype("<i4").tobytes(),
        "members": facts.members.astype("<i4").tobytes(),
    }


def _unpacked(held: dict[str, Any]) -> Facts:
    return Facts(
        counts=held["counts"],
        stems=frozenset(held["stems"]),
        numbers=frozenset(held["numbers"]),
        identified={noun: frozenset(told) for noun, told in held["identified"].items()},
        capitals={word: (capital, small) for word, (capital, small) in held["capitals"].items()},
        titles=frozenset(held["titles"]),
        initials=held["initials"],
        topics={subject: frozenset(told) for subject, told in held["topics"].items()},
        subjects=np.frombuffer(held["subjects"], dtype="<i8"),
        starts=np.frombuffer(held["starts"], dtype="<i4"),
        members=np.frombuffer(held["members"], dtype="<i4"),
    )


def _code() -> str:
    """Return a hash of all code that facts may depend on."""
    hashed = hashlib.sha256(code().encode())
    for file in sorted(Path(__file__).parent.glob("agreement*.py")):
        hashed.update(file.read_bytes())
    return hashed.hexdigest()


def _parts(document: Document) -> list[str]:
    return list(dict.fromkeys([document.title, *document.questions, document.text]))


def _count_capitals(lines: Iterable[str], counts: dict[str, list[int]]) -> None:
    for line in lines:
        if not line.startswith(("#", "|")):
            for word in _MID_SENTENCE.findall(line):
                counts.setdefault(fold(word), [0, 0])[not word[0].isupper()] += 1


def _hash(subject: str) -> int:
    told = hashlib.blake2b(subject.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(told, "little", signed=True)


def _grouped(
    passages: Iterable[Passage],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return the hashes of all subjects, and which passages stand under each."""
    hashed = lru_cache(maxsize=1000)(_hash)
    # A table's rows are passages, too.
    told = [(at, hashed(subject_of(p))) for at, p in enumerate(passages) if p.kind != "table"]
    numbers, every = np.array(told, dtype=np.int64).reshape(-1, 2).T
    order = np.argsort(every, kind="stable")
    every = every[order]
    first = np.flatnonzero(np.concatenate([every[:1] == every[:1], np.diff(every) != 0]))
    starts = np.append(first, len(every)).astype(np.int32)
    return every[first], starts, numbers[order].astype(np.int32)


def _topics(passages: Sequence[Passage], group: NDArray[np.int32]) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for at in group.tolist():
        passage = passages[at]
        said = "\n".join([passage.text, *(head for head, _ in passage.cells)])
        counts.update({*words(said), *numbers(fold(said))})
    return frozenset(word for word, held in counts.items() if held >= _TOPIC * len(group))
