import gc
import json
from datetime import date
from pathlib import Path

import pytest
from small_corpus import corpus_of

import corpus
from corpus.document import Corpus, Passage
from corpus.outline import Outline
from corpus.read import read_corpus
from corpus.stored import open_corpus, save_corpus

ARTICLE = Path(corpus.__file__).with_name("alfa_romeo")
DATED = "---\ntitle: Señor\nlang: es\nvalid_until: 2030-01-02\nreview_by: 2029-12-31\n---\nHola.\n"


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Return a corpus with something of every kind and format."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "dated.md").write_text(DATED, encoding="utf-8")
    (folder / "faq.csv").write_text("question,answer\nWhen?,Now.\n", encoding="utf-8")
    entry = {"id": "e", "questions": ["Why?", "How?"], "answer": " Só 🙂. ", "url": "https://a.pt"}
    text = {"id": "t", "title": "T", "text": "One. " * 400}
    lines = "\n".join(map(json.dumps, (entry, text)))
    (folder / "faq.jsonl").write_text(lines, encoding="utf-8")
    return read_corpus([ARTICLE, folder])


def names(found):
    return list(dict.fromkeys(document.file for document in found.documents))


@pytest.fixture
def opened(read, tmp_path):
    save_corpus(read, names(read), tmp_path / "corpus")
    return open_corpus(tmp_path / "corpus", names(read))


def test_all_documents_and_passages_come_back_as_they_were(read, opened):
    assert tuple(opened.documents) == read.documents
    assert tuple(opened.passages) == read.passages
    assert opened.version == read.version
    kinds = {type(part) for passage in opened.passages for part in (passage.cells, passage.section)}
    assert kinds == {tuple}


def test_the_outline_is_that_of_the_corpus(read, opened):
    for one in (read, opened):
        outline = one.outline
        assert sum(outline.counts().values()) == len(read.passages)
        assert outline.counts()["table"] == sum(p.kind == "table" for p in read.passages)
        asked = [number for number, p in enumerate(read.passages) if p.questions]
        assert outline.asked.tolist() == asked
        assert outline.phrasings.tolist() == [len(d.questions) for d in read.documents]
        (dated,) = (number for number, d in enumerate(read.documents) if d.lang == "es")
        assert list(outline.expiring()) == [(dated, date(2030, 1, 2))]
        assert outline.dated() == [dated]
    assert Outline.of((), ()).counts() == {}


def test_they_are_sequences(read, opened):
    passages = opened.passages
    assert len(passages) == len(read.passages)
    assert passages[3:9:2] == read.passages[3:9:2]
    assert passages[-1] == read.passages[-1]
    for beyond in (len(passages), -len(passages) - 1):
        with pytest.raises(IndexError, match=rf"number {beyond} of {len(passages)}"):
            passages[beyond]


def test_what_nobody_holds_is_not_in_memory(opened):
    def held():
        gc.collect()
        return sum(isinstance(each, Passage) for each in gc.get_objects())

    before = held()
    assert len(list(map(hash, opened.passages))) > 20
    assert held() == before
    assert opened.passages[7] is opened.passages[7]


def test_files_may_bear_other_names_but_not_be_fewer(read, tmp_path):
    save_corpus(read, names(read), tmp_path / "corpus")
    moved = [f"elsewhere/{Path(name).name}" for name in names(read)]
    opened = open_corpus(tmp_path / "corpus", moved)
    assert names(opened) == moved
    with pytest.raises(ValueError, match=f"the corpus has {len(moved)} files, found 1"):
        open_corpus(tmp_path / "corpus", moved[:1])


@pytest.mark.parametrize("stored", [Corpus((), (), "0"), corpus_of("Half \ud83d a pair.")])
def test_nothing_and_half_a_surrogate_pair_can_be_stored(stored, tmp_path):
    save_corpus(stored, ["guide.md"], tmp_path / "corpus")
    opened = open_corpus(tmp_path / "corpus", ["guide.md"])
    assert (tuple(opened.documents), tuple(opened.passages)) == (stored.documents, stored.passages)
