"""What on another site's page stops the widget, in words, and what to write instead (pure)."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import SplitResult, urljoin, urlsplit

from bot.policies import Policy, policies, port_of

_HEADER = "content-security-policy"
WIDGET = "embed.js"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stops the widget, and the remedy."""

    what: str
    remedy: str

    def __str__(self) -> str:
        """Return both as lines."""
        return f"{self.what}\n  {self.remedy}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was fetched; header names in lower case, a name's values joined by commas."""

    url: str
    headers: Mapping[str, str]
    html: str


@dataclass(frozen=True, slots=True)
class Script:
    """The widget's line in a page: its absolute address and what else it says."""

    url: str
    base: str
    nonce: str = ""
    integrity: str = ""


@dataclass
class _Found(HTMLParser):
    """Collects what matters of a page's HTML."""

    page: str
    scripts: list[Script] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of the widget's line, of policies and of what addresses count from."""
        told = {name: value or "" for name, value in attrs}
        if tag == "base" and told.get("href"):
            self.page = urljoin(self.page, told["href"])
        elif tag == "meta" and told.get("http-equiv", "").lower() == _HEADER:
            self.policies.append(told.get("content", ""))
        elif tag == "script" and urlsplit(told.get("src", "")).path.endswith(WIDGET):
            url = urljoin(self.page, told["src"].strip())
            base = urljoin(url, told.get("data-site") or ".")
            self.scripts.append(Script(url, base, told.get("nonce", ""), told.get("integrity", "")))


def examine(page: Page, allowed_origins: Sequence[str]) -> list[Finding]:
    """Return what stops the widget on a page.

    Parameters
    ----------
    allowed_origins
        The setting of the server that the page's widget asks.
    """
    found = _Found(page.url)
    found.feed(page.html)
    if not found.scripts:
        return [_no_line()]
    script = found.scripts[0]
    header = policies(page.headers.get(_HEADER, ""), "the header Content-Security-Policy")
    metas = [
        policy
        for value in found.policies
        for policy in policies(value, "the page's meta element for Content-Security-Policy")
    ]
    return [
        *_mixed(page, script),
        *_loopback(page, script),
        *(finding for policy in header for finding in _sandboxed(policy)),
        *(finding for policy in header + metas for finding in _forbidden(policy, page, script)),
        *_not_allowed(page, script, allowed_origins),
    ]


def _no_line() -> Finding:
    return Finding(
        "The page holds no line that loads the widget.",
        'Add it: <script src="https://YOUR-CHAT-HOST/embed.js" async></script>',
    )


def _mixed(page: Page, script: Script) -> Iterator[Finding]:
    url = urlsplit(script.url)
    if urlsplit(page.url).scheme == "https" and url.scheme == "http" and not _is_local(url):
        yield Finding(
            f"Mixed content: the page comes over https, and its line loads {script.url} over http,"
            " which browsers block.",
            f'Write https in the line: src="https{script.url[4:]}"; the chat server needs TLS for'
            " that, for instance from a reverse proxy.",
        )


def _loopback(page: Page, script: Script) -> Iterator[Finding]:
    url = urlsplit(script.url)
    if _is_local(url) and not _is_local(urlsplit(page.url)):
        yield Finding(
            f"The line loads the widget from {url.netloc}, which for every visitor means their own"
            " computer.",
            "Put the address of your chat server there.",
        )


def _sandboxed(policy: Policy) -> Iterator[Finding]:
    allowed = policy.directives.get("sandbox")
    if allowed is None:
        return
    for word, what in (
        ("allow-scripts", "runs no script"),
        ("allow-same-origin", "has no origin that a server could allow"),
    ):
        if word not in allowed:
            yield Finding(
                f"The directive sandbox in {policy.where} makes a page that {what}.",
                f"Add {word} to it, or leave sandbox out.",
            )


def _forbidden(policy: Policy, page: Page, script: Script) -> Iterator[Finding]:
    if not policy.allows_script(script.url, page.url, script.nonce, script.integrity):
        yield _not_a_source(policy, "script-src-elem", script.url, "doesn't let the widget load")
    if not policy.allows_connection(urljoin(script.base, "api/ask"), page.url):
        yield _not_a_source(policy, "connect-src", script.base, "doesn't let the widget ask")


def _not_a_source(policy: Policy, kind: str, url: str, fault: str) -> Finding:
    name = policy.governing(kind) or "default-src"
    sources = policy.directives[name]
    line = f"{name} {' '.join(sources)}".strip()
    what = f"{policy.where[0].upper()}{policy.where[1:]} {fault}: {line}"
    if kind == "script-src-elem" and "'strict-dynamic'" in sources:
        return Finding(
            f"{what}. With 'strict-dynamic', hosts don't count.",
            'Give the line the page\'s nonce: <script nonce="..." src="..." async></script>',
        )
    wanted = kind.removesuffix("-elem") if name == "default-src" else name
    kept = [source for source in sources if source.lower() != "'none'"]
    verb = "Add the directive" if name == "default-src" else "Write"
    return Finding(what, f"{verb}: {wanted} {' '.join([*kept, origin_of(url)])}")


def _not_allowed(page: Page, script: Script, allowed_origins: Sequence[str]) -> Iterator[Finding]:
    origin = origin_of(page.url)
    if origin == origin_of(script.base) or origin in allowed_origins:
        return
    listed = ", ".join(allowed_origins) or "none"
    yield Finding(
        f"The chat server's allow-list doesn't name {origin} (it names: {listed}), so that the"
        " browser gets no CORS header and lets no answer through.",
        "Write in the site file, and restart the server: allowed_origins = "
        f"[{', '.join(f'{chr(34)}{each}{chr(34)}' for each in (*allowed_origins, origin))}]",
    )


def origin_of(url: str) -> str:
    """Return an address's origin as browsers send it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = port_of(parts)
    return f"{parts.scheme}://{host}" + (f":{port}" if port != usual else "")


def _is_local(url: SplitResult) -> bool:
    """Tell whether an address is this computer's own, which browsers trust without TLS."""
    host = url.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
