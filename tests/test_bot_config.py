"""Settings: a file, variables and the command line, the later winning."""

import os
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

from bot.config import Settings, SettingsError, load_settings


@pytest.fixture
def site(tmp_path):
    def write(text: str) -> Path:
        file = tmp_path / "site.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_without_file_or_variables_the_shipped_article_is_answered_from():
    settings = load_settings()
    assert settings.name == "Portello"
    assert settings.port == 7860
    assert [path.name for path in settings.corpus] == ["alfa_romeo"]
    assert settings.small_talk is not None
    assert settings.small_talk.name == "small_talk.csv"


def test_the_shipped_corpus_is_named_relative_to_the_checkout_and_absolute_elsewhere(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(Path(__file__).parent.parent)
    assert load_settings().corpus == (Path("corpus/alfa_romeo"),)
    monkeypatch.chdir(tmp_path)
    assert load_settings().corpus[0].is_absolute()


def test_settings_are_read_from_the_file(site):
    settings = load_settings(
        site(
            """
            name = "Garage Rossi"
            contact = "Call 555-0100"
            starters = ["Do you sell tyres?"]
            port = 8000
            error_budget = 0.1
            allowed_origins = ["https://rossi.example", "http://localhost:8000"]
            small_talk = ""
            """
        )
    )
    assert settings.name == "Garage Rossi"
    assert settings.starters == ("Do you sell tyres?",)
    assert settings.port == 8000
    assert settings.error_budget == 0.1
    assert settings.allowed_origins == ("https://rossi.example", "http://localhost:8000")
    assert settings.small_talk is None


def test_the_command_line_beats_variables_and_variables_beat_the_file(site):
    file = site('name = "file"\nport = 1\nhost = "file"')
    settings = load_settings(
        file, {"PORTELLO_NAME": "variable", "PORTELLO_PORT": "2"}, {"name": "line"}
    )
    assert (settings.name, settings.port, settings.host) == ("line", 2, "file")


def test_what_the_command_line_leaves_out_does_not_count():
    settings = load_settings(None, {"PORTELLO_PORT": "2"}, {"port": None, "corpus": ()})
    assert settings.port == 2
    assert settings.corpus == load_settings().corpus


def test_relative_paths_count_from_the_files_folder_and_from_here_elsewhere(site, tmp_path):
    file = site('corpus = ["pages", "/faq.md"]\nindex = "idx"')
    settings = load_settings(file)
    assert settings.corpus == (tmp_path / "pages", Path("/faq.md"))
    assert settings.index == tmp_path / "idx"
    assert load_settings(file, {"PORTELLO_INDEX": "idx"}).index == Path("idx")
    assert load_settings(file, {}, {"corpus": [Path("mine")]}).corpus == (Path("mine"),)


def test_the_access_log_counts_from_the_files_folder_and_a_dash_is_no_file(site, tmp_path):
    file = site('access_log = "access.jsonl"')
    assert load_settings(file).access_log == str(tmp_path / "access.jsonl")
    assert load_settings(file, {"PORTELLO_ACCESS_LOG": "-"}).access_log == "-"
    assert load_settings(site('access_log = ""')).access_log == ""
    assert load_settings(None, {"PORTELLO_LOG_QUESTIONS": "True"}).log_questions is True


def test_one_path_needs_no_list(site, tmp_path):
    assert load_settings(site('corpus = "pages"')).corpus == (tmp_path / "pages",)


def test_a_tilde_is_the_home_folder(site, monkeypatch):
    monkeypatch.setenv("HOME", "/ada")
    assert load_settings(site('corpus = "~/pages"')).corpus == (Path("/ada/pages"),)


def test_a_model_folder_counts_from_the_files_folder_and_a_model_name_stays_a_name(site, tmp_path):
    (tmp_path / "mine").mkdir()
    assert load_settings(site('model = "mine"')).model == str(tmp_path / "mine")
    assert load_settings(site('model = "org/other"')).model == "org/other"


def test_variables_hold_lists():
    settings = load_settings(
        None,
        {
            "PORTELLO_CORPUS": os.pathsep.join(["a.md", "b"]),
            "PORTELLO_STARTERS": "Why, oh why? | How?",
            "PORTELLO_ALLOWED_ORIGINS": "https://a.example, https://b.example",
        },
    )
    assert settings.corpus == (Path("a.md"), Path("b"))
    assert settings.starters == ("Why, oh why?", "How?")
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


def test_what_would_break_out_of_a_header_is_no_origin(site):
    for origin in (
        "null",
        "*",
        "https://*.example",
        "https://a.example; script-src *",
        "https://a.example\\nX: y",
        "https://a.example b",
        "https://user@a.example",
        "https://A.example",
        "ftp://a.example",
        "https://a.example/path",
        "'self'",
        "https://a.example/",
        "https://a.example:",
        "https://a.example:0443",
        "https://a.example:65536",
        "https://a..example",
        "https://.",
        "https://[:::1]",
    ):
        with pytest.raises(SettingsError, match="allowed_origins: expected origins such as"):
            load_settings(site(f'allowed_origins = ["{origin}"]'))


def test_a_port_that_browsers_leave_out_is_left_out(site):
    told = {
        "https://a.example:443": "https://a.example",
        "http://a.example:80": "http://a.example",
        "https://a.example:80": "https://a.example:80",
        "http://[::1]:80": "http://[::1]",
        "http://[::1]": "http://[::1]",
        "http://a.example:8080": "http://a.example:8080",
    }
    for written, sent in told.items():
        assert load_settings(site(f'allowed_origins = "{written}"')).allowed_origins == (sent,)


def test_empty_variables_and_those_of_others_do_not_count():
    environ = {"PORTELLO_PORT": "", "HOME": "/", "PORTELLO_DEBUG": "1"}
    assert load_settings(None, environ) == load_settings()


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('nmae = "x"', r"site\.toml: unknown key 'nmae'; did you mean 'name'\?"),
        ("zzz = 1", r"site\.toml: unknown key 'zzz'; known are .*name, contact, "),
        ("port = '80'", r"site\.toml: port: expected a whole number from 0 to 65535, found '80'"),
        ("port = true", r"port: expected a whole number"),
        ("port = 65536", r"port: expected a whole number"),
        ("name = 3", r"site\.toml: name: expected a text that isn't empty, found 3"),
        ("contact = []", r"contact: expected a text, found \[\]"),
        ('name = " "', r"name: expected a text that isn't empty"),
        ("starters = [1]", r"starters: expected a list of texts"),
        ("starters = 1", r"starters: expected a list of texts"),
        ("corpus = []", r"corpus: expected one or more paths"),
        ("error_budget = 1", r"error_budget: expected a number between 0 and 1, found 1"),
        ("error_budget = nan", r"error_budget: expected a number between 0 and 1"),
        ("error_budget = '1'", r"error_budget: expected a number between 0 and 1"),
        ('allowed_origins = ["*"]', r"allowed_origins: expected origins such as https://www"),
        ('allowed_origins = ["https://a.example/"]', r"nothing after the host and port, found"),
        ('allowed_origins = ["a.example"]', r"allowed_origins: expected origins"),
        ('trusted_proxies = ["nginx"]', r"trusted_proxies: expected addresses or networks such"),
        ('trusted_proxies = ["10.0.0.1/8"]', r"trusted_proxies: expected addresses or networks"),
        ('allowed_hosts = ["https://a.example"]', r"allowed_hosts: expected hosts such as chat"),
        ('prefix = "chat"', r"prefix: expected a path such as /chat, without a slash at its end"),
        ('prefix = "/chat/"', r"prefix: expected a path such as /chat"),
        ('prefix = "/../x"', r"prefix: expected a path such as /chat"),
        ("log_questions = 1", r"log_questions: expected true or false, found 1"),
        ("access_log = 1", r"access_log: expected the path of a file, - or an empty text"),
        ("max_history = 21", r"max_history: expected a whole number from 0 to 20, found 21"),
        ("max_body_bytes = 10", r"max_body_bytes: expected a whole number from 1024 to 10000000"),
        ('store = "redis"', r'store: expected "faiss" or "milvus", found .redis.'),
        ('milvus_uri = "milvus:19530"', r"milvus_uri: expected an address such as http://127"),
        ('milvus_uri = "http://m:19530/db"', r"with nothing after the port, found"),
        ('milvus_collection = "my-site"', r"milvus_collection: expected 1 to 100 letters, digits"),
        ("name = x\n", r"site\.toml: not TOML in UTF-8: .*line 1.*; mend the file"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_file_and_key(site, toml, message):
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings(site(toml))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_utf8_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(SettingsError, match=r"No such file .*; give --site a TOML file"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "Citro\xebn"')
    with pytest.raises(SettingsError, match=r"latin\.toml: not TOML in UTF-8"):
        load_settings(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"PORTELLO_PROT": "1"}, r"unknown variable PORTELLO_PROT; did you mean 'PORTELLO_PORT'\?"),
        ({"PORTELLO_PORT": "many"}, r"PORTELLO_PORT: expected a whole number .*, found 'many'"),
        ({"PORTELLO_LOG_QUESTIONS": "yes"}, r"PORTELLO_LOG_QUESTIONS: expected true or false"),
        ({"PORTELLO_ERROR_BUDGET": "2"}, r"PORTELLO_ERROR_BUDGET: expected a number between"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(environ, message):
    with pytest.raises(SettingsError, match=message):
        load_settings(None, environ)


def test_a_wrong_value_on_the_command_line_is_refused_by_its_option():
    with pytest.raises(SettingsError, match=r"--port: expected a whole number"):
        load_settings(None, {}, {"port": 70000})


def test_the_index_has_a_folder_of_its_own_for_each_corpus_and_model(tmp_path):
    first = load_settings(None, {}, {"corpus": [tmp_path / "a"]})
    other = load_settings(None, {}, {"corpus": [tmp_path / "b"]})
    model = load_settings(None, {}, {"corpus": [tmp_path / "a"], "model": "org/other"})
    folders = {settings.index_folder for settings in (first, other, model)}
    assert len(folders) == 3
    assert all("portello" in folder.parts for folder in folders)


def test_the_index_folder_of_a_corpus_is_one_however_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = load_settings(None, {}, {"corpus": [Path("a")]})
    assert here.index_folder == load_settings(None, {}, {"corpus": [tmp_path / "a"]}).index_folder


def test_sites_in_milvus_keep_their_feedback_apart_whatever_their_corpus(tmp_path):
    site = load_settings(None, {"PORTELLO_STORE": "milvus"})
    other = replace(site, milvus_collection="other")
    elsewhere = replace(site, milvus_uri="http://10.0.0.5:19530")
    assert len({each.feedback_file for each in (site, other, elsewhere)}) == 3
    assert replace(site, corpus=(tmp_path,)).feedback_file == site.feedback_file


def test_index_and_feedback_stand_where_they_are_set(tmp_path):
    settings = load_settings(None, {}, {"index": tmp_path / "i"})
    assert settings.index_folder == tmp_path / "i"
    assert settings.feedback_file == tmp_path / "i" / "feedback.jsonl"
    settings = load_settings(None, {}, {"feedback": tmp_path / "f.jsonl"})
    assert settings.feedback_file == tmp_path / "f.jsonl"


def test_a_token_is_never_told():
    settings = load_settings(
        None, {"PORTELLO_STORE": "milvus", "PORTELLO_MILVUS_TOKEN": "r:s3cret"}
    )
    assert (settings.store, settings.place.token) == ("milvus", "r:s3cret")
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in f"{settings.place} {settings.place!r}"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (
            'milvus_token = ["s3cret"]',
            "expected a text, found a value of the type list",
        ),
        ('milvus_uri = ["http://s3cret@m"]', "found a value of the type list"),
        (
            'milvus_uri = "http://root:s3cr@s3cret@m:19530"',
            "found 'http://m:19530' behind a user or password; that goes into milvus_token",
        ),
        ('milvus_uri = "root:s3cret@m:19530"', "found 'm:19530' behind a user or password"),
    ],
)
def test_a_secret_that_stands_wrong_is_not_told(site, toml, message):
    with pytest.raises(SettingsError, match=message) as error:
        load_settings(site(toml))
    assert "s3c" not in str(error.value)


def test_settings_cannot_be_changed_and_each_says_what_it_means():
    with pytest.raises(FrozenInstanceError):
        load_settings().port = 1  # type: ignore[misc]
    assert all(setting.metadata["doc"].endswith(".") for setting in fields(Settings))
