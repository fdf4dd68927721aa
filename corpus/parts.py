"""A Markdown text's blocks gathered under their headings, FAQ entries told from sections."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from corpus.blocks import Block, plain
from corpus.faq import bold_question, is_faq_heading, is_question, without_prefix
from corpus.lines import line_spans, trim

_DEEPEST = 7


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks that stand under one heading, or that answer one question.

    Attributes
    ----------
    section
        Heading path, outermost first, without the document's title.
    name
        What the ids of its passages are made of: the words of its heading or question.
    questions
        The question, where the blocks are an FAQ entry's answer.
    level
        That of the heading that asks; headings deeper than it belong to the answer.
    """

    section: tuple[str, ...]
    name: str
    blocks: list[Block] = field(default_factory=list)
    questions: tuple[str, ...] = ()
    level: int = _DEEPEST


def markdown_parts(text: str, title: str, blocks: Iterable[Block]) -> list[Part]:
    """Return the parts of a Markdown text in reading order, empty ones included.

    In an FAQ a heading that is a question opens an entry, and so does a bold line that is one.
    An entry runs on through deeper headings that ask nothing. A rule ends the entry; what follows
    it, up to the next heading, belongs to no question of the FAQ.
    """
    reading = _Reading(text, title)
    for block in blocks:
        reading.take(block)
    return reading.parts


@dataclass(slots=True)
class _Reading:
    """The parts so far and the headings above, as (level, words); the title's words are empty."""

    text: str
    title: str
    headings: list[tuple[int, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=lambda: [Part((), "text")])
    titled: bool = False

    def take(self, block: Block) -> None:
        above = self._above_faq()
        if block.kind == "heading":
            self._take_heading(block)
        elif block.kind != "rule" and (above is None or not self._take_bold_question(block)):
            self.parts[-1].blocks.append(block)
        elif block.kind == "rule" and above is not None:
            self.parts.append(Part(above, "closing"))

    def _take_heading(self, block: Block) -> None:
        is_title = not self.titled and block.level == 1 and block.heading == self.title
        self.titled = self.titled or is_title
        self.headings = [heading for heading in self.headings if heading[0] < block.level]
        asks = self._above_faq() is not None and is_question(block.heading)
        self.headings.append((block.level, "" if is_title else block.heading))
        if asks and not is_title:
            question = without_prefix(block.heading)
            self.parts.append(Part(self._section(), question, [], (question,), block.level))
        elif self.parts[-1].questions and block.level > self.parts[-1].level:
            self.parts[-1].blocks.append(block)
        else:
            self.parts.append(Part(self._section(), block.heading))

    def _take_bold_question(self, block: Block) -> bool:
        """Open an entry where the block's first line is a bold question."""
        first = next(line_spans(self.text, block.start, block.end))
        words = bold_question(self.text[slice(*first)]) if block.kind == "text" else None
        if words is None:
            return False
        question = without_prefix(plain(words))
        self.parts.append(Part(self._section(), question, [], (question,)))
        start, end = trim(self.text, first[1], block.end)
        if start < end:
            self.parts[-1].blocks.append(Block("text", start, end))
        return True

    def _section(self) -> tuple[str, ...]:
        return tuple(words for _, words in self.headings if words)

    def _above_faq(self) -> tuple[str, ...] | None:
        """Return the section the FAQ stands in; None outside an FAQ."""
        if is_faq_heading(self.title):
            return ()
        section = self._section()
        depths = (depth for depth, words in enumerate(section) if is_faq_heading(words))
        depth = next(depths, None)
        return None if depth is None else section[:depth]
