"""The FAQ as a page for every reader and every search engine, without any script (pure)."""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from importlib import resources
from urllib.parse import urlencode

from bot.config import Settings
from bot.reply import Alternative, Reply
from bot.web.render import buttons, notice_html, reply_html, source_html, text
from corpus.slug import slug

PATH = "/faq"
_STYLE = resources.files("bot.web").joinpath("faq.css").read_text("utf-8")


def style_source() -> str:
    """Return what allows the page's own style, and no other, in a policy."""
    digest = hashlib.sha256(_STYLE.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def list_page(settings: Settings, entries: Sequence[Alternative]) -> str:
    """Return the page of all entries, which search engines may keep."""
    listed = "".join(_entry(entry) for entry in entries)
    told = _json_ld(entries) if entries else ""
    about = f"Answers of {settings.name}, word for word from its own pages."
    head = f'<link rel="canonical" href="faq"><meta name="description" content="{text(about)}">'
    heading = "<h2>Questions and answers</h2>" if entries else ""
    return _page(settings, "", head + told, heading + listed)


def reply_page(settings: Settings, question: str, reply: Reply) -> str:
    """Return the page of one answer."""
    shown = reply_html(reply, settings.contact)
    links = "".join(f'<li><a href="{_ask(each)}">{text(each)}</a></li>' for each in buttons(reply))
    return _answer_page(settings, question, f'{shown}<ul class="next">{links}</ul>')


def notice_page(settings: Settings, question: str, notice: str) -> str:
    """Return the page that says why there is no answer to be had."""
    contact = f"<p>{text(settings.contact)}</p>" if settings.contact else ""
    return _answer_page(settings, question, notice_html(notice) + contact)


def _answer_page(settings: Settings, question: str, body: str) -> str:
    asked = f'<h2 dir="auto">{text(question)}</h2>' if question.strip() else ""
    back = '<p><a href="faq">All questions and answers</a></p>'
    head = '<meta name="robots" content="noindex">'
    return _page(settings, question, head, f"{asked}{body}{back}")


def _page(settings: Settings, question: str, head: str, body: str) -> str:
    name, most = text(settings.name), settings.max_question_chars
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{name}: questions and answers</title>
{head}
<style>{_STYLE}</style>
</head>
<body>
<header><h1>{name}</h1></header>
<main>
<form action="faq" role="search">
<label for="q">Your question</label>
<input id="q" name="q" value="{text(question)}" maxlength="{most}" required autocomplete="off">
<button>Ask</button>
</form>
{body}
</main>
<footer>{text(settings.contact)}</footer>
</body>
</html>
"""


def _entry(entry: Alternative) -> str:
    question = text(entry.question or "")
    return (
        f'<section class="entry" id="{_anchor(entry)}"><h3 dir="auto">{question}</h3>'
        f'<p dir="auto">{text(entry.answer)}</p>{source_html(entry.source)}</section>'
    )


def _anchor(entry: Alternative) -> str:
    told = hashlib.sha256(entry.source.id.encode()).hexdigest()[:8]
    return f"{slug(entry.question or '')[:50]}-{told}"


def _ask(question: str) -> str:
    return text(f"faq?{urlencode({'q': question})}")


def _json_ld(entries: Sequence[Alternative]) -> str:
    """Return the entries as schema.org's FAQPage, https://schema.org/FAQPage."""
    questions = [
        {
            "@type": "Question",
            "name": entry.question,
            # Readers take this text for HTML.
            "acceptedAnswer": {"@type": "Answer", "text": html.escape(entry.answer, quote=False)},
            "url": f"faq#{_anchor(entry)}",
        }
        for entry in entries
    ]
    page = {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": questions}
    # No sign in it can end the element that it stands in.
    told = json.dumps(page, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    return f'<script type="application/ld+json">{told.replace("&", chr(92) + "u0026")}</script>'
