import json
import os
from pathlib import Path

import pytest
from fake_encoder import FakeEncoder

from corpus import files
from corpus.errors import CorpusError
from corpus.read import read_corpus
from index import manifest, opening, sources
from index.build import build_again
from index.errors import UnwritableIndex
from index.opening import open_files
from index.terms import terms

FINGERPRINT = FakeEncoder().fingerprint
ENTRIES = [
    {"id": "one", "questions": ["Where is it made?"], "answer": "In Cassino."},
    {"id": "two", "questions": ["Who makes it?", "Maker?"], "answer": "Alfa Romeo."},
]
PAGE = "# Guide\n\nThe Giulia is made in Cassino. So is the Stelvio.\n"


@pytest.fixture
def corpus_folder(tmp_path, monkeypatch):
    """Return a folder with an empty file, a page and entries, all taken for old."""
    monkeypatch.setattr(files, "_SETTLED", -1)
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.jsonl").touch()
    (folder / "guide.md").write_text(PAGE, encoding="utf-8")
    write(folder, ENTRIES)
    return folder


def write(folder, entries):
    (folder / "faq.jsonl").write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")


class Opener:
    """Opens the index of a folder, and tells what was read and said meanwhile."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.index = folder, folder.parent / "index"
        self.read, self.said = [], []

        def reading(paths):
            self.read.append(paths)
            return read_corpus(paths)

        monkeypatch.setattr(opening, "read_corpus", reading)

    def __call__(self, *paths):
        self.read.clear()
        self.said.clear()
        paths = paths or (self.folder,)
        return open_files(paths, FakeEncoder, FINGERPRINT, self.index, say=self.said.append)


@pytest.fixture
def opened(corpus_folder, monkeypatch):
    return Opener(corpus_folder, monkeypatch)


def test_files_that_nobody_has_touched_are_not_read_again(opened):
    built = opened()
    assert (len(opened.read), len(opened.said)) == (1, 2)
    again = opened()
    assert (opened.read, opened.said) == ([], [])
    read = read_corpus([opened.folder])
    for index in (built, again):
        assert tuple(index.corpus.documents) == read.documents
        assert tuple(index.corpus.passages) == read.passages
        assert index.corpus.version == read.version
        assert index.keyword.search(terms("maker"), 5).ids.tolist() == [1]
    assert again.view_passage.tolist() == built.view_passage.tolist()
    assert again.view_kind.tolist() == built.view_kind.tolist()
    assert (again.manifest, again.version) == (built.manifest, built.version)


def test_a_changed_file_is_read_and_indexed(opened):
    opened()
    write(opened.folder, [*ENTRIES, {"id": "3", "questions": ["When?"], "answer": "Now."}])
    index = opened()
    assert (len(opened.read), len(index.corpus.passages)) == (1, 4)
    assert "corpus has changed" in opened.said[0]
    assert opened().corpus.passages[-1].text == index.corpus.passages[-1].text
    assert opened.read == []


def test_a_file_that_comes_or_goes_is_noticed(opened):
    opened()
    (opened.folder / "new.txt").write_text("New.", encoding="utf-8")
    assert len(opened().corpus.documents) == 4
    (opened.folder / "new.txt").unlink()
    assert len(opened().corpus.documents) == 3
    (opened.folder / "faq.jsonl").unlink()
    assert [document.id for document in opened().corpus.documents] == ["guide.md"]


def test_a_file_that_was_touched_alone_is_read_once_and_nothing_is_built(opened):
    opened()
    os.utime(opened.folder / "guide.md", (1, 1))
    opened()
    assert (len(opened.read), opened.said) == (1, [])
    opened()
    assert opened.read == []


def test_an_entry_that_moved_within_its_file_is_known_where_it_is_now(opened):
    opened()
    file = opened.folder / "faq.jsonl"
    file.write_text("\n" + file.read_text("utf-8"), encoding="utf-8")
    for times in (1, 0):
        index = opened()
        assert ([d.line for d in index.corpus.documents[:2]], opened.said) == ([2, 3], [])
        assert len(opened.read) == times


def test_an_entry_that_moved_is_built_for_once_where_two_notice_it(opened, monkeypatch):
    opened()
    file = opened.folder / "faq.jsonl"
    file.write_text("\n" + file.read_text("utf-8"), encoding="utf-8")
    built = []

    def building(*arguments):
        built.extend(build_again(*arguments) for _ in range(2))
        return built[-1]

    monkeypatch.setattr(opening, "build_again", building)
    opened()
    first, second = built
    assert first.version == second.version


def test_an_entry_that_moved_is_read_at_every_start_where_that_cannot_be_kept(opened, monkeypatch):
    opened()
    file = opened.folder / "faq.jsonl"
    file.write_text("\n" + file.read_text("utf-8"), encoding="utf-8")

    def refused(*_):
        raise UnwritableIndex("no")

    monkeypatch.setattr(opening, "build_again", refused)
    for _ in range(2):
        assert [document.line for document in opened().corpus.documents[:2]] == [2, 3]
        assert len(opened.read) == 1


def test_files_are_called_as_the_owner_calls_them_now(opened, monkeypatch):
    opened()
    monkeypatch.chdir(opened.folder.parent)
    index = opened(Path("corpus"))
    assert opened.read == []
    named = {document.file for document in index.corpus.documents}
    assert named == {str(Path("corpus") / name) for name in ("guide.md", "faq.jsonl")}


def test_a_file_so_new_that_it_could_change_unnoticed_is_read_again(opened, monkeypatch):
    monkeypatch.setattr(files, "_SETTLED", 60_000_000_000)
    for _ in range(2):
        opened()
        assert len(opened.read) == 1
    monkeypatch.setattr(files, "_SETTLED", -1)
    opened()
    assert (len(opened.read), opened.said) == (1, [])
    opened()
    assert opened.read == []


def test_a_file_that_changes_while_it_is_read_is_read_again(opened, monkeypatch):
    reading = opening.read_corpus

    def changing(paths):
        found = reading(paths)
        write(opened.folder, ENTRIES[:1])
        return found

    monkeypatch.setattr(opening, "read_corpus", changing)
    assert len(opened().corpus.passages) == 3
    monkeypatch.setattr(opening, "read_corpus", reading)
    assert len(opened().corpus.passages) == 2
    assert len(opened.read) == 1


def test_code_that_reads_otherwise_reads_again(opened, monkeypatch):
    opened()
    monkeypatch.setattr(sources, "code", lambda: "other")
    opened()
    assert len(opened.read) == 1


@pytest.mark.parametrize("noted", [None, "", "{}", "[]", '{"version": 1}'])
def test_what_is_not_known_of_the_files_is_found_out_by_reading(opened, noted):
    opened()
    (opened.index / "sources.json").unlink()
    if noted is not None:
        (opened.index / "sources.json").write_text(noted, encoding="utf-8")
    opened()
    assert (len(opened.read), opened.said) == (1, [])


def test_a_folder_that_nothing_can_be_noted_in_is_no_hindrance(opened, monkeypatch):
    def refused(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(sources, "write_whole", refused)
    for _ in range(2):
        assert len(opened().corpus.passages) == 3
        assert len(opened.read) == 1


def test_damage_is_noticed_and_mended(opened):
    index = opened()
    (index.version / "corpus" / "passages.npy").write_bytes(b"")
    assert len(opened().corpus.passages) == 3
    assert "corpus/passages.npy has 0 bytes" in opened.said[0]


def test_a_large_file_is_read_again_for_its_hash_only_if_it_was_touched(opened, monkeypatch):
    monkeypatch.setattr(manifest, "_LARGE", 0)
    path = opened().version / "bm25" / "passages.npy"
    opened()
    assert opened.said == []
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    opened()
    assert "bm25/passages.npy has changed" in opened.said[0]


def test_a_path_that_is_gone_is_named_as_ever(opened):
    opened()
    with pytest.raises(CorpusError, match="no such file or folder"):
        opened(opened.folder / "nowhere")


def test_files_that_were_just_written_are_read_again_at_the_next_start(corpus_folder, monkeypatch):
    monkeypatch.setattr(files, "_SETTLED", 10**12)
    opened = Opener(corpus_folder, monkeypatch)
    opened()
    opened()
    assert opened.read


def test_a_file_that_comes_and_goes_while_others_are_read_is_not_remembered(
    corpus_folder, monkeypatch
):
    opened = Opener(corpus_folder, monkeypatch)
    draft = corpus_folder / "draft.md"

    def reading(paths):
        draft.write_text("# Draft\n\nNothing yet.\n", encoding="utf-8")
        read = read_corpus(paths)
        draft.unlink()
        return read

    monkeypatch.setattr(opening, "read_corpus", reading)
    opened()
    monkeypatch.setattr(opening, "read_corpus", read_corpus)
    assert not [each for each in opened().corpus.documents if each.title == "Draft"]
