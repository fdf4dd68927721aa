from dataclasses import replace

import numpy as np
import pytest
from fake_encoder import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpus import corpus_of

from corpus.sentences import sentences
from index.build import build_index
from index.rank import EVIDENCE, Ranker, load_weights
from index.store import ExactStore
from index.terms import terms, words

TEXTS = (
    "The Giulia is built in Cassino. It left the line in 2015. It is a sedan.",
    "Toluca is in Mexico. Small cars were built there.",
    "Nothing to see here",
    "The museum in Arese is open daily. Cassino has none.",
)
QUESTIONS = (
    "Where is it made?",
    "Giulia Cassino",
    "where was the Giulai bilt",
    "xqzzyq",
    "",
    "?! 👋 \x00 \ud800",
    "איפה המפעל",
    "The Giulia is built in Cassino. It left the line in 2015. It is a sedan.",
)


@pytest.fixture(scope="module")
def encoder():
    return FakeEncoder()


@pytest.fixture(scope="module")
def index(encoder, tmp_path_factory):
    return build_index(corpus_of(*TEXTS), encoder, tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def ranker(index):
    return Ranker(index)


def column(ranking, name):
    return ranking.evidence[:, EVIDENCE.index(name)]


def test_the_passage_that_speaks_of_it_comes_first(ranker, encoder):
    assert ranker.rank("Where is it made?", encoder.encode).passages[0] == 0
    assert ranker.rank("Is Toluca in Mexico?", encoder.encode).passages[0] == 2
    assert ranker.rank("the museum in Arese", encoder.encode).passages[0] == 4


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_has_candidates_in_the_order_of_their_scores(ranker, encoder, question):
    ranking = ranker.rank(question, encoder.encode)
    assert len(ranking.passages) >= 1
    assert len(set(ranking.passages.tolist())) == len(ranking.passages)
    assert set(ranking.passages.tolist()) <= set(range(len(TEXTS) + 1))
    assert (np.diff(ranking.scores) <= 0).all()
    assert np.isfinite(ranking.evidence).all()
    assert ranking.passages.dtype == np.int64
    assert ranking.scores.dtype == ranking.evidence.dtype == ranking.vectors.dtype == np.float32
    assert ranking.evidence.shape == (len(ranking.passages), len(EVIDENCE))


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_the_evidence_weighed(ranker, encoder, question):
    ranking = ranker.rank(question, encoder.encode)
    assert ranking.scores == pytest.approx(ranking.evidence @ load_weights(), abs=1e-4)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_question_is_ranked_the_same(ranker, index, encoder, question):
    one = ranker.rank(question, encoder.encode)
    for other in (
        ranker.rank(question, encoder.encode),
        Ranker(index).rank(question, encoder.encode),
    ):
        for name in ("passages", "scores", "evidence", "vectors"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_engine_that_holds_the_vectors_makes_no_difference(index, encoder, question):
    exact = ExactStore(index.store.dimension)
    ids = np.arange(len(index.store))
    exact.add(ids, index.store.vectors(ids))
    by_faiss = Ranker(index).rank(question, encoder.encode)
    by_numpy = Ranker(replace(index, store=exact)).rank(question, encoder.encode)
    assert by_faiss.passages.tolist() == by_numpy.passages.tolist()
    assert by_faiss.evidence.tolist() == by_numpy.evidence.tolist()


DISTINCT = st.lists(st.sampled_from([*words(" ".join(TEXTS)), "xqzzyq"]), unique=True, max_size=12)


@settings(deadline=None)
@given(DISTINCT)
def test_evidence_stays_in_its_range(ranker, encoder, asked):
    ranking = ranker.rank(" ".join(asked), encoder.encode)
    slack = 1e-5
    assert (np.abs(column(ranking, "nearest")) <= 1 + slack).all()
    assert (column(ranking, "keyword") >= 0).all()
    assert (column(ranking, "keyword") <= 1 + slack).all()
    assert (np.abs(column(ranking, "discriminant")) <= 1.5).all()


@pytest.mark.parametrize("question", QUESTIONS)
def test_dense_evidence_is_what_a_plain_loop_finds(ranker, index, encoder, question):
    ranking = ranker.rank(question, encoder.encode)
    rows = index.store.vectors(np.arange(len(index.store)))
    for number, evidence in zip(ranking.passages, ranking.evidence, strict=True):
        own = np.flatnonzero(index.view_passage == number)
        near = (rows[own] @ ranking.vectors.T).max()
        apart = index.discriminant.scores(ranking.vectors, rows[own], np.array([len(own)])).max()
        found = dict(zip(EVIDENCE, evidence.tolist(), strict=True))
        assert found["nearest"] == pytest.approx(near, abs=1e-5)
        assert found["discriminant"] == pytest.approx(apart, abs=1e-5)


def test_a_word_that_no_passage_holds_is_no_evidence(ranker, encoder):
    assert not column(ranker.rank("xqzzyq", encoder.encode), "keyword").any()


def test_rare_terms_weigh_more_and_unknown_ones_most(ranker):
    (cassino,), (mexico,), (guide,) = terms("Cassino"), terms("Mexico"), terms("guide")
    rarities = [ranker.rarity(term) for term in (guide, cassino, mexico, "xqzzyq")]
    assert rarities == sorted(rarities)
    assert len(set(rarities)) == 4
    assert 0 < rarities[0] < rarities[-1] == 1


def test_a_misspelt_question_is_compared_as_written_and_as_meant(ranker, encoder):
    ranking = ranker.rank("was the Giulai a sedan", encoder.encode)
    assert ranking.question == "was the giulia a sedan"
    assert len(ranking.vectors) == 2
    assert ranking.passages[0] == 1
    assert len(ranker.rank("was the Giulia a sedan", encoder.encode).vectors) == 1


def test_a_question_without_slips_is_encoded_once(ranker):
    encoder = FakeEncoder()
    ranker.rank("Where is it made?", encoder.encode)
    assert encoder.encoded == ["Where is it made"]


def test_the_mark_at_the_end_makes_no_difference(ranker, encoder):
    plain = ranker.rank("Where is it made", encoder.encode)
    for marked in ("Where is it made?", "Where is it made ?!", "Where is it made."):
        ranking = ranker.rank(marked, encoder.encode)
        assert ranking.passages.tolist() == plain.passages.tolist()
        assert ranking.evidence.tolist() == plain.evidence.tolist()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_corpus_of_one_passage_has_one_candidate(encoder, tmp_path, question):
    ranker = Ranker(build_index(corpus_of(), encoder, tmp_path))
    assert ranker.rank(question, encoder.encode).passages.tolist() == [0]


def test_of_many_passages_the_near_ones_and_those_with_its_words_are_candidates(encoder, tmp_path):
    many = [f"Hall {number} has a door, a desk and a lamp." for number in range(300)]
    many[123] = "The Duetto has a round tail."
    ranker = Ranker(build_index(corpus_of(*many), encoder, tmp_path))
    ranking = ranker.rank("the Duetto's tail", encoder.encode)
    assert ranking.passages[0] == 124
    assert 20 <= len(ranking.passages) < 150


def test_passages_that_say_the_same_stand_in_the_order_of_the_corpus(encoder, tmp_path):
    ranker = Ranker(build_index(corpus_of(*["A door and a lamp."] * 5), encoder, tmp_path))
    ranking = ranker.rank("door lamp", encoder.encode)
    assert ranking.passages[:5].tolist() == [1, 2, 3, 4, 5]


def test_other_weights_rank_by_other_evidence(index, encoder):
    weights = np.zeros(len(EVIDENCE), dtype=np.float32)
    weights[EVIDENCE.index("keyword")] = 1
    ranking = Ranker(index, weights).rank("Toluca in Mexico", encoder.encode)
    assert ranking.scores.tolist() == column(ranking, "keyword").tolist()


def test_the_shipped_weights_are_one_for_each_evidence_and_trust_the_nearest_view():
    weights = dict(zip(EVIDENCE, load_weights().tolist(), strict=True))
    assert len(load_weights()) == len(EVIDENCE)
    assert weights["nearest"] > 0


def test_view_cosines_come_in_the_order_of_the_sentences(ranker, encoder):
    text = TEXTS[0]
    single = [text[start:end] for start, end in sentences(text)]
    ranking = ranker.rank("in 2015 it left the line", encoder.encode)
    expected = encoder.encode(single) @ ranking.vectors[0]
    cosines = ranker.view_cosines(ranking, 1, "sentence")
    assert cosines == pytest.approx(expected.tolist(), abs=1e-6)
    assert max(cosines) == cosines[1]


def test_view_cosines_take_the_better_spelling(ranker, encoder):
    ranking = ranker.rank("wher is it maed?", encoder.encode)
    of_both = encoder.encode(["Where is it made?"]) @ ranking.vectors.T
    assert ranker.view_cosines(ranking, 0, "question") == [pytest.approx(of_both.max(), abs=1e-6)]


def test_a_passage_without_such_views_has_no_cosines(ranker, encoder):
    ranking = ranker.rank("Where is it made?", encoder.encode)
    assert ranker.view_cosines(ranking, 1, "question") == []
    assert ranker.view_cosines(ranking, 3, "sentence") == []


def test_a_word_said_again_and_again_is_no_more_evidence(ranker, encoder):
    once, often = (ranker.rank(f"{'Cassino ' * n}?", encoder.encode) for n in (1, 50))
    assert column(often, "keyword").max() <= 1
    assert column(often, "keyword").tolist() == column(once, "keyword").tolist()
