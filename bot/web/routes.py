"""The routes of the contract."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Route

from bot.reply import Reply
from bot.web.desk import Desk
from bot.web.metrics import CONTENT_TYPE, Metrics, may_read
from bot.web.refusal import Refusal, is_json
from bot.web.schema import Kept, Opinion, Question, State, Suggestions, refused
from bot.web.widget import widget_response


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


def routes(desk: Desk) -> APIRouter:
    """Return the routes that data goes over."""
    router = APIRouter(route_class=JsonRoute)
    bad = refused(408, 413, 415, 422, 429, 500, 503)

    @router.post("/api/ask", responses=bad)
    async def ask(asked: Question) -> Reply:
        """Answer a question from the corpus, verbatim and with its source, or say there is none.

        `outcome` is `answer` where the bot stands behind it, `closest` where something asked for
        is missing in the sources (`not_in_sources` names it), `abstain` where it claims no answer
        (`suggestions` and `did_you_mean` hold questions that have one), `smalltalk` for greetings.
        """
        return await desk.ask(asked.question, asked.history)

    @router.get("/api/suggestions", responses=refused(503))
    async def suggestions() -> Suggestions:
        """Return questions to start a chat with."""
        starters = list(desk.ready_bot().starters())
        return Suggestions(
            name=desk.settings.name, contact=desk.settings.contact, suggestions=starters
        )

    @router.post("/api/feedback", responses=refused(404) | bad)
    async def feedback(opinion: Opinion) -> Kept:
        """Keep whether a reply helped."""
        await desk.rate(opinion.reply_id, opinion.helpful, opinion.comment)
        return Kept()

    @router.get("/healthz")
    async def healthz() -> State:
        """Tell that the process is alive."""
        return State(status="alive")

    @router.get("/readyz", responses=refused(503))
    async def readyz() -> State:
        """Tell whether index and model are loaded and warm."""
        if desk.trouble:
            raise Refusal("index_away", f"Not ready: {desk.trouble}.")
        desk.ready_bot()
        return State(status="ready")

    @router.get("/embed.js", include_in_schema=False)
    async def embed(request: Request) -> Response:
        return widget_response(request, desk)

    for path, respond in (("/healthz", healthz), ("/readyz", readyz), ("/embed.js", embed)):
        router.add_api_route(path, respond, methods=["HEAD"], include_in_schema=False)
    return router


def metrics_route(metrics: Metrics, readers: Sequence[str]) -> Route:
    """Return ``/metrics``, which exists for these addresses and networks alone."""

    async def respond(request: Request) -> Response:
        address = request.client.host if request.client else ""
        if request.scope["portello.unknown_proxy"] or not may_read(address, readers):
            raise Refusal("not_found")
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return Route("/metrics", respond, methods=["GET"], include_in_schema=False)
