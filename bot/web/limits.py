"""How much one address, and all of them together, may ask (token buckets) and keep open.

An address is never kept. It is hashed with a salt that is made anew every day and lies in memory
alone, so that nobody can tell afterwards who asked, or that the same one asked the day before.
"""

import contextlib
import hashlib
import ipaddress
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator

from pyrate_limiter import Rate, TokenBucket

from bot.public import Public
from bot.web.refusal import ErrorType, Refusal

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
_ADDRESSES = 100_000
"""Addresses whose buckets are remembered, the last ones."""
_IPV6_SITE = 64
"""Bits of an IPv6 address that tell one subscriber from another."""
_PAGES_RETRY = 60
"""Seconds after which a page that was too many may be fewer."""

_State = tuple[float, ...]
_bucket = TokenBucket()


def monotonic_ms() -> int:
    """Return milliseconds that only ever grow."""
    return time.monotonic_ns() // 1_000_000


class Limits:
    """Takes a token for each question, or says how long to wait for one; counts open streams."""

    def __init__(self, settings: Public, clock: Callable[[], int] = monotonic_ms) -> None:
        self._clock = clock
        per_minute, at_once = settings.questions_per_minute, settings.questions_at_once
        self._rates = [Rate(per_minute, _MINUTE, burst=at_once)]
        self._all_rates = [Rate(settings.total_per_minute, _MINUTE)]
        self._all: _State = _bucket.initial(self._all_rates)
        self._states: OrderedDict[bytes, _State] = OrderedDict()
        self._most, self._most_of_all = settings.pages_at_once, settings.total_pages
        self._open: Counter[bytes] = Counter()
        self._renew(clock())

    def take(self, address: str) -> None:
        """Take a token; Refusal, with the seconds to wait, where there is none."""
        now = self._clock()
        if now - self._salted >= _DAY:
            self._renew(now)
        key = self._key(address)
        state = self._states.setdefault(key, _bucket.initial(self._rates))
        self._states.move_to_end(key)
        if len(self._states) > _ADDRESSES:
            self._states.popitem(last=False)
        self._states[key] = _spend(self._rates, state, now, "too_many")
        self._all = _spend(self._all_rates, self._all, now, "busy")

    @contextlib.contextmanager
    def stream(self, address: str) -> Iterator[None]:
        """Hold a place for what stays open as long as its page; Refusal where there is none."""
        key = self._key(address)
        if self._open[key] >= self._most:
            raise Refusal("too_many", "Too many pages are open.", _PAGES_RETRY)
        if self._open.total() >= self._most_of_all:
            raise Refusal("busy", "More pages are open than there is room for.", _PAGES_RETRY)
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    def _key(self, address: str) -> bytes:
        return hashlib.blake2b(_subscriber(address), key=self._salt, digest_size=16).digest()

    def _renew(self, now: int) -> None:
        self._salt, self._salted = secrets.token_bytes(32), now
        self._states.clear()


def _spend(rates: list[Rate], state: _State, now: int, error_type: ErrorType) -> _State:
    state, decision = _bucket.step(rates, state, now, 1)
    if not decision.allowed:
        raise Refusal(error_type, retry_after=(decision.retry_after_ms or 0) / 1000)
    return state


def _subscriber(address: str) -> bytes:
    """Return what one visitor can't change at will: the IPv4 address, the network of an IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address.encode("utf-8", "replace")
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return ipaddress.ip_network((found, _IPV6_SITE), strict=False).network_address.packed
    return (getattr(found, "ipv4_mapped", None) or found).packed
