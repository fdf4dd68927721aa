"""Sentences end where a reader would end them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sentences import sentences


def split(text: str) -> list[str]:
    return [text[slice(*span)] for span in sentences(text)]


@pytest.mark.parametrize(
    "marked",
    [
        "Dr. Smith came.¦ He left.",
        "It costs 3.5 million.¦ In 2010.¦ It rose to 4.2 %.",
        "She lives in the U.S.¦ He works for the U.S. Army.¦ We left.",
        "Some cars, e.g. the Giulia, i.e. a saloon, sell.¦ Others don't.",
        "See No. 5 and fig. 3 in vol. 2, p. 7.¦ The answer is no.¦ We can't.",
        "It opens at 9 a.m. daily and closes at 5 p.m.¦ Sundays too.",
        "J. R. R. Tolkien wrote it.¦ Vitamin C.¦ It helps.",
        "Acme Inc. sells cars.¦ We met on Jan. 5 in St. Louis.",
        "“Stop!” he said.¦ She asked “why?” and left.¦ “Really?!”¦ Yes.",
        "(It was late.)¦ We went home.¦ He said so [twice.]¦ Done.",
        "Wait...¦ What?¦ Oh... no.¦ And… so on.",
        "Why?¦ because we can.¦ Ends here.[1]¦ Next.[2][3]¦ Last.",
        "Visit example.com or v2.0.¦ Write to a.b@example.org.¦ Thanks!",
        "これは文です。¦次の文！¦「本当？」¦はい。",
        "क्या यह सच है?¦ हाँ।¦ ठीक है।",
        "1. First step¦\n2. Second step.¦ Then rest.¦\n- a¦\n- b¦\n\nNew paragraph",
        "A line that is\nwrapped goes on.¦ Next\r\nline too.",
        "**Bold end.**¦ *Next.*¦ `Code.`¦ Done",
        "no stop at all",
    ],
)
def test_sentences_end_at_the_marks(marked: str) -> None:
    assert split(marked.replace("¦", "")) == [part.strip() for part in marked.split("¦")]


def test_rows_and_quotes_end_with_their_lines() -> None:
    assert split("| a | b |\r\n| c. d |\n> quoted\nstill") == [
        "| a | b |",
        "| c. d |",
        "> quoted\nstill",
    ]


@given(st.text(alphabet="aB1 .!?…\"')。\n\r-|·\u2028", max_size=80) | st.text(max_size=60))
def test_sentences_hold_all_text_and_cut_no_word(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(split(text)).split()) == "".join(text.split())
    assert spans == sorted(spans)
    for (_, end), (start, _) in pairwise(spans):
        assert end <= start
        assert not (text[end - 1].isalnum() and text[start].isalnum() and end == start)
