"""Serve the scripted bot on a free port: ``python serve_scripted.py FEEDBACK [ORIGIN]...``.

Settings not given here can be variables, ``PORTELLO_...``.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]

from scripted_bot import ScriptedBot  # noqa: E402
from serving import UNLIMITED  # noqa: E402

from bot.config import load_settings  # noqa: E402
from bot.web.server import serve  # noqa: E402

if __name__ == "__main__":
    overrides: dict[str, object] = {
        "name": "Alfa Romeo Guide",
        "contact": "Call us on 555-0100 or write to hello@dealer.example",
        "port": 0,
        "feedback": Path(sys.argv[1]),
        "allowed_origins": tuple(sys.argv[2:]),
    }
    settings = load_settings(None, UNLIMITED | os.environ, overrides)
    sys.exit(serve(settings, ScriptedBot))
