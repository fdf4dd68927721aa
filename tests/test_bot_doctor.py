"""What stops the widget on a page, said in words: local pages with one fault each."""

import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from other_site import Sent, Site, other_site

from bot.cli import main
from bot.doctor import Page, examine, origin_of
from bot.fetching import fetch
from corpus.errors import PortelloError

CHAT = "https://chat.example"
LINE = f'<script src="{CHAT}/embed.js" async></script>'
GOOD = f"<!doctype html><html><head>{LINE}</head><body>Cars</body></html>"
STRICT = f"default-src 'self'; script-src {CHAT}; connect-src {CHAT}; style-src 'self'"
CSP = "Content-Security-Policy"


@pytest.fixture
def site() -> Iterator[Site]:
    with other_site(index=Sent(GOOD, {CSP: STRICT})) as site:
        yield site


@pytest.fixture
def doctor(site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command on the site's page; return exit code, stdout and stderr."""

    def run(path: str = "/", allowed: str | None = None) -> tuple[object, str, str]:
        origins = site.url("") if allowed is None else allowed
        monkeypatch.setenv("PORTELLO_ALLOWED_ORIGINS", origins)
        with pytest.raises(SystemExit) as ended:
            main(["doctor", site.url(path)])
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return run


def test_a_page_on_which_nothing_stops_the_widget(doctor: Any) -> None:
    assert doctor() == (0, "Nothing on this page stops the widget.\n", "")


FAULTS = {
    "no line": (
        Sent("<html><body>Cars <!-- " + LINE + " --></body></html>"),
        "The page holds no line that loads the widget.",
        'Add it: <script src="https://YOUR-CHAT-HOST/embed.js" async></script>',
    ),
    "script-src": (
        Sent(GOOD, {CSP: f"script-src 'self'; connect-src {CHAT}"}),
        f"The header {CSP} doesn't let the widget load: script-src 'self'",
        f"Write: script-src 'self' {CHAT}",
    ),
    "script-src none": (
        Sent(GOOD, {CSP: "script-src 'none'"}),
        f"The header {CSP} doesn't let the widget load: script-src 'none'",
        f"Write: script-src {CHAT}\n",
    ),
    "connect-src": (
        Sent(GOOD, {CSP: f"script-src {CHAT}; connect-src 'self' https://api.example"}),
        f"The header {CSP} doesn't let the widget ask: connect-src 'self' https://api.example",
        f"Write: connect-src 'self' https://api.example {CHAT}",
    ),
    "default-src": (
        Sent(GOOD, {CSP: f"script-src {CHAT}; default-src 'self'"}),
        f"The header {CSP} doesn't let the widget ask: default-src 'self'",
        f"Add the directive: connect-src 'self' {CHAT}",
    ),
    "strict-dynamic": (
        Sent(GOOD, {CSP: f"script-src 'nonce-abc' 'strict-dynamic' {CHAT}"}),
        "With 'strict-dynamic', hosts don't count.",
        "Give the line the page's nonce: <script nonce=",
    ),
    "meta": (
        Sent(f'<meta http-equiv="content-security-policy" content="script-src x.example">{LINE}'),
        f"The page's meta element for {CSP} doesn't let the widget load: script-src x.example",
        f"Write: script-src x.example {CHAT}",
    ),
    "sandbox": (
        Sent(GOOD, {CSP: "sandbox allow-same-origin"}),
        f"The directive sandbox in the header {CSP} makes a page that runs no script.",
        "Add allow-scripts to it, or leave sandbox out.",
    ),
    "sandbox without origin": (
        Sent(GOOD, {CSP: "sandbox allow-scripts"}),
        "has no origin that a server could allow",
        "Add allow-same-origin to it",
    ),
}


@pytest.mark.parametrize(("sent", "what", "remedy"), FAULTS.values(), ids=FAULTS)
def test_one_fault_is_named_with_its_remedy(
    doctor: Any, site: Site, sent: Sent, what: str, remedy: str
) -> None:
    site.pages["/"] = sent
    code, out, err = doctor()
    assert code == 1
    assert what in out
    assert remedy in out
    assert out.count("\n") == 2, "one finding, one remedy"
    assert "1 thing stops the widget on http://127.0.0.1" in err
    assert err.count("\n") == 1


def test_a_site_that_the_server_does_not_allow(doctor: Any, site: Site) -> None:
    code, out, _ = doctor(allowed="https://other.example")
    assert code == 1
    assert f"doesn't name {site.url('')} (it names: https://other.example)" in out
    assert f'allowed_origins = ["https://other.example", "{site.url("")}"]' in out


def test_several_faults_are_all_told(doctor: Any, site: Site) -> None:
    site.pages["/"] = Sent(GOOD, {CSP: "default-src 'self'"})
    code, out, err = doctor(allowed="https://other.example")
    assert code == 1
    assert [line[:2] for line in out.splitlines() if line[0] != " "] == ["1.", "2.", "3."]
    assert "3 things stop the widget" in err


def found(html: str, url: str = "https://dealer.example/", **headers: str) -> list[str]:
    page = Page(url, {name.replace("_", "-"): value for name, value in headers.items()}, html)
    return [str(one) for one in examine(page, ("https://dealer.example",))]


def test_mixed_content_is_told() -> None:
    (told,) = found(LINE.replace("https:", "http:"))
    assert told.startswith("Mixed content: the page comes over https")
    assert 'Write https in the line: src="https://chat.example/embed.js"' in told


def test_a_line_that_loads_from_the_visitors_own_computer_is_told() -> None:
    (told,) = found('<script src="http://127.0.0.1:7860/embed.js"></script>')
    assert "loads the widget from 127.0.0.1:7860" in told
    assert "Put the address of your chat server there." in told


def test_the_line_is_found_in_all_its_spellings() -> None:
    for line in (
        '<SCRIPT ASYNC SRC="//chat.example/embed.js?v=2"></SCRIPT>',
        "<script defer src=https://chat.example/embed.js></script>",
        '<base href="https://chat.example/"><script src="embed.js"></script>',
        '<script src="https://chat.example/chat/embed.js" data-site="garage"></script>',
    ):
        assert found(line) == [], line


def test_where_the_chat_is_the_pages_own_site_nothing_has_to_be_allowed() -> None:
    page = Page("https://chat.example/x", {}, '<script src="/embed.js"></script>')
    assert examine(page, ()) == []


def test_every_policy_has_to_let_the_widget_in() -> None:
    both = f"script-src {CHAT}, script-src 'self'"
    (told,) = found(LINE, content_security_policy=both)
    assert "script-src 'self'" in told
    assert found(LINE, content_security_policy_report_only="default-src 'none'") == []


def test_a_nonce_in_the_line_is_enough() -> None:
    line = LINE.replace("async", 'nonce="abc" async')
    assert found(line, content_security_policy="script-src 'nonce-abc' 'strict-dynamic'") == []


def test_what_doctor_advises_cures() -> None:
    """Each remedy, followed to the letter, leaves nothing to say."""
    for sources in ("'self'", "'none'", "https://a.example 'unsafe-inline'", ""):
        faulty = found(LINE, content_security_policy=f"default-src {sources}")
        assert len(faulty) == 2
        added = "; ".join(one.partition("Add the directive: ")[2] for one in faulty)
        cured = f"default-src {sources}; {added}"
        assert found(LINE, content_security_policy=cured) == []


def test_a_broken_page_is_no_reason_to_break() -> None:
    for html in ("", "<", "<script", '<script src="', "<script src>", "\x00<meta http-equiv>"):
        (told,) = found(html)
        assert "no line" in told


def test_origins_are_those_that_browsers_send() -> None:
    assert origin_of("https://Dealer.example:443/x") == "https://dealer.example"
    assert origin_of("http://[::1]:8000/") == "http://[::1]:8000"


@pytest.mark.parametrize(
    "url", ["dealer.example", "ftp://a.example/", "file:///etc/passwd", "https://", "http://a:b/",
            "http://user:pw@a.example/", "http://a b.example/", "http://a.example/\n"]
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_not_asked_for(url: str) -> None:
    with pytest.raises(PortelloError, match="not the address of a page; give one such as"):
        fetch(url)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (Sent(status=404), "answers 404 Not Found; give a page that visitors can open"),
        (Sent(status=500), "answers 500 Internal Server Error"),
        (Sent("{}", {"Content-Type": "application/json"}), "is application/json, not a page"),
        (Sent("a" * 5000), "is over 1,000 bytes, more than is read"),
        (Sent("a", pause=3), "took longer than 1 seconds; try again later"),
        (
            Sent("", {"Location": "https://www.dealer.example/"}, 301),
            "sends browsers on to https://www.dealer.example/; give that address",
        ),
        (Sent("", {"Location": "/next"}, 302), r"sends browsers on to http://127\S+/next; give"),
    ],
)
def test_a_page_that_cannot_be_had_is_told_in_one_line(
    site: Site, sent: Sent, message: str
) -> None:
    site.pages["/"] = sent
    with pytest.raises(PortelloError, match=message) as caught:
        fetch(site.url(), max_bytes=1000, seconds=1)
    assert "\n" not in str(caught.value)


def test_nothing_but_the_address_given_is_asked_for(site: Site) -> None:
    site.pages["/"] = Sent("", {"Location": site.url("/next")}, 302)
    site.pages["/next"] = Sent(GOOD)
    with pytest.raises(PortelloError, match="sends browsers on"):
        fetch(site.url())


def test_a_site_that_is_not_there_is_told_in_one_line() -> None:
    with pytest.raises(PortelloError, match=r"can't be reached \(Connection refused\); check"):
        fetch("http://127.0.0.1:9/")
    with pytest.raises(PortelloError, match=r"can't be reached \(.*\); check the address"):
        fetch("http://nowhere.invalid/")


def test_an_address_in_another_script_is_asked_for_as_browsers_do(site: Site) -> None:
    site.pages["/caff%C3%A8?q=%C3%A8"] = Sent(GOOD)
    page = fetch(site.url("/caffè?q=è#top"))
    assert page.url == site.url("/caff%C3%A8?q=%C3%A8")
    assert LINE in page.html


def test_another_encoding_and_an_unknown_one_are_read(site: Site) -> None:
    for charset in ("iso-8859-1", "no-such-charset"):
        kind = {"Content-Type": f"text/html; charset={charset}"}
        site.pages["/"] = Sent(f"{LINE} é".encode("latin-1"), kind)
        assert LINE in fetch(site.url()).html


def test_a_certificate_that_browsers_refuse_is_told(tmp_path: Path) -> None:
    pair = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *pair,
         "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    class Quiet(http.server.HTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(PortelloError, match=r"its certificate isn't valid \(self.signed"):
            fetch(f"https://127.0.0.1:{server.server_address[1]}/")
        server.shutdown()
