"""The HTTP side of the contract, as a FastAPI application."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from importlib import resources
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from bot.config import Settings
from bot.reply import Reply
from bot.web.desk import MAX_COMMENT, Asker, Desk
from bot.web.faq import Faq
from bot.web.faq_page import PATH as FAQ
from bot.web.gate import Gate
from bot.web.headers import Headers
from bot.web.limits import Limits
from bot.web.page import PAGE_ROUTES, Page
from bot.web.proxies import Proxies
from bot.web.refusal import ErrorType, Refusal, is_json

_log = logging.getLogger("portello.web")
_T = TypeVar("_T")


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is no character") from None
    return value


Text = Annotated[str, AfterValidator(_encodable)]


class Question(BaseModel):
    """A question and what was asked before it."""

    model_config = ConfigDict(extra="forbid")
    question: Annotated[Text, Field(description="In the visitor's words; not blank.")]
    history: Annotated[
        list[Text],
        Field(description="Earlier questions, oldest first; the last 20 are looked at."),
    ] = []


class Opinion(BaseModel):
    """What a visitor thinks of a reply."""

    model_config = ConfigDict(extra="forbid")
    reply_id: Annotated[Text, Field(max_length=100, description="As given in the reply.")]
    helpful: StrictBool
    comment: Annotated[
        Text, Field(description=f"Kept with the thumb, up to {MAX_COMMENT} characters.")
    ] = ""


class Suggestions(BaseModel):
    """What a chat starts with."""

    name: Annotated[str, Field(description="What the bot calls itself.")]
    contact: Annotated[str, Field(description="Offered where there is no answer; may be empty.")]
    suggestions: Annotated[list[str], Field(description="Questions that the corpus does answer.")]


class Kept(BaseModel):
    """The opinion is kept."""

    recorded: bool = True


class State(BaseModel):
    """How the server is."""

    status: str


class Error(BaseModel):
    """Why a request was refused."""

    error: str
    error_type: ErrorType


class JsonRoute(APIRoute):
    """A route whose body must be declared as JSON, so that no other site's form can post to it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler behind a look at the content type."""
        handler = super().get_route_handler()

        async def checked(request: Request) -> Response:
            if request.method == "POST" and not is_json(request.headers):
                raise Refusal("not_json")
            return await handler(request)

        return checked


def create_app(
    load: Callable[[], Asker],
    settings: Settings,
    on_failure: Callable[[Exception], None] | None = None,
) -> FastAPI:
    """Return the application; it answers ``/healthz`` at once and loads the bot in the background.

    Parameters
    ----------
    load
        Called once, in a thread, when the application starts.
    on_failure
        Called in the event loop with what ``load`` raised; by default it is only logged.
    """
    desk, page = Desk(settings), Page()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_start(desk, page, load, on_failure or _log_failure))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        desk.close()

    app = FastAPI(
        title=settings.name,
        summary="Answers with the owner's own words and shows where they stand.",
        lifespan=lifespan,
        middleware=_middleware(settings),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(_routes(desk, page))
    app.router.routes.extend(
        Route(path, page, methods=[method], include_in_schema=False) for path, method in PAGE_ROUTES
    )
    app.router.routes.append(
        Route(FAQ, Faq(desk).respond, methods=["GET"], include_in_schema=False)
    )
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    """Return what a request goes through, outermost first; refusals too are read across origins."""
    origins = settings.allowed_origins
    return [
        Middleware(Proxies, trusted=settings.trusted_proxies, prefix=settings.prefix),
        Middleware(Headers, allowed_origins=origins),
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type"],
            expose_headers=["Retry-After"],
        ),
        Middleware(Gate, settings=settings, limits=Limits(settings)),
    ]


def _routes(desk: Desk, page: Page) -> APIRouter:
    router = APIRouter(route_class=JsonRoute)
    bad: dict[int | str, dict[str, Any]] = {
        status: {"model": Error} for status in (413, 415, 422, 503)
    }

    @router.post("/api/ask", responses=bad)
    async def ask(asked: Question) -> Reply:
        """Answer a question from the corpus, verbatim and with its source, or say there is none."""
        return await desk.ask(asked.question, asked.history)

    @router.get("/api/suggestions", responses={503: {"model": Error}})
    async def suggestions() -> Suggestions:
        """Return questions to start a chat with."""
        starters = list(desk.ready_bot().starters())
        return Suggestions(
            name=desk.settings.name, contact=desk.settings.contact, suggestions=starters
        )

    @router.post("/api/feedback", responses={404: {"model": Error}, **bad})
    async def feedback(opinion: Opinion) -> Kept:
        """Keep whether a reply helped."""
        await desk.rate(opinion.reply_id, opinion.helpful, opinion.comment)
        return Kept()

    @router.get("/healthz")
    async def healthz() -> State:
        """Tell that the process is alive."""
        return State(status="alive")

    @router.get("/readyz", responses={503: {"model": Error}})
    async def readyz() -> State:
        """Tell whether index, model and page are loaded and warm."""
        desk.ready_bot()
        if page.app is None:
            raise Refusal("not_ready")
        return State(status="ready")

    widget = resources.files("bot.web").joinpath("embed.js").read_bytes()

    @router.get("/embed.js", include_in_schema=False)
    async def embed() -> Response:
        headers = {
            "Cache-Control": "public, max-age=300",
            # Even to pages that load nothing from others unless it says so.
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(widget, media_type="text/javascript", headers=headers)

    return router


def _refused(_: Request, error: Exception) -> Response:
    """Say it as the contract does; what was sent is never repeated."""
    if isinstance(error, Refusal):
        return error.response()
    if isinstance(error, RequestValidationError):
        return _invalid(error).response()
    assert isinstance(error, HTTPException)
    refusals: dict[int, ErrorType] = {400: "invalid_json", 404: "not_found"}
    response = Refusal(refusals.get(error.status_code, "method_not_allowed")).response()
    response.headers.update(error.headers or {})
    return response


def _invalid(error: RequestValidationError) -> Refusal:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return Refusal("invalid_json")
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return Refusal("invalid_input", f"{where[:80]}: {first['msg']}.")


def _log_failure(error: Exception) -> None:
    _log.error("Portello could not start: %s", error)


async def _start(
    desk: Desk, page: Page, load: Callable[[], Asker], on_failure: Callable[[Exception], None]
) -> None:
    """Load bot and page, one after the other, and keep the page until the task is cancelled."""
    try:
        desk.bot = await _in_thread(lambda: _warm(load()))
        async with page.opened(await _in_thread(lambda: page.build(desk))):
            await asyncio.get_running_loop().create_future()
    except Exception as error:
        on_failure(error)


def _warm(bot: Asker) -> Asker:
    bot.ask((*bot.starters(), "Hello")[0])
    return bot


async def _in_thread(work: Callable[[], _T]) -> _T:
    """Run work in a thread that, unlike an executor's, doesn't keep the process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def settle(result: _T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="load", daemon=True).start()
    return await done
