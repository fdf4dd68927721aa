"""Counts and times for Prometheus; their labels can only take values of ours."""

import ipaddress
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from bot.reply import Outcome
from bot.web.refusal import ErrorType

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_ROUTES = frozenset(
    "/ /api/ask /api/suggestions /api/feedback /faq /embed.js /healthz /readyz /metrics"
    " /openapi.json /config /theme.css /favicon.ico /manifest.json /gradio_api/run/predict"
    " /gradio_api/info /gradio_api/queue/join /gradio_api/queue/data".split()
)
_GROUPS = ("/assets/", "/static/", "/gradio_api/heartbeat/")


class Metrics:
    """What ``/metrics`` tells."""

    def __init__(self) -> None:
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
        ProcessCollector(registry=self._registry)

    def watch(self, name: str, doc: str, value: Callable[[], int]) -> None:
        """Also tell a number that is asked for whenever it is to be told."""
        Gauge(name, doc, registry=self._registry).set_function(value)

    def count_request(self, method: str, path: str, status: int) -> None:
        """Count a request under its route."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route_of(path), str(status)).inc()

    def count_reply(self, outcome: Outcome, seconds: float) -> None:
        """Count a question that was answered or declined."""
        self._questions.labels(outcome).inc()
        self._seconds.observe(seconds)

    def count_refusal(self, error_type: ErrorType) -> None:
        """Count a request, or a question in it, that was turned away."""
        self._refusals.labels(error_type).inc()

    def count_thumb(self, helpful: bool) -> None:
        """Count a thumb that was kept."""
        self._thumbs.labels("yes" if helpful else "no").inc()

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
