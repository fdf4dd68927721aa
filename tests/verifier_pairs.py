"""Makes the verifier's training pairs: a question, a passage's text, whether it is answered there.

Pairs come in groups, one a question as asked, so that training can compare the passages of one
question with each other. Every choice is drawn from one seeded generator.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from verifier_changes import about_another, names_in, swapped
from verifier_tables import invented

from bot.verifier import entry_text, paragraph_text, window
from corpus.sentences import sentences
from index.terms import terms

Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
Weights = dict[str, float]

HELD_OUT = ("Normans", "Force", "Huguenot", "European Union law", "French and Indian War")
"""Articles of SQuAD 2.0 and XQuAD that no training pair comes from."""


@dataclass(frozen=True)
class Group:
    """One question and passages' texts, each with 1.0 (answers it), or 0.0."""

    origin: str
    question: str
    passages: tuple[tuple[str, float], ...]


def read_jsonl(path: Path) -> list[dict]:
    """Return a file's records, one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Rarity:
    """Inverse document frequency of terms, as BM25 has it."""

    def __init__(self, texts: Iterable[str]) -> None:
        documents = [set(terms(text)) for text in texts]
        self._frequency = Counter(term for document in documents for term in document)
        self._documents = len(documents)

    def of(self, question: str) -> Weights:
        """Return each term's weight, above 0."""
        return {term: self._weight(self._frequency[term]) for term in terms(question)}

    def _weight(self, frequency: int) -> float:
        return math.log(1 + (self._documents - frequency + 0.5) / (frequency + 0.5))


def ranking(
    questions: Sequence[str], passages: Sequence[str], encode: Encode, rarity: Rarity
) -> npt.NDArray[np.float32]:
    """Return cosine plus a fifth of shared rarity (1 for the best passage), (questions, passages).

    Near in meaning or in words: what a retriever would hand to the verifier.
    """
    near = encode(questions) @ encode(passages).T
    words = [set(terms(passage)) for passage in passages]
    for row, question in enumerate(questions):
        weights = rarity.of(question)
        shared = np.array(
            [math.fsum(weights[t] for t in weights.keys() & found) for found in words]
        )
        near[row] += 0.2 * shared / (shared.max() or 1)
    return near


def article_groups(
    name: str,
    corpus: list[dict],
    questions: list[dict],
    encode: Encode,
    draw: random.Random,
    words: int,
) -> list[Group]:
    """Return groups of questions on articles: SQuAD's form, impossible questions included.

    Answered: by the window of the gold paragraph that has the answer. Not answered: by another
    window of the same paragraph, by near paragraphs without the answer, by the paragraph that an
    impossible question is about. A question with another name, number or word put in is not
    answered by the first one's window, nor the question by the window with another name put in.
    Windows have ``words`` words.
    """
    paragraphs = {passage["id"]: passage for passage in corpus}
    rarity = Rarity(f"{p['title']} {p['text']}" for p in corpus)
    asked = [q["question"] for q in questions]
    near = ranking(asked, [f"{p['title']}. {p['text']}" for p in corpus], encode, rarity)
    names = sorted({name for question in asked for name in names_in(question)})
    groups = []
    for row, question in enumerate(questions):
        gold = paragraphs[(question["relevant"] or [question["about"]])[0]]
        best = [corpus[i] for i in np.argsort(-near[row])[:8] if corpus[i]["id"] != gold["id"]]
        others = [p for p in best if not has_answer(p["text"], question.get("answers", []))]
        weights = rarity.of(question["question"])
        if not question["relevant"]:
            groups.append(_impossible(name, question, gold, others, weights, draw, words))
            continue
        group = _possible(name, question, gold, others, weights, draw, words)
        groups += [group, *_changed(group, names, draw)]
    return groups


def _impossible(
    name: str,
    question: dict,
    gold: dict,
    others: list[dict],
    weights: Weights,
    draw: random.Random,
    words: int,
) -> Group:
    wrong = [shown(gold, weights, words), shown(draw.choice(others[:4]), weights, words)]
    return Group(name, question["question"], tuple((text, 0.0) for text in wrong))


def _possible(
    name: str,
    question: dict,
    gold: dict,
    others: list[dict],
    weights: Weights,
    draw: random.Random,
    words: int,
) -> Group:
    right = answering_window(gold, question, weights, words)
    wrong = [shown(p, weights, words) for p in draw.sample(others[:5], k=min(2, len(others)))]
    wrong += other_windows(gold, question, weights, right, words)
    return Group(name, question["question"], ((right, 1.0), *((text, 0.0) for text in wrong)))


def _changed(group: Group, names: Sequence[str], draw: random.Random) -> list[Group]:
    right = group.passages[0][0]
    changed = [swapped(group.question, names, right, draw) for _ in range(2)]
    made = [Group(f"{group.origin}-swap", text, ((right, 0.0),)) for text in changed if text]
    renamed = about_another(group.question, names, right, draw)
    if renamed:
        made.append(Group(f"{group.origin}-rename", group.question, ((renamed, 0.0),)))
    return made


def shown(passage: dict, weights: Weights, words: int) -> str:
    """Return what the verifier would read of a paragraph."""
    return paragraph_text(passage["title"], (), passage["text"], weights, words)


def has_answer(text: str, answers: Iterable[str]) -> bool:
    """Tell whether one of the answers stands in a text, in whatever case."""
    return any(answer.casefold() in text.casefold() for answer in answers)


def answering_window(passage: dict, question: dict, weights: Weights, words: int) -> str:
    """Return the usual window where it has the answer, else one around the answer."""
    usual = shown(passage, weights, words)
    if has_answer(usual, question["answers"]):
        return usual
    text, spans = passage["text"], sentences(passage["text"])
    holding = [i for i, (a, b) in enumerate(spans) if has_answer(text[a:b], question["answers"])]
    if not holding:
        return usual
    start, end = spans[holding[0]]
    near = text[spans[max(0, holding[0] - 1)][0] : end]
    if len(near.split()) > 55:
        near = text[start:end]
    return f"{passage['title']}: {near}"


def other_windows(
    passage: dict, question: dict, weights: Weights, right: str, words: int
) -> list[str]:
    """Return the best window of the paragraph's sentences beside ``right``, if there are any."""
    kept = [passage["text"][a:b] for a, b in sentences(passage["text"])]
    kept = [s for s in kept if s not in right and not has_answer(s, question["answers"])]
    return [f"{passage['title']}: {window(' '.join(kept), weights, words)}"] if kept else []


def intent_groups(
    corpus: list[dict], questions: list[dict], encode: Encode, draw: random.Random
) -> list[Group]:
    """Return groups of FAQ phrasings: a phrasing asks for its own entry, itself left out.

    Not answered: by the nearest other entries; ``questions`` without an entry, by any.
    """
    entry = [(p["id"], phrasing, p["answer"]) for p in corpus for phrasing in p["questions"]]
    asked = [(phrasing, own) for own, phrasing, _ in entry]
    asked += [(q["question"], (q["relevant"] or [""])[0]) for q in questions]
    near = encode([text for text, _ in asked]) @ encode([phrasing for _, phrasing, _ in entry]).T
    groups = []
    for row, (text, own) in enumerate(asked):
        best: dict[str, str] = {}
        for i in np.argsort(-near[row]):
            identity, phrasing, answer = entry[i]
            if phrasing != text and identity not in best:
                best[identity] = entry_text(phrasing, answer, {})
        rivals = [text for identity, text in best.items() if identity != own][:6]
        wrong = [rivals[0], *draw.sample(rivals[1:], k=2 if own else 3)]
        right = [(best[own], 1.0)] if own else []
        groups.append(Group("intents", text, (*right, *((text, 0.0) for text in wrong))))
    return groups


def faq_groups(entries: list[dict], encode: Encode, draw: random.Random) -> list[Group]:
    """Return groups of our invented FAQ: a phrasing asks for its entry shown without it.

    An entry is shown as its nearest other phrasing with the answer, as a section of a page under
    a heading, or as its bare answer. Not answered: by the nearest other entries, and the entry's
    own near misses by the entry.
    """
    phrasings = [(i, q) for i, entry in enumerate(entries) for q in entry["questions"]]
    asked = [*phrasings, *((i, q) for i, entry in enumerate(entries) for q in entry["unanswered"])]
    vectors = encode([q for _, q in asked])
    near = vectors @ vectors[: len(phrasings)].T
    groups = []
    for row, (own, text) in enumerate(asked):
        best: dict[int, str] = {}
        for column in np.argsort(-near[row]):
            if column != row:
                best.setdefault(phrasings[column][0], phrasings[column][1])
        if row >= len(phrasings):
            groups.append(
                Group("faq-miss", text, ((_dressed(entries[own], best[own], draw), 0.0),))
            )
            continue
        wrong = [i for i in best if i != own and text not in entries[i]["unanswered"]][:5]
        right = _dressed(entries[own], best[own], draw)
        wrong = [_dressed(entries[i], best[i], draw) for i in draw.sample(wrong, k=2)]
        groups.append(Group("faq", text, ((right, 1.0), *((text, 0.0) for text in wrong))))
    return groups


def _dressed(entry: dict, phrasing: str, draw: random.Random) -> str:
    """Return an entry as a passage's text, in one of the forms in which pages have it."""
    form = draw.random()
    if form < 0.6:
        return entry_text(phrasing, entry["answer"], {})
    if form < 0.8:
        return paragraph_text(entry["domain"], (entry["questions"][0],), entry["answer"], {})
    return paragraph_text(entry["domain"], (), entry["answer"], {})


def table_groups(draw: random.Random, tables: int) -> list[Group]:
    """Return groups of questions on invented tables."""
    return [
        Group("table", a.question, (*((t, 1.0) for t in a.right), *((t, 0.0) for t in a.wrong)))
        for a in invented(draw, tables)
    ]
