"""Names, numbers, units and kinds of answers are compared; other words are left alone."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_encoder import FakeEncoder

from bot import agreement_names
from bot.agreement import Agreement
from bot.agreement_kinds import asked_kinds, denies_alone, lacking_kinds
from bot.agreement_numbers import dated, numbers, other_day, other_period, other_unit
from bot.agreement_words import named_words
from bot.config import cache_folder
from corpus.document import Corpus, Passage
from corpus.read import read_corpus
from index.encoders import question_encoder

HERE = Path(__file__).parent
ARTICLE = HERE.parent / "corpus" / "alfa_romeo"


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return Agreement(read_corpus([ARTICLE]), question_encoder("default", cache_folder()).encode)


def passage_with(text: str) -> Passage:
    return next(each for each in read_corpus([ARTICLE]).passages if text in each.text)


def faq_of(folder: Path, entries: dict[str, str]) -> Corpus:
    """Return a corpus of entries, each with one phrasing."""
    lines = [{"id": asked, "questions": [asked], "answer": said} for asked, said in entries.items()]
    path = folder / "faq.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return read_corpus([path])


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Where is Ferrari made?", ("Ferrari",)),
        ("what about ferrari", ("ferrari",)),
        ("Where are BMWs manufactured?", ("BMWs",)),
        ("is alfa romeo made in germany", ("germany",)),
        ("Is Alfa Romeo a French brand?", ("French",)),
        ("Was Alfa Romeo founded in 1955?", ("1955",)),
        ("does it have a factory in the uk", ("uk",)),
        ("Who was Nicola Romeo?", ("Nicola",)),
        ("What is Mercedes-Benz's history?", ("Mercedes-Benz",)),
    ],
)
def test_names_and_years_that_the_sources_never_mention_are_missing(
    agreement: Agreement, question: str, missing: tuple[str, ...]
) -> None:
    assert agreement.missing(question) == missing


@pytest.mark.model
@pytest.mark.parametrize(
    "question",
    [
        "Where were the first Alfas built?",
        "are alfas reliable and who established the company",
        "Where is Alpha Romeo made?",
        "alfa romeo plnat in mexcio",
        "what's the name of the mexican factory",
        "Hi, I'm Tom, where is Alfa Romeo made?",
        "WHERE IS ALFA ROMEO ASSEMBLED?",
        "How Much Does The Warranty Cost?",
        "Was it founded in 1910?",
        "What time do you open?",
    ],
)
def test_inflections_slips_introductions_and_ordinary_words_are_not_missing(
    agreement: Agreement, question: str
) -> None:
    assert agreement.missing(question) == ()


@pytest.mark.model
def test_a_name_that_another_passage_holds_is_a_disagreement(agreement: Agreement) -> None:
    reliable = passage_with("improvements in reliability")
    assert agreement.disagreements("Is the Toluca plant reliable?", reliable) == ("Toluca",)
    assert agreement.disagreements("Are Alfa Romeos reliable?", reliable) == ()


@pytest.mark.model
def test_a_year_other_than_the_passages_is_a_disagreement(agreement: Agreement) -> None:
    founded = passage_with("founded in Milan")
    assert agreement.disagreements("Was Alfa Romeo founded in 1955?", founded) == ("1955",)
    assert agreement.disagreements("Was Alfa Romeo founded in 1910?", founded) == ()


@pytest.mark.model
def test_a_question_for_a_price_disagrees_with_a_text_without_one(agreement: Agreement) -> None:
    reliable = passage_with("improvements in reliability")
    assert agreement.disagreements("How much does an Alfa Romeo cost?", reliable) == ("price",)


@pytest.mark.model
@pytest.mark.parametrize("name", ["bicycle_hire.md", "library.md", "museum.csv"])
def test_minimal_pairs_are_told_apart_and_no_question_with_an_answer_is_stopped(name: str) -> None:
    corpus = read_corpus([HERE / "minimal_pairs" / name])
    agreement = Agreement(corpus, question_encoder("default", cache_folder()).encode)

    def differs(question: str, ids: list[str]) -> bool:
        right = [passage for passage in corpus.passages if passage.source_id in ids]
        return bool(agreement.missing(question)) or all(
            agreement.disagreements(question, passage) for passage in right
        )

    lines = (HERE / "minimal_pairs.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [pair for pair in map(json.loads, lines) if pair["corpus"] == name]
    assert [p["answered"] for p in pairs if differs(p["answered"], p["relevant"])] == []
    named = [p for p in pairs if p["change"] in ("name", "year", "language")]
    assert sum(differs(p["declined"], p["relevant"]) for p in named) >= 0.9 * len(named)


def test_with_another_model_capitals_alone_tell_names(fake_encoder: FakeEncoder) -> None:
    agreement = Agreement(read_corpus([ARTICLE]), fake_encoder.encode)
    assert agreement.missing("Where is Ferrari made?") == ("Ferrari",)
    assert agreement.missing("where is ferrari made") == ()


def test_names_mean_nothing_where_the_owners_phrasings_are_full_of_examples(
    fake_encoder: FakeEncoder, tmp_path: Path
) -> None:
    towns = ("Aldhelm", "Brackwell", "Osterby", "Rostvik", "Kirkholm")
    entry = {"id": "a", "questions": [f"do you deliver to {t}" for t in towns], "answer": "Yes."}
    path = tmp_path / "faq.jsonl"
    path.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    agreement = Agreement(read_corpus([path]), fake_encoder.encode)
    assert agreement.missing("do you deliver to Havnsund in 1999") == ()


def test_a_name_that_phrasings_alone_hold_is_another_name(
    fake_encoder: FakeEncoder, tmp_path: Path
) -> None:
    prices = {
        "What does a wedding cost in Rostvik?": "900 euros.",
        "What does parking cost in Osterby?": "2 euros.",
        "Are Dogs Allowed Inside?": "No.",
    }
    corpus = faq_of(tmp_path, prices)
    agreement, wedding = Agreement(corpus, fake_encoder.encode), corpus.passages[0]
    assert agreement.disagreements("What does a wedding cost in Osterby?", wedding) == ("Osterby",)
    assert agreement.disagreements("what does a wedding cost in osterby", wedding) == ("osterby",)
    assert agreement.disagreements("What does a wedding cost in Rostvik?", wedding) == ()
    assert agreement.disagreements("Are Dogs Allowed at weddings?", wedding) == ()


def test_a_day_is_no_name_that_a_passage_must_hold(
    fake_encoder: FakeEncoder, tmp_path: Path
) -> None:
    corpus = faq_of(
        tmp_path,
        {
            "When is the bakery in Rostvik open?": "Every day from 7 to 12.",
            "When is there cake?": "There is cake on Sundays.",
            **{f"Is there {each}?": "Yes." for each in ("bread", "tea", "coffee", "soup")},
        },
    )
    agreement = Agreement(corpus, fake_encoder.encode)
    asked = "Is the bakery in Rostvik open on Sundays?"
    assert agreement.disagreements(asked, corpus.passages[0]) == ()


@pytest.mark.parametrize(
    "question", ["", "?", "...", "I", "\ud800", "7", "a'b'c", "ΑΒΓ?", "x" * 999]
)
def test_no_question_raises(fake_encoder: FakeEncoder, question: str) -> None:
    corpus = read_corpus([ARTICLE])
    agreement = Agreement(corpus, fake_encoder.encode)
    assert isinstance(agreement.missing(question), tuple)
    assert isinstance(agreement.disagreements(question, corpus.passages[0]), tuple)


def test_a_word_is_embedded_once(fake_encoder: FakeEncoder) -> None:
    agreement = Agreement(read_corpus([ARTICLE]), fake_encoder.encode)
    agreement.missing("where is lamborghini made")
    before = len(fake_encoder.encoded)
    agreement.missing("is lamborghini italian")
    assert fake_encoder.encoded.count("lamborghini") == 1
    assert len(fake_encoder.encoded) == before


def test_threads_that_ask_at_once_get_what_one_gets_however_little_is_kept(
    fake_encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement_names, "_KEPT", 1)
    monkeypatch.setattr(agreement_names, "_RELATED", 0.1)
    names = agreement_names.Names(fake_encoder.encode)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            asked = [f"{letter}mexican" for letter in "abcdefg"] * 50
            found = list(threads.map(lambda each: names.related(each, [each[:-2] + "o"]), asked))
    finally:
        sys.setswitchinterval(before)
    assert all(found)


def test_numbers_are_compared_as_values() -> None:
    assert {"4137", "10", "1918", "1914"} <= numbers("4,137 in the tenth week of 1914–18")


def test_a_unit_of_the_same_kind_but_another_disagrees() -> None:
    assert other_unit("what does it cost a month?", "8 pounds an hour") == ("month",)
    assert other_unit("what does it cost per day?", "20 pence daily") == ()
    assert other_unit("what does it cost a month?", "it is free.") == ()


def test_a_day_disagrees_unless_the_text_speaks_of_a_range() -> None:
    assert other_day("are you open on mondays?", "open on fridays.") == ("Monday",)
    assert other_day("are you open on mondays?", "open from sunday to friday.") == ()
    assert other_day("are you open in may?", "open in july.") == ("May",)


def test_a_century_or_decade_outside_the_years_of_a_text_disagrees() -> None:
    told = dated("born in 1028, he died in 1087")
    assert other_period("who ruled in the 10th century?", told) == ("10th century",)
    assert other_period("who ruled in the eleventh century?", told) == ()
    assert other_period("who ruled in the 1500s?", told) == ("1500s",)
    assert other_period("who ruled in the 1500s?", dated("in his youth")) == ()


def test_a_kind_of_answer_is_lacking_only_where_there_is_no_trace_of_it() -> None:
    assert lacking_kinds("how many people work there?", "the plant is in cassino.") == ("how many",)
    assert lacking_kinds("how many people work there?", "forty people work there.") == ()
    assert lacking_kinds("how many people work there?", "founded in 1910.") == ("how many",)
    assert lacking_kinds("when was it built?", "it was built during the war.") == ()
    assert asked_kinds("when i log in nothing happens") == ()


def test_a_question_for_what_is_not_so_disagrees_with_a_text_without_negation() -> None:
    assert denies_alone("which cards do you not take?", "we take debit cards.")
    assert not denies_alone("which cards do you not take?", "we take all but credit cards.")
    assert not denies_alone("what if i don't have a card?", "we take cash.")


def test_capitals_mark_names_only_inside_a_sentence_that_is_not_a_title() -> None:
    def marked(question: str) -> list[str]:
        return [word.written for word in named_words(question) if word.marked]

    assert marked("Who owns Ferrari?") == ["Ferrari"]
    assert marked("How Reliable Are These Cars?") == []
    assert marked("WHO OWNS IT?") == []
    assert marked("Thanks. Where is it?") == []
