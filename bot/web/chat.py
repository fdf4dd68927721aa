"""The chat page, made of Gradio's blocks: the only module that imports Gradio.

The visitor's browser is never asked what was said before: turns are kept here, for half an hour.
"""

import contextlib
import logging
import os
from dataclasses import dataclass
from importlib import resources
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from bot.following import Asker
from bot.web.desk import Desk
from bot.web.page import JOIN
from bot.web.refusal import Refusal
from bot.web.render import buttons, greeting_html, notice_html, question_html, reply_html, text
from index.errors import IndexProblem, StoreAway

# Read when Gradio is imported: no word to its makers, no statistics that slow a long-lived server.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"

import gradio as gr

_MAX_TURNS = 50
_KEPT_SECONDS = 1800
_SHOWN_CHARACTERS = 500

_log = logging.getLogger("portello.web")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, and the reply to it as it is shown; ``reply_id`` is None where there is none."""

    question: str
    html: str
    buttons: tuple[str, ...] = ()
    reply_id: str | None = None


Turns = tuple[Turn, ...]
Message = dict[str, Any]


class Chat:
    """What the page's events do; every value they are given comes from a stranger's browser."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._greeted_by: Asker | None = None
        self._starters: tuple[str, ...] = ()

    async def say(self, question: object, turns: Turns) -> tuple[Any, list[Message], Turns]:
        """Answer what was typed: the emptied field, the messages, the turns."""
        if not isinstance(question, str) or not question.strip():
            return gr.skip(), self.messages(turns), turns
        turns = (*turns, await self._turn(question, turns))[-_MAX_TURNS:]
        return "", self.messages(turns), turns

    async def ask(self, question: str, history: list[str] | None = None) -> dict[str, Any]:
        """Answer as POST /api/ask does; history holds earlier questions, oldest first."""
        earlier: object = history or []
        try:
            with self._desk.apart(JOIN):
                if not isinstance(earlier, list) or not all(
                    isinstance(one, str) for one in (question, *earlier)
                ):
                    raise Refusal("invalid_input")
                return (await self._desk.ask(question, earlier)).to_dict()
        except Refusal as refusal:
            raise gr.Error(str(refusal)) from None

    async def choose(self, turns: Turns, chosen: gr.SelectData) -> tuple[Any, list[Message], Turns]:
        """Answer the question of a button."""
        return await self.say(chosen.value, turns)

    async def like(self, turns: Turns, liked: gr.LikeData) -> None:
        """Keep a thumb for the reply it was given to."""
        # Messages: the greeting, then a question and a reply a turn.
        number = liked.index // 2 - 1 if isinstance(liked.index, int) else -1
        if not isinstance(liked.liked, bool) or not 0 <= number < len(turns):
            return
        reply_id = turns[number].reply_id
        if reply_id is not None:
            try:
                await self._desk.rate(reply_id, liked.liked)
            except Refusal as refusal:
                _log.warning("a thumb was not kept: %s", refusal)

    def messages(self, turns: Turns) -> list[Message]:
        """Return the whole chat as Gradio's messages."""
        messages = [_message(greeting_html(self._desk.settings.name), self._start())]
        for turn in turns:
            asked = question_html(turn.question, _SHOWN_CHARACTERS)
            messages += [{"role": "user", "content": asked}, _message(turn.html, turn.buttons)]
        return messages

    def _start(self) -> tuple[str, ...]:
        """Return the starters of the bot that answers; those before where they can't be read."""
        bot = self._desk.bot
        if bot is not None and bot is not self._greeted_by:
            with contextlib.suppress(StoreAway, IndexProblem):
                self._starters, self._greeted_by = bot.starters(), bot
        return self._starters

    async def _turn(self, question: str, turns: Turns) -> Turn:
        earlier = [turn.question for turn in turns if turn.reply_id is not None]
        try:
            reply = await self._desk.ask(question, earlier)
        except Refusal as refusal:
            return Turn(question[: _SHOWN_CHARACTERS + 1], notice_html(str(refusal)))
        except Exception:
            _log.exception("a question on the page failed")
            return Turn(question, notice_html(str(Refusal("internal_error"))))
        html = reply_html(reply, self._desk.settings.contact)
        return Turn(question, html, buttons(reply), reply.reply_id)


def _message(html: str, options: tuple[str, ...]) -> Message:
    shown = [{"value": option, "label": option} for option in options]
    return {"role": "assistant", "content": html, "options": shown}


def mounted_chat(desk: Desk) -> FastAPI:
    """Return an application with the chat page at ``/``; the desk has to have its bot."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # Gradio would let every origin in, with its cookies, where it finds no rule for origins.
    app.add_middleware(CORSMiddleware)
    page = _blocks(desk)
    # Gradio checks the paths it serves only in a page that it takes for launched.
    page.has_launched = True
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        root_path=desk.settings.prefix or None,
        footer_links=[],
        run_history=False,
        show_error=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        max_file_size="1b",
        theme=_theme(),
        # Not as css=, which Gradio writes into the page twice, the second time with its own prefix.
        head=f"<style>{_file('chat.css')}</style><script>{_file('chat.js')}</script>",
    )
    return app


def _file(name: str) -> str:
    return resources.files("bot.web").joinpath(name).read_text("utf-8")


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="red",
        neutral_hue="zinc",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )


def _blocks(desk: Desk) -> Any:
    chat, name = Chat(desk), desk.settings.name
    quiet: dict[str, Any] = {
        "queue": False,
        "api_visibility": "private",
        "show_progress": "hidden",
    }
    with gr.Blocks(
        title=name, analytics_enabled=False, fill_height=True, delete_cache=(3600, 3600)
    ) as page:
        turns = gr.State((), time_to_live=_KEPT_SECONDS)
        # gr.HTML would evaluate its template as a script, which the page's policy forbids.
        gr.Markdown(f"<h1>{text(name)}</h1>", latex_delimiters=[], elem_id="name")
        talk = gr.Chatbot(
            chat.messages(()),  # type: ignore[arg-type]
            label="Conversation",
            show_label=False,
            elem_id="talk",
            buttons=[],
            latex_delimiters=[],
            allow_tags=False,
            layout="bubble",
            scale=1,
            height=None,
            autoscroll=False,
            feedback_options=("Like", "Dislike"),
        )
        field = gr.Textbox(
            label="Your question",
            show_label=False,
            placeholder="Ask a question",
            submit_btn="Ask",
            max_length=desk.settings.max_question_chars,
            elem_id="field",
            autofocus=False,
        )
        field.submit(chat.say, [field, turns], [field, talk, turns], **quiet)
        talk.option_select(chat.choose, [turns], [field, talk, turns], **quiet)
        talk.clear(lambda: (chat.messages(()), ()), None, [talk, turns], **quiet)
        talk.like(chat.like, [turns], None, **quiet)
        gr.events.api(chat.ask, api_name="ask", concurrency_limit=4)
    page.queue(api_open=False, max_size=64)
    # The page's events go without the queue, which polls a thousand times a second if left alone.
    page._queue.sleep_when_free = 0.25
    page._queue.progress_update_sleep_when_free = 0.5
    return page
