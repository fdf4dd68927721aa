"""`index` tells what is in the index and what was done for it."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_encoder import FakeEncoder

import bot.indexing
from bot.config import SettingsError, load_settings
from bot.indexing import Indexed, open_index, refresh_index
from corpus.errors import CorpusError, PortelloError

PAGE = """# Garage

We open at eight.

## Frequently Asked Questions

### Do you change tyres?

Yes, we do.

## Prices

| Work | Price |
|---|---|
| Tyres | 40 |
"""


@pytest.fixture
def made(monkeypatch):
    """Take a fake model for the real one; return the encoders made."""
    encoders = []

    def building_encoder(_name, _cache):
        encoders.append(FakeEncoder())
        return encoders[-1]

    fingerprint = FakeEncoder().fingerprint
    monkeypatch.setattr(bot.indexing, "building_encoder", building_encoder)
    monkeypatch.setattr(bot.indexing, "question_encoder", lambda _name, _cache: FakeEncoder())
    monkeypatch.setattr(
        bot.indexing, "describe", lambda _name, _cache: SimpleNamespace(fingerprint=fingerprint)
    )
    return encoders


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    return load_settings(overrides={"corpus": [tmp_path / "page.md"], "index": tmp_path / "index"})


def test_a_first_run_makes_every_vector(made, settings):
    indexed = refresh_index(settings)
    assert indexed.documents == 1
    assert indexed.passages == {"paragraph": 1, "entry": 1, "row": 1, "table": 1}
    assert indexed.embedded == len(made[0].encoded)
    assert indexed.embedded > 0
    assert indexed.reused == 0
    assert indexed.folder == settings.index_folder


@pytest.mark.usefixtures("made")
def test_it_tells_what_the_error_budget_comes_to(settings):
    told = [
        str(refresh_index(replace(settings, error_budget=b))).splitlines()[-1] for b in (0.25, 0.1)
    ]
    shares = [list(map(int, re.findall(r"(\d+)%", line))) for line in told]
    assert told[0].startswith("error budget 0.25: answers of ")
    for _, expected, least, most in shares:
        assert 0 < least <= expected <= most <= 100
    assert shares[0][0] < shares[1][0], "a smaller budget asks for more confidence"
    assert shares[0][1] > shares[1][1], "and answers fewer questions"


def test_a_run_without_changes_makes_none_and_loads_no_model(made, settings):
    first = refresh_index(settings)
    again = refresh_index(settings)
    assert (again.embedded, again.reused) == (0, first.embedded)
    assert len(made) == 1


def test_a_changed_page_keeps_the_vectors_of_what_did_not_change(made, settings):
    first = refresh_index(settings)
    settings.corpus[0].write_text(PAGE.replace("eight", "nine"), encoding="utf-8")
    said = []
    again = refresh_index(settings, say=said.append)
    assert 0 < again.embedded < first.embedded
    assert again.embedded == len(made[1].encoded)
    assert 0 < again.reused < first.embedded
    assert "changed" in said[0]


def test_in_milvus_it_publishes_what_changed_and_opens_what_was_published(made, settings, milvus):
    there = replace(settings, store="milvus", milvus_uri=milvus.uri, milvus_collection="indexing")
    first = refresh_index(there)
    assert (first.embedded, first.reused) == (len(made[0].encoded), 0)
    assert f"\nindex: 'indexing' in Milvus at {milvus.uri}\n" in str(first)
    again = refresh_index(there)
    assert (again.embedded, again.reused) == (0, first.embedded)
    elsewhere = replace(there, corpus=(Path("not here"),), index=Path("nor here"))
    assert open_index(elsewhere).corpus.documents[0].text == PAGE


@pytest.mark.usefixtures("made")
def test_without_pages_of_the_owners_nothing_is_published(
    monkeypatch,
):
    monkeypatch.setattr("index.published.publish_index", lambda *_, **__: pytest.fail("published"))
    with pytest.raises(SettingsError, match=r"give your own pages: `python app.py index --corpus"):
        refresh_index(load_settings(None, {"PORTELLO_STORE": "milvus"}))


@pytest.mark.usefixtures("made")
def test_without_the_client_for_milvus_it_is_told_what_to_install(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(PortelloError, match=r"run: pip install 'portello\[milvus\]'"):
        open_index(replace(settings, store="milvus"))


@pytest.mark.usefixtures("made")
def test_a_corpus_that_cannot_be_read_is_the_operators_to_mend(tmp_path):
    settings = load_settings(overrides={"corpus": [tmp_path / "none"]})
    with pytest.raises(CorpusError, match="none"):
        refresh_index(settings)


def test_it_is_told_in_a_few_lines():
    indexed = Indexed(2, {"entry": 3, "paragraph": 0, "row": 1, "table": 1}, 7, 4, 1.26, Path("i"))
    assert str(indexed).splitlines() == [
        "documents: 2",
        "passages: 5 (FAQ entries 3, table rows 1, tables 1)",
        "vectors: 7 made, 4 kept",
        "seconds: 1.3",
        "folder: i",
    ]


def test_an_approximate_search_is_told_of_with_what_it_finds(made, settings, tmp_path, monkeypatch):
    assert "search:" not in str(refresh_index(settings))
    monkeypatch.setattr("index.engines.EXACT_UP_TO", 100)
    monkeypatch.setattr("index.approximate_store.FEWEST", 100)
    lines = [f"The part number {one} costs {one * 7} euros.\n\n" for one in range(200)]
    (tmp_path / "page.md").write_text("# Parts\n\n" + "".join(lines), encoding="utf-8")
    told = (
        r"^search: approximate; finds [\d.]+% of the 10 nearest vectors, [\d.]+% of the 64 nearest$"
    )
    assert re.search(told, str(refresh_index(settings)), flags=re.M)
    assert len(made) == 2
