"""Fixtures for all tests: a fake encoder, the real one, and no network."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_encoder import FakeEncoder
from hypothesis import settings
from network import blocked

if TYPE_CHECKING:
    from dealer_site import Dealer
    from milvus_server import RunningMilvus
    from playwright.sync_api import Browser, Page

    from index.sentence_encoder import SentenceEncoder

# The same examples on every run; HYPOTHESIS_PROFILE=default looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture
def fake_encoder() -> FakeEncoder:
    """Return a deterministic encoder that needs no model."""
    return FakeEncoder()


@pytest.fixture(scope="session")
def real_encoder() -> "SentenceEncoder":
    """Return the packaged model; loaded once a session, for tests marked ``model``."""
    from index.model import find_model
    from index.sentence_encoder import SentenceEncoder

    return SentenceEncoder(find_model())


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[RunningMilvus]":
    """Return a running Milvus server; started once a session, where a test asks for it."""
    from milvus_server import running_milvus

    with running_milvus(tmp_path_factory.mktemp("milvus")) as server:
        yield server


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection but one to a Unix socket fail."""
    for (owner, name), substitute in blocked().items():
        monkeypatch.setattr(owner, name, substitute)


# What follows is for tests of the widget. Nothing of it is imported by those that need no browser.

Visit = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Return a browser for the tests of a module."""
    from browsing import launched

    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def feedback(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that visitors' thumbs are added to."""
    return tmp_path_factory.mktemp("feedback") / "feedback.jsonl"


@pytest.fixture(scope="module")
def dealer_of_module(feedback: Path) -> "Iterator[Dealer]":
    """Return a dealer's site, and behind it a scripted Portello that allows it."""
    from dealer_site import dealer_site
    from serving import SCRIPTED, serving

    with dealer_site() as dealer, serving(SCRIPTED, str(feedback), dealer.url[:-1]) as served:
        dealer.chat = served.url.replace("127.0.0.1", "chat.localhost")
        yield dealer
        assert "Traceback" not in served.log.read_text()


@pytest.fixture
def dealer(dealer_of_module: "Dealer") -> "Dealer":
    """Return the dealer's site with its strict policy and no pages but its own."""
    from dealer_site import strict_policy

    dealer_of_module.policy = strict_policy(dealer_of_module.chat)
    dealer_of_module.pages.clear()
    return dealer_of_module


@pytest.fixture
def chat(dealer: "Dealer") -> str:
    """Return the address of the Portello behind the dealer's widget."""
    return dealer.chat


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """Return what visited pages did that they mustn't; a test that provoked it takes it out."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def visit(browser: "Browser", dealer: "Dealer", faults: list[str]) -> Iterator[Visit]:
    """Return a function that opens a page of the dealer: HTML, ``url``, or the front page."""
    from widget import visiting

    with contextlib.ExitStack() as stack:

        def open_page(html: str | None = None, url: str | None = None, **more: Any) -> "Page":
            address = url or (dealer.page(html) if html else dealer.url)
            return stack.enter_context(visiting(browser, dealer, address, faults, **more))

        yield open_page
