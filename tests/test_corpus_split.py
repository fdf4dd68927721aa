"""Splitting loses nothing, invents nothing and keeps every span true."""

import re

from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Document, Passage
from corpus.pieces import LONGEST, pieces
from corpus.split import split_document

MARKDOWN = st.sampled_from(
    [
        "# Title",
        "## FAQ",
        "### Where is it?",
        "**Q: Why so?**",
        "A: Because.",
        "Setext\n---",
        "| a | b |\n|---|:-:|\n| 1 | 2 \\| 3 |\n|| x |",
        "| only | pipes |\n| x | y |",
        "- one\n  - two\n\n    three",
        "1. one\n2) two",
        "> quoted\n> | t | u |\n> |---|---|\n> | 1 | 2 |",
        "```\ncode | code\n```",
        "~~~ open",
        "    indented",
        "<!-- hidden -->",
        "<p>html</p>",
        "[ref]: https://example.org 'Words'",
        "---",
        "***",
        "title: x",
        "Lead-in:",
        "",
        "\ufeff",
        "e\u0301 👩‍🔧 \u2028 \x0b \x00 \t tab",
        "word " * 300,
        "x" * 1200,
    ]
)
NEWLINES = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", "\n\r"])
LINES = st.lists(st.tuples(MARKDOWN | st.text(max_size=30), NEWLINES), max_size=12)
TEXTS = LINES.map(lambda lines: "".join(line + newline for line, newline in lines))

SHAPES = [
    "- {}\n- more",
    "> {}",
    "| {} | b |\n|---|---|\n| 1 | 2 |",
    "| a | b |\n|---|---|\n| 1 | {} |",
    "```\n{}\n```",
    "    {}",
    "<p>{}</p>",
    "Lead-in:\n\n- {}",
    "## Heading\n\n{}",
    "## FAQ\n\n{}",
    "### Why?\n\n{}",
    "#### More\n\n{}",
    "**Why?**\n{}",
    "A: {}",
    "---\n\n{}",
    "{}\n***",
]


def markdown(text: str, title: str = "Page") -> Document:
    return Document(id="page.md", file="page.md", text=text, title=title, format="markdown")


def plain(text: str) -> Document:
    return Document(id="page.txt", file="page.txt", text=text, title="Page")


def split(text: str) -> list[Passage]:
    return split_document(markdown(text), 0)


def found(text: str) -> list[tuple[str, str]]:
    return [(passage.kind, passage.text) for passage in split(text)]


def uncovered(document: Document) -> str:
    """Return the characters that lie in no passage, whitespace left out."""
    left = list(document.text)
    for passage in split_document(document, 0):
        left[passage.start : passage.end] = " " * (passage.end - passage.start)
    return "".join("".join(left).split())


@given(TEXTS, st.booleans())
def test_every_span_is_true_and_every_id_its_own(text: str, as_markdown: bool) -> None:
    document = markdown(text) if as_markdown else plain(text)
    passages = split_document(document, 3)
    for passage in passages:
        start, end = passage.context
        assert document.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        assert start <= passage.start < passage.end <= end <= len(text)
        assert passage.document == 3
        assert (passage.kind == "entry") == bool(passage.questions)
        assert (passage.kind == "row") == bool(passage.cells)
    assert len({passage.id for passage in passages}) == len(passages)


@given(TEXTS)
def test_a_plain_text_is_all_in_passages(text: str) -> None:
    assert uncovered(plain(text)) == ""


@given(st.text().filter(lambda text: not re.search(r"[#=\-*_\[<.\ufeff]", text)))
def test_markdown_without_structure_is_all_in_passages(text: str) -> None:
    assert uncovered(markdown(text)) == ""


@given(
    st.lists(
        st.sampled_from(["{}", *SHAPES]),
        max_size=10,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_word_that_is_not_a_heading_is_in_a_passage(shapes: list[str], end: str) -> None:
    words = [f"word{number}z" for number in range(len(shapes))]
    filled = (shape.format(word) for shape, word in zip(shapes, words, strict=True))
    text = "\n\n".join(filled).replace("\n", end)
    told = " ".join(passage.text for passage in split(text))
    assert [word for word in words if word not in told] == []


@given(st.text(alphabet="ab .!?\n", max_size=400), st.integers(5, 60))
def test_pieces_hold_all_words_whole_and_only_a_long_word_is_longer(text: str, size: int) -> None:
    spans = pieces(text, 0, len(text), size)
    assert " ".join(text[slice(*span)] for span in spans).split() == text.split()
    for start, end in spans:
        assert end - start <= size or re.fullmatch(r"\S+", text[start:end])


def test_a_long_paragraph_is_split_at_sentences_evenly_and_shown_whole_where_it_may() -> None:
    sentence = (
        "This sentence stands here only to be counted, as so many others do before and after. "
    )
    text = (sentence * 14).strip()
    passages = split(text)
    assert [passage.text.count("counted") for passage in passages] == [7, 7]
    assert {passage.context for passage in passages} == {(0, len(text))}
    long = split((sentence * 30).strip())
    assert all(passage.context == (passage.start, passage.end) for passage in long)
    assert all(len(passage.text) <= LONGEST for passage in long)
    assert [passage.id for passage in long][:2] == ["page.md#text", "page.md#text-2"]


def test_sections_are_heading_paths_without_the_title() -> None:
    text = "# Page\n\nintro\n\n## A *b*\n\none\n\n### C?\n\ntwo\n\n## D\n\nthree\n"
    sections = {passage.text: (passage.id, passage.section) for passage in split(text)}
    assert sections == {
        "intro": ("page.md#page", ()),
        "one": ("page.md#a-b", ("A b",)),
        "two": ("page.md#c", ("A b", "C?")),
        "three": ("page.md#d", ("D",)),
    }


def test_a_question_outside_an_faq_is_a_section_and_inside_one_an_entry() -> None:
    text = "## About\n### Who are we?\nUs.\n## FAQs\n### Shipping\n#### How long?\nA week.\n"
    outside, inside = split(text)
    assert (outside.kind, outside.questions, outside.section) == (
        "paragraph",
        (),
        ("About", "Who are we?"),
    )
    assert (inside.kind, inside.questions) == ("entry", ("How long?",))
    assert inside.section == ("FAQs", "Shipping", "How long?")


def test_an_entry_keeps_its_whole_answer_and_gives_its_rows_too() -> None:
    body = "First.\n\n- a\n- b\n\n#### In Europe\n\n| Land | Days |\n|---|---|\n| Italy | 2 |"
    entry, row, after = split(f"## FAQ\n### How long?\n{body}\n\n### Why?\nSo.\n")
    assert (entry.kind, entry.text) == ("entry", body)
    assert (row.kind, row.cells) == ("row", (("Land", "Italy"), ("Days", "2")))
    assert entry.text in body
    assert body[slice(*(place - entry.start for place in row.context))].startswith("| Land")
    assert after.questions == ("Why?",)


def test_bold_questions_and_their_answers_are_entries() -> None:
    text = "## Q&A\n**Q: Is it *free*?**\nA: Yes, it is.\n\nAlways.\n\n**2. Why?**\n\nSo.\n"
    entries = [(passage.questions, passage.text) for passage in split(text)]
    assert entries == [(("Is it free?",), "Yes, it is.\n\nAlways."), (("Why?",), "So.")]


def test_a_rule_ends_an_entry_but_not_the_faq() -> None:
    text = "## Shop\n### FAQ\n#### A?\none\n\n---\n\nclosing\n\n#### B?\ntwo\n\n***\n"
    first, closing, second = split(text)
    assert (first.kind, closing.kind, second.kind) == ("entry", "paragraph", "entry")
    assert (closing.id, closing.section) == ("page.md#closing", ("Shop",))


def test_a_page_titled_faq_needs_no_heading_of_that_name() -> None:
    page = markdown("# FAQ\n\n## Is it open?\n\nYes.\n\n## Contact\n\nWrite.\n", title="FAQ")
    kinds = [(passage.kind, passage.section) for passage in split_document(page, 0)]
    assert kinds == [("entry", ("Is it open?",)), ("paragraph", ("Contact",))]


def test_a_short_list_keeps_its_lead_in_and_a_table_shows_its_own() -> None:
    assert found("We build:\n\n- cars\n- vans\n") == [("paragraph", "We build:\n\n- cars\n- vans")]
    text = "Plants:\n| Plant |\n|---|\n| Melfi |\n"
    lead, table, row = split(text)
    assert text[slice(*lead.context)] == text.strip()
    assert text[slice(*row.context)] == table.text


def test_line_ends_of_any_kind_part_paragraphs_alike() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = f"One{end}line.{end}{end}Two.{end} \t{end}{end}Three."
        for document in (plain(text), markdown(text)):
            texts = [passage.text for passage in split_document(document, 0)]
            assert texts == [f"One{end}line.", "Two.", "Three."]


def test_tables_without_a_separator_line_are_tables_in_plain_text() -> None:
    text = "Before\n|  | 2018 | 2019 |\n| Cost > Fuel | 3 | 4 |\n|  | 5 | |\nAfter"
    before, table, fuel, five, after = split_document(plain(text), 0)
    assert (before.text, after.text) == ("Before", "After")
    assert table.text == "|  | 2018 | 2019 |\n| Cost > Fuel | 3 | 4 |\n|  | 5 | |"
    assert fuel.cells == (("", "Cost > Fuel"), ("2018", "3"), ("2019", "4"))
    assert (five.text, five.cells) == ("5", (("2018", "5"), ("2019", "")))
    assert [row.id for row in (fuel, five)] == ["page.txt#text-row-1", "page.txt#text-row-2"]


def test_escaped_pipes_and_uneven_rows_stay_in_their_cells() -> None:
    rows = [passage for passage in split("a | b\n-|-\nx \\| y | **z**\nlone\n") if passage.cells]
    assert [row.cells for row in rows] == [(("a", "x | y"), ("b", "z")), (("a", "lone"),)]
    assert rows[0].text == "x \\| y | **z**"


def test_front_matter_comments_scripts_and_link_definitions_are_no_passages() -> None:
    text = (
        "\ufeff---\r\ntitle: T\r\n---\r\n<!-- price: ask Bob -->\r\n\r\n"
        "<script>\r\nlet x\r\n</script>\r\n\r\n[a]: https://example.org\r\n\r\nShown.\r\n"
    )
    assert found(text) == [("paragraph", "Shown.")]


def test_entries_of_jsonl_and_csv_bear_their_own_id_and_parts_of_a_text_share_it() -> None:
    entry = Document("e1", "f.jsonl", " A: yes. ", "F", field="answer", questions=("Q?", "Why?"))
    (passage,) = split_document(entry, 0)
    assert (passage.id, passage.source_id, passage.text) == ("e1", "e1", "A: yes.")
    assert passage.questions == ("Q?", "Why?")
    text = Document("t1", "f.jsonl", "One.\n\nTwo.", "F", field="text")
    ids = [(passage.id, passage.source_id) for passage in split_document(text, 0)]
    assert ids == [("t1#text", "t1"), ("t1#text-2", "t1")]
