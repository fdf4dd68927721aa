"""The verifier: what it is shown of a passage, and what it says of it."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.verifier import (
    FOLDER,
    WINDOW_WORDS,
    Verifier,
    entry_text,
    paragraph_text,
    passage_text,
    row_text,
    window,
)
from corpus.document import Passage

LONG = (
    "The harbour was dug by hand in the years after the great flood, by men from every parish. "
    "Its lighthouse was built by Johan Rask, who had seen one like it on a journey to Brest. "
    "Fish is sold on the quay every morning but Monday, and on feast days in the evening too."
)


def passage(**fields: object) -> Passage:
    text = str(fields.pop("text", LONG))
    return Passage("p", "p", 0, fields.pop("kind", "paragraph"), 0, len(text), text, **fields)  # type: ignore[arg-type]


def test_shows_the_sentences_that_share_the_questions_rarest_words() -> None:
    shown = window(LONG, {"lighthous": 3.0, "the": 0.1}, words=20)
    assert shown.startswith("Its lighthouse")
    assert shown.endswith("Brest.")


def test_shows_neighbouring_sentences_as_long_as_they_fit() -> None:
    assert window(LONG, {"lighthous": 3.0, "quay": 2.0}, words=36) == LONG[LONG.index("Its") :]


def test_shows_a_short_text_whole() -> None:
    assert window(" Open daily. Closed in May. ", {"may": 1.0}) == "Open daily. Closed in May."


def test_shows_the_beginning_where_no_word_is_shared() -> None:
    assert window(LONG, {}, words=20).startswith("The harbour was dug")


def test_shows_a_sentence_that_is_too_long_whole() -> None:
    sentence = " ".join(["word"] * (WINDOW_WORDS + 5)) + "."
    assert window(f"{sentence} Short one.", {"word": 1.0}) == sentence


def test_shows_an_entry_as_phrasing_and_answer() -> None:
    assert entry_text("open when", "From nine.", {}) == "open when From nine."
    entry = passage(kind="entry", text="From nine.", title="", questions=("When?", "open when"))
    assert passage_text(entry, {}) == "When? From nine."
    assert passage_text(entry, {}, "open when") == "open when From nine."


def test_shows_a_row_with_its_headers_under_title_and_section() -> None:
    row = passage(
        kind="row",
        title="Prices",
        section=("Hire", "Boats"),
        cells=(("Boat", "Kayak"), ("", "8 €")),
    )
    assert passage_text(row, {}) == "Prices – Boats: Boat: Kayak; 8 €"
    assert row_text("", (), [("Boat", "Kayak"), ("Colour", "")]) == "Boat: Kayak"


def test_shows_a_paragraph_under_its_title() -> None:
    assert paragraph_text("Harbour", (), "Open daily.", {}) == "Harbour: Open daily."
    assert passage_text(passage(text="Open.", title="", section=("When",)), {}) == "When: Open."


def test_imports_without_a_model_runtime() -> None:
    slow = "{'torch', 'onnxruntime', 'tokenizers', 'transformers', 'faiss'}"
    check = f"import sys, bot.verifier; assert not {slow} & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[1])


def test_reads_a_pair_once_and_keeps_the_order_of_the_passages() -> None:
    read: list[tuple[str, str]] = []

    class Counting(Verifier):
        def _read(self, question: str, passage: str) -> float:
            read.append((question, passage))
            return float(len(passage))

    verifier = Counting()
    texts = ["as long as this", "", "short"]
    np.testing.assert_array_equal(verifier.score("Why?", texts), [15, 0, 5])
    np.testing.assert_array_equal(verifier.score("Why?", [*texts[::-1], "new"]), [5, 0, 15, 3])
    assert verifier.score("How?", ["short"]).tolist() == [5]
    assert sorted(read) == sorted(
        [("Why?", text) for text in [*texts, "new"]] + [("How?", "short")]
    )


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier()


@pytest.mark.model
def test_scores_nothing_for_no_passages(verifier: Verifier) -> None:
    assert verifier.score("Who built it?", []).shape == (0,)


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "answering", "beside"),
    [
        (
            "Who built the lighthouse?",
            "Harbour: The lighthouse was built by Johan Rask.",
            "Harbour: The lighthouse is 31 metres high and painted white.",
        ),
        (
            "how much is a kayak",
            "Boats for hire: Boat: Kayak; Price: 8 €",
            "Boats for hire: Boat: Kayak; Seats: 2",
        ),
        (
            "i want my money back",
            "refunds We pay back within five days.",
            "delivery We deliver within five days.",
        ),
    ],
)
def test_prefers_the_passage_that_answers(
    verifier: Verifier, question: str, answering: str, beside: str
) -> None:
    right, wrong = verifier.score(question, [answering, beside])
    assert right > wrong + 1


@pytest.mark.model
def test_gives_a_passage_the_same_score_alone_and_beside_others(verifier: Verifier) -> None:
    texts = ["Harbour: Rask built it.", "Opening hours We open at nine and close at five.", "No."]
    together = verifier.score("Who built it?", texts)
    alone = [float(verifier.score("Who built it?", [text])[0]) for text in texts]
    np.testing.assert_array_equal(together, alone)


@pytest.mark.model
def test_scores_any_text_from_many_threads(verifier: Verifier) -> None:
    texts = ["", "\ud800", "word " * 5000, "🚗" * 50]
    with ThreadPoolExecutor(4) as pool:
        scores = list(pool.map(lambda text: verifier.score(text, texts), texts))
    assert all(np.isfinite(row).all() and row.shape == (4,) for row in scores)


def test_ships_small_and_says_what_it_was_made_from() -> None:
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    card = json.loads((FOLDER / "card.json").read_text("utf-8"))
    assert size <= 25_000_000
    assert {"recipe", "seed", "trained_on", "held_out", "licence"} <= card.keys()
