"""The HTTP side of the contract, as a FastAPI application."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from bot.config import Settings
from bot.following import Asker
from bot.web.desk import Desk
from bot.web.faq import Faq
from bot.web.faq_page import PATH as FAQ
from bot.web.gate import Gate
from bot.web.headers import Headers
from bot.web.journal import Journal
from bot.web.limits import Limits
from bot.web.page import PAGE_ROUTES, Page
from bot.web.proxies import Proxies
from bot.web.refusal import ErrorType, Refusal
from bot.web.routes import metrics_route, routes
from bot.web.schema import DESCRIPTION, limited
from bot.web.starting import start
from bot.web.visit import current

_log = logging.getLogger("portello.web")


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
    desk = Desk(settings)
    page = Page(desk)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(start(desk, page, load, on_failure or _log_failure))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        desk.close()

    app = _described(settings, lifespan, Middleware(Journal, log=desk.log, metrics=desk.metrics))
    app.state.end_streams = page.end_streams
    app.include_router(routes(desk))
    app.router.routes += [
        *(Route(path, page, methods=[verb], include_in_schema=False) for path, verb in PAGE_ROUTES),
        Route(FAQ, Faq(desk).respond, methods=["GET"], include_in_schema=False),
        metrics_route(desk.metrics, settings.metrics_from),
    ]
    return app


def _described(
    settings: Settings, lifespan: Callable[[FastAPI], Any], journal: Middleware
) -> FastAPI:
    """Return the application without its routes."""
    app = FastAPI(
        title=settings.name,
        summary="Answers with the owner's own words and shows where they stand.",
        description=DESCRIPTION,
        version=version("portello"),
        servers=[{"url": settings.prefix or "/"}],
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        middleware=_middleware(settings, journal),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            Refusal: _refused,
            HTTPException: _refused,
            RequestValidationError: _refused,
        },
    )
    app.openapi = lambda: limited(app, settings)  # type: ignore[method-assign]
    return app


def _middleware(settings: Settings, journal: Middleware) -> list[Middleware]:
    """Return what a request goes through, outermost first; refusals too are read across origins."""
    origins = settings.allowed_origins
    return [
        Middleware(Proxies, trusted=settings.trusted_proxies, prefix=settings.prefix),
        journal,
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


async def _refused(_: Request, error: Exception) -> Response:
    """Say it as the contract does; what was sent is never repeated."""
    refusal = _refusal_of(error)
    current().refused = refusal
    response = refusal.response()
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


def _refusal_of(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    assert isinstance(error, HTTPException)
    refusals: dict[int, ErrorType] = {400: "invalid_json", 404: "not_found"}
    return Refusal(refusals.get(error.status_code, "method_not_allowed"))


def _invalid(error: RequestValidationError) -> Refusal:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return Refusal("invalid_json")
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return Refusal("invalid_input", f"{where[:80]}: {first['msg']}.")


def _log_failure(error: Exception) -> None:
    _log.error("Portello could not start: %s", error)
