"""Counts and times for Prometheus; their labels can only take values of ours."""

import ipaddress
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from bot.web.visit import Visit

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_ROUTES = frozenset(
    "/ /api/ask /api/suggestions /api/feedback /faq /embed.js /healthz /readyz /metrics"
    " /openapi.json /config /theme.css /gradio_api/run/predict".split()
)
_GROUPS = ("/assets/", "/static/", "/gradio_api/heartbeat/")


class Metrics:
    """What ``/metrics`` tells.

    Parameters
    ----------
    waiting, ready
        Give the number of questions that wait for their turn, and whether the bot is loaded.
    """

    def __init__(self, waiting: Callable[[], int], ready: Callable[[], bool]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "portello_requests", "Requests.", ["method", "route", "status"], registry=self._registry
        )
        self._questions = Counter(
            "portello_questions", "Questions answered.", ["outcome"], registry=self._registry
        )
        self._seconds = Histogram(
            "portello_question_seconds",
            "Seconds from a question to its reply, waiting included.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._refusals = Counter(
            "portello_refusals", "Requests turned away.", ["error_type"], registry=self._registry
        )
        self._thumbs = Counter(
            "portello_thumbs", "Visitors' thumbs.", ["helpful"], registry=self._registry
        )
        for outcome in ("answer", "closest", "abstain", "smalltalk"):
            self._questions.labels(outcome)
        self._gauge("portello_waiting", "Questions that wait for their turn.", waiting)
        self._gauge("portello_ready", "1 once the bot is loaded.", lambda: int(ready()))
        ProcessCollector(registry=self._registry)

    def _gauge(self, name: str, doc: str, value: Callable[[], int]) -> None:
        Gauge(name, doc, registry=self._registry).set_function(value)

    def count_request(self, method: str, path: str, status: int) -> None:
        """Count a request under its route."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route_of(path), str(status)).inc()

    def count_visit(self, visit: Visit) -> None:
        """Count what was asked, rated or refused in a request."""
        if visit.reply is not None:
            self._questions.labels(visit.reply.outcome).inc()
            self._seconds.observe(visit.seconds)
        if visit.refused is not None:
            self._refusals.labels(visit.refused.error_type).inc()
        if visit.helpful is not None:
            self._thumbs.labels("yes" if visit.helpful else "no").inc()

    def text(self) -> bytes:
        """Return it all in Prometheus's text format."""
        return generate_latest(self._registry)


def route_of(path: str) -> str:
    """Return the route that a path belongs to, "other" for those that nobody serves."""
    if path in _ROUTES:
        return path
    return next((group for group in _GROUPS if path.startswith(group)), "other")


def may_read(address: str, networks: Sequence[str]) -> bool:
    """Tell whether an address lies in one of these networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ipaddress.ip_network(network) for network in networks)
