"""Fixtures for all tests: a fake encoder, the real one, and no network."""

import os
from typing import TYPE_CHECKING

import pytest
from fake_encoder import FakeEncoder
from hypothesis import settings
from network import blocked

if TYPE_CHECKING:
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


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection but one to a Unix socket fail."""
    for (owner, name), substitute in blocked().items():
        monkeypatch.setattr(owner, name, substitute)
