import re
from pathlib import Path

import pytest
from fake_encoder import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

import corpus
from bot import agreement_facts
from bot.agreement_facts import Facts, facts_of
from bot.agreement_words import initials, spells_out
from corpus.document import Corpus
from corpus.read import read_corpus
from index.build import build_index

ARTICLE = read_corpus([Path(corpus.__file__).with_name("alfa_romeo")])
PIECES = st.sampled_from("United Nations of the The in 3D X é Éire und U a -  \n".split(" "))


def told(facts):
    arrays = (facts.subjects, facts.starts, facts.members)
    values = (facts.counts, facts.stems, facts.numbers, facts.identified, facts.capitals)
    return (
        *values,
        facts.titles,
        facts.initials,
        facts.topics,
        *(array.tolist() for array in arrays),
    )


@pytest.fixture
def index(tmp_path):
    return build_index(ARTICLE, FakeEncoder(), tmp_path / "index")


@given(
    st.lists(PIECES, max_size=8),
    st.sampled_from([" ", "-", "  "]),
    st.sampled_from(["UN", "UTN", "TUN", "X", "XÉ", "Un", "UUUU", "ÉU", ""]),
)
def test_an_abbreviation_is_spelt_out_by_words_in_a_row_that_begin_so(pieces, between, short):
    text = between.join(pieces)
    letters = [re.escape(char) for char in short if char.isupper()]
    small = r"[^\W\d_]*[ -](?:(?:of|the|and|for|in)[ -])*"
    found = len(letters) > 1 and re.search(rf"\b{small.join(letters)}", text) is not None
    assert spells_out("\n".join(initials(text)), short) == found


def test_facts_are_kept_and_not_found_out_again(index, monkeypatch):
    found = facts_of(index)
    assert found.counts["cassino"] > 0
    assert "1910" in found.numbers
    assert {"alfa", "guide"} <= found.titles
    monkeypatch.setattr(Facts, "of", None)
    assert told(facts_of(index)) == told(found)


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "code", "corpus"])
def test_facts_that_are_not_those_of_this_corpus_are_found_out(index, damage, monkeypatch):
    found = facts_of(index)
    path = index.folder / "agreement.msgpack"
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[:-1])
    elif damage == "changed":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "code":
        monkeypatch.setattr(agreement_facts, "_code", lambda: "other")
    else:
        index = build_index(ARTICLE, FakeEncoder(), index.folder)
    finding, times = Facts.of, []
    monkeypatch.setattr(Facts, "of", lambda found: times.append(found) or finding(found))
    for _ in range(2):
        assert told(facts_of(index)) == told(found)
    assert len(times) == 1


def test_a_folder_that_cannot_be_written_to_costs_time_alone(index, monkeypatch):
    def refused(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(agreement_facts, "write_whole", refused)
    assert told(facts_of(index)) == told(facts_of(index))


def test_what_a_fifth_of_the_passages_name_is_what_a_text_is_about(monkeypatch):
    (title,) = {passage.title for passage in ARTICLE.passages}
    topics = Facts.of(ARTICLE).topics_of(ARTICLE, title)
    assert {"alfa", "romeo"} <= topics
    assert "toluca" not in topics
    monkeypatch.setattr(agreement_facts, "_FEW", 0)
    counted = Facts.of(ARTICLE)
    assert dict(counted.topics) == {title: topics}
    assert counted.topics_of(ARTICLE, title) == topics
    assert counted.topics_of(ARTICLE, "Another") == frozenset()


def test_a_corpus_of_nothing_has_no_facts():
    facts = Facts.of(Corpus((), (), "0"))
    assert (facts.counts, facts.initials, facts.members.tolist()) == ({}, "", [])
    assert facts.topics_of(Corpus((), (), "0"), "Any") == frozenset()
