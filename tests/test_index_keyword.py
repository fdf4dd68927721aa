import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Passage
from index import keyword as module
from index.keyword import Keyword, keyword_text
from index.terms import terms

TEXTS = [
    "The Giulia is built in Cassino.",
    "Cassino, Cassino: a plant in Italy.",
    "Toluca is in Mexico.",
    "",
]


@pytest.fixture
def keyword():
    return Keyword.of(TEXTS)


def bm25(texts, number, term, k1=1.5, b=0.75):
    """Robertson and Zaragoza 2009 with the never negative idf of Lucene."""
    bags = [terms(text) for text in texts]
    frequency = sum(term in bag for bag in bags)
    count = bags[number].count(term)
    average = sum(map(len, bags)) / len(bags)
    idf = math.log(1 + (len(bags) - frequency + 0.5) / (frequency + 0.5))
    return idf * count / (count + k1 * (1 - b + b * len(bags[number]) / average))


def test_finds_the_passages_that_share_a_term_best_first(keyword):
    hits = keyword.search(terms("the plant in Cassino"), 10)
    assert hits.ids.tolist()[:2] == [1, 0]
    assert 3 not in hits.ids
    assert (hits.ids.dtype, hits.scores.dtype) == (np.int64, np.float32)
    assert (hits.scores > 0).all()


def test_scores_are_those_of_the_formula(keyword):
    (term,) = terms("Cassino")
    expected = [bm25(TEXTS, number, term) for number in range(4)]
    assert keyword.scores([term], np.arange(4)) == pytest.approx(expected, rel=1e-5)
    assert expected[2] == 0


def test_scores_come_in_the_order_of_the_ids_asked_for(keyword):
    every = keyword.scores(["mexico"], np.arange(4))
    assert keyword.scores(["mexico"], np.array([2, 0, 2])).tolist() == every[[2, 0, 2]].tolist()


def test_equal_scores_stand_in_the_order_of_their_numbers_and_k_cuts():
    hits = Keyword.of(["red car"] * 6 + ["blue"]).search(["red"], 3)
    assert hits.ids.tolist() == [0, 1, 2]


WORDS = "a a a a b b b c c d e f".split()
SAMPLES = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=40)


@pytest.mark.parametrize("limit", [0, 20_000], ids=["chosen", "all"])
@given(SAMPLES, st.lists(st.sampled_from([*WORDS, "z"]), max_size=6), st.integers(1, 8))
def test_the_best_and_their_scores_are_those_of_adding_every_term_up(limit, texts, asked, k):
    keyword = Keyword.of(texts)
    every = np.zeros(len(texts), dtype=np.float32)
    for term in asked:
        every += keyword.scores([term], np.arange(len(texts)))
    best = sorted(np.flatnonzero(every), key=lambda number: (-every[number], number))[:k]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_FEW", limit)
        patched.setattr(module, "_SHORT", limit // 10_000)
        hits = keyword.search(asked, k)
    assert hits.ids.tolist() == best
    assert hits.scores.tolist() == every[best].tolist()
    assert keyword.scores(asked, np.arange(len(texts))).tolist() == every.tolist()


def test_common_terms_are_looked_up_only_where_they_can_matter(monkeypatch):
    texts = [f"the rare{number} thing" for number in range(500)]
    keyword = Keyword.of(texts)
    everything = keyword.search(["the", "rare7", "thing"], 1)
    monkeypatch.setattr(module, "_FEW", 0)
    monkeypatch.setattr(module, "_SHORT", 0)
    assert keyword._contenders(["the", "rare7", "thing"], 1).tolist() == [7]
    assert keyword.search(["the", "rare7", "thing"], 1).scores == everything.scores


@pytest.mark.parametrize("asked", [[], ["zebra"], [""], ["zebra", ""]])
def test_unknown_terms_and_no_terms_find_nothing(keyword, asked):
    assert keyword.search(asked, 5).ids.tolist() == []
    assert keyword.scores(asked, np.array([0, 3])).tolist() == [0, 0]


def test_unknown_terms_do_not_change_the_score_of_known_ones(keyword):
    known, mixed = (keyword.search(asked, 5) for asked in (["mexico"], ["zebra", "mexico"]))
    assert known.scores.tolist() == mixed.scores.tolist()


def test_counts_the_passages_that_hold_a_term(keyword):
    (cassino,) = terms("Cassino")
    counts = [keyword.document_frequency(term) for term in (cassino, "mexico", "zebra", "")]
    assert counts == [2, 1, 0, 0]
    assert len(keyword) == 4


@pytest.mark.parametrize("texts", [[], ["", "🙂"]])
def test_passages_without_any_word_can_be_searched(texts, tmp_path):
    keyword = Keyword.of(texts)
    keyword.save(tmp_path / "bm25")
    for one in (keyword, Keyword.load(tmp_path / "bm25")):
        assert len(one) == len(texts)
        assert one.search(["car"], 3).ids.tolist() == []


def test_is_the_same_after_saving_and_loading(keyword, tmp_path):
    keyword.save(tmp_path / "bm25")
    loaded = Keyword.load(tmp_path / "bm25")
    asked = terms("Where in Mexico is Toluca, and where is Cassino?")
    assert loaded.search(asked, 9).ids.tolist() == keyword.search(asked, 9).ids.tolist()
    assert loaded.search(asked, 9).scores.tolist() == keyword.search(asked, 9).scores.tolist()
    assert loaded.document_frequency("mexico") == 1
    assert len(loaded) == 4


def test_is_silent(tmp_path, capfd):
    Keyword.of(TEXTS).save(tmp_path / "bm25")
    Keyword.load(tmp_path / "bm25").search(["mexico"], 1)
    assert capfd.readouterr() == ("", "")


def test_a_passage_is_found_by_title_section_questions_headers_and_text():
    passage = Passage(
        id="a",
        source_id="a",
        document=0,
        kind="row",
        start=0,
        end=6,
        text="Toluca",
        title="Guide",
        section=("Plants", "Abroad"),
        questions=("Where?",),
        cells=(("Facility", "Toluca"), ("", "")),
    )
    words = keyword_text(passage).split()
    assert words == ["Guide", "Plants", "Abroad", "Where?", "Facility", "Toluca"]
