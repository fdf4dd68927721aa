"""Serve what is published in Milvus, with the fake model and without Gradio's page, on a free port:
``python serve_published.py FEEDBACK``. Settings are variables, ``PORTELLO_...``.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]

from fake_encoder import FakeEncoder  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from serving import UNLIMITED  # noqa: E402

from bot.answer import Bot  # noqa: E402
from bot.config import Settings, load_settings  # noqa: E402
from bot.web.page import Page  # noqa: E402
from bot.web.server import serve  # noqa: E402
from index.published import open_published  # noqa: E402


def load(settings: Settings) -> Bot:
    """Return a bot of the version that counts."""
    encoder = FakeEncoder()
    index = open_published(settings.place, encoder.fingerprint, settings.index_folder)
    return Bot(index, encoder, settings)


if __name__ == "__main__":
    Page.build = lambda *_: FastAPI(openapi_url=None)  # type: ignore[method-assign]
    overrides = {"port": 0, "feedback": Path(sys.argv[1])}
    settings = load_settings(None, UNLIMITED | os.environ, overrides)
    sys.exit(serve(settings, lambda: load(settings)))
