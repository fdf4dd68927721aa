"""Content security policies as browsers read them, https://www.w3.org/TR/CSP3/ (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

_FALLBACKS = {
    "script-src-elem": ("script-src-elem", "script-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
}
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy.

    Attributes
    ----------
    directives
        Sources by the name of their directive; of a name given twice the first counts.
    where
        Where it was found, in words: "the header Content-Security-Policy".
    """

    directives: Mapping[str, tuple[str, ...]]
    where: str

    def governing(self, kind: str) -> str | None:
        """Return the directive that decides about a kind of request, None if there is none."""
        return next((name for name in _FALLBACKS[kind] if name in self.directives), None)

    def allows_script(self, url: str, page: str, nonce: str = "", integrity: str = "") -> bool:
        """Tell whether a script of the page's HTML may be loaded."""
        name = self.governing("script-src-elem")
        if name is None:
            return True
        sources = self.directives[name]
        proofs = {f"'nonce-{nonce}'"} if nonce else set()
        proofs |= {f"'{digest}'" for digest in integrity.split()}
        if proofs & set(sources):
            return True
        return "'strict-dynamic'" not in sources and _matches(sources, url, page)

    def allows_connection(self, url: str, page: str) -> bool:
        """Tell whether the page's scripts may send requests there."""
        name = self.governing("connect-src")
        return name is None or _matches(self.directives[name], url, page)


def policies(value: str, where: str) -> list[Policy]:
    """Return the policies of a header or meta element."""
    return [_policy(one, where) for one in value.split(",") if one.strip()]


def _policy(text: str, where: str) -> Policy:
    directives: dict[str, tuple[str, ...]] = {}
    for part in text.split(";"):
        words = part.split()
        if words:
            directives.setdefault(words[0].lower(), tuple(words[1:]))
    return Policy(directives, where)


def _matches(sources: Sequence[str], url: str, page: str) -> bool:
    target, own = urlsplit(url), urlsplit(page)
    return any(_matches_one(source, target, own) for source in sources)


def _matches_one(source: str, target: SplitResult, own: SplitResult) -> bool:
    if source == "*":
        return target.scheme in {"http", "https", own.scheme}
    if source.lower() == "'self'":
        return _is_self(target, own)
    if source.startswith("'"):
        return False
    if source.endswith(":"):
        return _scheme_matches(source[:-1].lower(), target.scheme)
    return _host_source_matches(source, target, own)


def _is_self(target: SplitResult, own: SplitResult) -> bool:
    if target.hostname != own.hostname or not _scheme_matches(own.scheme, target.scheme):
        return False
    return port_of(target) == port_of(own) or _both_usual(target, own)


def _scheme_matches(allowed: str, scheme: str) -> bool:
    return scheme == allowed or (allowed, scheme) == ("http", "https")


def _host_source_matches(source: str, target: SplitResult, own: SplitResult) -> bool:
    scheme, separator, rest = source.partition("://")
    if not separator:
        scheme, rest = own.scheme, source
    host_port, slash, path = rest.partition("/")
    host, port = _host_and_port(host_port)
    return (
        _scheme_matches(scheme.lower(), target.scheme)
        and _host_matches(host, target.hostname or "")
        and _port_matches(port, target)
        and _path_matches(slash + path, target.path)
    )


def _host_and_port(text: str) -> tuple[str, str]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        return text.lower(), ""
    return host.lower(), port


def _host_matches(pattern: str, host: str) -> bool:
    if pattern == "*":
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern.strip("[]")


def _port_matches(port: str, target: SplitResult) -> bool:
    if port == "*":
        return True
    if not port:
        return port_of(target) == _PORTS.get(target.scheme)
    return port == str(port_of(target)) or (port == "80" and port_of(target) == 443)


def _path_matches(pattern: str, path: str) -> bool:
    if pattern in {"", "/"}:
        return True
    pattern, path = unquote(pattern), unquote(path)
    return path.startswith(pattern) if pattern.endswith("/") else path == pattern


def _both_usual(*urls: SplitResult) -> bool:
    return all(port_of(url) == _PORTS.get(url.scheme) for url in urls)


def port_of(url: SplitResult) -> int | None:
    """Return the port that an address means."""
    return url.port or _PORTS.get(url.scheme)
