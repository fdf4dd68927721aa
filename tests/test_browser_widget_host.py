"""How the widget lives on other people's pages: strict, hostile, changing, crowded."""

import json
import re

import pytest
from conftest import Visit
from dealer_site import Dealer
from playwright.sync_api import Browser, Page, expect
from scripted_bot import ANSWER, STARTERS
from widget import HEAD, ask, html, launcher, opened

pytestmark = pytest.mark.browser

HOSTILE = """<style>
  *, *::before, *::after, ::backdrop { all: unset !important; }
  * { display: none !important; font-size: 80px !important; color: red !important;
      transform: rotate(9deg) !important; pointer-events: none !important; opacity: .1 !important; }
  html, body { display: block !important; transform: scale(2) !important; }
  body { filter: blur(4px) !important; }
  ::backdrop { display: block !important; background: red !important; }
  portello-chat { display: none !important; inset: 50% !important; z-index: -1 !important; }
  html { font-size: 5px !important; }
</style>"""
LOOK = """(selector) => {
  const element = document.querySelector("portello-chat").shadowRoot.querySelector(selector);
  const {x, y, width, height} = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return [x, y, width, height, ...["color", "backgroundColor", "fontSize", "fontFamily", "display",
    "lineHeight", "letterSpacing", "textTransform", "pointerEvents"].map((name) => style[name])];
}"""


def looks(page: Page) -> list[object]:
    """Return how the widget looks, closed and open, in an answer."""
    launcher(page).wait_for()
    before = page.evaluate(LOOK, ".launcher")
    ask(opened(page), "Where is Alfa Romeo made?")
    return [before, *(page.evaluate(LOOK, part) for part in (".panel", "input", ".said", "a"))]


def test_it_looks_the_same_on_a_page_whose_styles_destroy_everything(
    visit: Visit, dealer: Dealer
) -> None:
    clean = looks(visit(html()))
    dealer.policy = None
    page = visit(html(head=HOSTILE))
    assert looks(page) == clean
    backdrop = "getComputedStyle(document.querySelector('portello-chat'), '::backdrop').display"
    assert page.evaluate(backdrop) == "none"
    page.evaluate("document.body.style.setProperty('height', '3000px', 'important')")
    page.evaluate("scrollTo(0, 1000)")
    assert page.evaluate("scrollY") == 1000
    assert page.evaluate(LOOK, ".panel") == clean[1]


@pytest.mark.parametrize("where", ["head", "head async", "head defer", "body", "end", "added"])
def test_it_works_wherever_its_script_stands(visit: Visit, dealer: Dealer, where: str) -> None:
    place, _, attribute = where.partition(" ")
    script = f'<script src="{dealer.chat}embed.js" {attribute}></script>'
    dealer.policy = dealer.policy if place != "added" else None
    adder = f"""<script>addEventListener("load", () => {{
      const script = document.createElement("script");
      script.src = "{dealer.chat}embed.js"; document.body.append(script); }});</script>"""
    parts = {"head": "", "body": "", "end": "", "added": ""} | {place: script}
    parts["added"] = adder if place == "added" else ""
    page = visit(
        f"{HEAD}{parts['head']}</head><body>{parts['body']}<h1>Cars</h1>"
        f"{parts['added']}<p>More</p>{parts['end']}</body></html>"
    )
    launcher(page).wait_for()
    # The parser is done before anything is put into the page: what the page's styles count stays.
    assert page.evaluate("document.body.lastElementChild.localName") == "portello-chat"
    expect(ask(opened(page), "Where is Alfa Romeo made?").locator("> .said")).to_have_text(ANSWER)


def test_loaded_twice_it_is_there_once(visit: Visit, dealer: Dealer) -> None:
    line = f'<script src="{dealer.chat}embed.js" async></script>'
    page = visit(html(body=f"<h1>Cars</h1>{line}{line}"))
    launcher(page).wait_for()
    page.wait_for_timeout(200)
    expect(page.locator("portello-chat")).to_have_count(1)


def test_a_page_that_replaces_its_body_keeps_widget_and_conversation(visit: Visit) -> None:
    page = visit(html())
    ask(opened(page), "hello")
    page.evaluate("document.body.replaceChildren(document.createElement('h1'))")
    expect(page.locator(".log > .reply")).to_have_count(2)
    page.evaluate("document.body.replaceWith(document.createElement('body'))")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(ask(page, "history")).to_have_text("hello")
    page.get_by_role("button", name="Close").click()
    page.evaluate("document.body.replaceWith(document.createElement('body'))")
    expect(launcher(page)).to_be_visible()
    expect(page.locator("portello-chat")).to_have_count(1)


def test_a_page_that_throws_it_out_again_and_again_does_not_hang(visit: Visit) -> None:
    page = visit(html())
    launcher(page).wait_for()
    page.evaluate("""() => {
      new MutationObserver(() => document.querySelector("portello-chat")?.remove())
        .observe(document.body, {childList: true});
      document.querySelector("portello-chat").remove();
    }""")
    page.wait_for_timeout(200)
    assert page.evaluate("1 + 1") == 2


def test_in_a_target_it_stands_in_the_page_and_takes_nothing(visit: Visit, chat: str) -> None:
    asked: list[str] = []
    body = '<h1 tabindex="0">Cars</h1><p>Text</p><div id="faq"></div><p>More</p>'
    page = visit(
        html('async data-target="#faq"', body),
        before=lambda page: page.on("request", lambda request: asked.append(request.url)),
    )
    region = page.get_by_role("region", name="Alfa Romeo Guide")
    region.wait_for()
    expect(page.locator(".launcher")).to_have_count(0)
    assert page.evaluate("document.activeElement.localName") == "body"
    box = region.bounding_box()
    assert box is not None
    assert box["width"] == page.evaluate("document.querySelector('#faq').clientWidth")
    assert asked.count(f"{chat}embed.js") == len([url for url in asked if url.startswith(chat)])
    page.evaluate(LISTEN)
    region.get_by_role("button", name=STARTERS[0]).click()
    expect(page.locator(".reply > .said")).to_have_text(ANSWER)
    assert [name for name, _ in page.evaluate("window.told")] == [
        "portello:open",
        "portello:answer",
    ]
    assert page.evaluate("window.told[0][1].inline") is True
    assert page.evaluate("scrollY") == 0


def test_a_target_may_come_later_go_and_come_back(visit: Visit) -> None:
    warned: list[str] = []
    page = visit(
        html('async data-target="#faq"'),
        before=lambda page: page.on("console", lambda said: warned.append(said.text)),
    )
    page.wait_for_timeout(200)
    assert warned == ['Portello: nothing here matches data-target="#faq".']
    put = (
        "document.body.insertAdjacentElement('beforeend', document.createElement('div')).id = 'faq'"
    )
    page.evaluate(put)
    ask(page, "hello")
    page.evaluate("document.querySelector('#faq').remove()")
    expect(page.locator("portello-chat")).to_have_count(0)
    page.evaluate(put)
    expect(page.locator(".log > .reply")).to_have_count(2)
    expect(ask(page, "history")).to_have_text("hello")


def test_a_target_further_down_has_its_own_language_though_the_script_came_first(
    visit: Visit,
) -> None:
    page = visit(html('data-target="#faq"', '<div lang="de"><p id="faq"></p></div>'))
    expect(page.locator(".send")).to_have_text("Fragen")


def test_several_corpora_and_languages_share_a_page(visit: Visit, dealer: Dealer) -> None:
    dealer.policy = None
    other = dealer.chat.replace("chat.localhost", "127.0.0.1")
    line = f'<script src="{dealer.chat}embed.js" data-target="#{{}}" {{}} async></script>'
    body = '<div id="one"></div><div id="two" lang="fr"></div>'
    more = line.format("one", f'data-site="{other}" data-lang="it"') + line.format("two", "")
    page = visit(html(body=body + more), also=other)
    launcher(page).wait_for()
    italian, french = page.locator("#one"), page.locator("#two")
    expect(italian.locator(".send")).to_have_text("Chiedi")
    expect(french.locator(".send")).to_have_text("Demander")
    with page.expect_request(f"{other}api/ask"):
        italian.locator("input").fill("hello")
        italian.locator("input").press("Enter")
    expect(italian.locator(".log > .reply")).to_have_count(2)
    expect(french.locator(".log > .reply")).to_have_count(1)


@pytest.mark.parametrize(
    ("language", "launch", "unknown"),
    [
        ("en", "Ask a question", "I don’t know that one."),
        ("it", "Fai una domanda", "Questo non lo so."),
        ("de-AT", "Frage stellen", "Das weiß ich nicht."),
        ("FR", "Poser une question", "Je ne le sais pas."),
        ("es", "Haz una pregunta", "Eso no lo sé."),
        ("pt", "Ask a question", "I don’t know that one."),
    ],
)
def test_it_speaks_the_language_of_the_page(
    visit: Visit, language: str, launch: str, unknown: str
) -> None:
    page = visit(html().replace('lang="en"', f'lang="{language}"'))
    launcher(page, launch).click()
    expect(ask(page, "xyz")).to_contain_text(unknown)
    ours = language[:2].lower() if language != "pt" else "en"
    expect(page.locator(".root")).to_have_attribute("lang", ours)
    expect(page.locator(".asked")).to_have_attribute("lang", language)


def test_the_owner_may_choose_language_and_words(visit: Visit) -> None:
    page = visit(html('async data-lang="de" data-text-launch="Frag Rossi" data-text-send="Los"'))
    launcher(page, "Frag Rossi").click()
    expect(page.locator(".send")).to_have_text("Los")
    expect(page.get_by_role("button", name="Neu beginnen")).to_be_visible()


LISTEN = """() => {
  window.told = [];
  for (const name of ["portello:open", "portello:answer"]) {
    window.addEventListener(name, (event) => window.told.push([name, event.detail]));
  }
}"""


def test_events_tell_what_happened_without_a_word_of_the_visitor(visit: Visit, chat: str) -> None:
    page = visit(html())
    page.evaluate(LISTEN)
    ask(opened(page), "What about the name?")
    (opening, first), (answering, second) = page.evaluate("window.told")
    assert (opening, first) == ("portello:open", {"site": chat, "inline": False})
    assert answering == "portello:answer"
    assert 0 < second.pop("milliseconds") < 30_000
    assert re.fullmatch(r"reply-\d+", second.pop("reply_id"))
    assert second == {
        "site": chat,
        "outcome": "answer",
        "confidence": 0.8,
        "source": "The Birthplace: Italy",
    }


def test_events_hold_the_words_where_the_owner_asks_for_them(visit: Visit) -> None:
    page = visit(html('async data-events="text"'))
    page.evaluate(LISTEN)
    ask(opened(page), "Where is Alfa Romeo made?")
    told = page.evaluate("window.told[1][1]")
    assert (told["question"], told["answer"]) == ("Where is Alfa Romeo made?", ANSWER)


def test_the_pages_globals_focus_scroll_and_shortcuts_stay_its_own(visit: Visit) -> None:
    watch = """() => {
      window.keys = [];
      window.names = Object.getOwnPropertyNames(window);
      for (const type of ["keydown", "keyup", "keypress", "input"]) {
        document.addEventListener(type, () => window.keys.push(type));
      }
    }"""
    tall = "<input id='own'>" + "<p>Text</p>" * 300
    page = visit(html("defer", tall), before=lambda page: page.add_init_script(f"({watch})()"))
    launcher(page).wait_for()
    added = "Object.getOwnPropertyNames(window).filter((name) => !names.includes(name))"
    assert page.evaluate(added) == ["names"]
    assert page.evaluate("document.activeElement.localName") == "body"
    page.evaluate("scrollTo(0, 500)")
    opened(page)
    page.locator("input:not(#own)").press_sequentially("where is alfa romeo made?")
    page.locator("input:not(#own)").press("Enter")
    expect(page.locator(".reply > .said")).to_have_text(ANSWER)
    assert page.evaluate("[scrollY, keys]") == [500, []]
    page.mouse.move(*middle(page))
    for _ in range(2):  # to the end of the conversation, and on
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(700)
    assert page.evaluate("scrollY") == 500
    # Beside the panel, the page can be used as ever.
    page.evaluate("scrollTo(0, 0)")
    page.locator("#own").click()
    page.keyboard.type("x")
    assert page.evaluate("keys").count("keydown") == 1


def middle(page: Page) -> tuple[float, float]:
    box = page.locator(".log").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_without_scripts_a_link_leads_to_the_answers(visit: Visit, chat: str) -> None:
    page = visit(java_script_enabled=False)
    link = page.get_by_role("link", name="Questions and answers")
    expect(link).to_have_attribute("href", f"{chat}faq")
    expect(page.locator("portello-chat")).to_have_count(0)


def test_its_insides_are_closed(browser: Browser, dealer: Dealer) -> None:
    page = browser.new_page()
    page.goto(dealer.page(html()))
    page.locator("portello-chat").wait_for(state="attached")
    assert page.evaluate("document.querySelector('portello-chat').shadowRoot") is None
    page.close()


def test_twenty_of_twenty_loads_work_with_storage_blocked(visit: Visit) -> None:
    blocked = """const get = () => { throw new DOMException("no", "SecurityError"); };
    for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
      Object.defineProperty(window, name, {get});
    }"""
    page = visit(html("async data-keep=session"), before=lambda page: page.add_init_script(blocked))
    for _ in range(20):
        page.reload()
        expect(ask(opened(page), "Where is Alfa Romeo made?").locator("> .said")).to_have_text(
            ANSWER
        )


KEPT = "Object.values(sessionStorage)"


def test_a_conversation_is_kept_for_the_next_page_only_where_the_owner_says_so(
    visit: Visit,
) -> None:
    page = visit(html('async data-keep="session"'))
    opened(page)
    assert page.evaluate(KEPT) == []
    ask(page, "hello")
    assert [question for question, *_ in json.loads(page.evaluate(KEPT)[0])] == ["hello"]
    page.reload()
    launcher(page).wait_for()
    expect(page.locator(".panel")).to_have_count(0)
    opened(page)
    expect(page.locator(".asked")).to_have_text(["hello"])
    expect(ask(page, "history")).to_have_text("hello")
    page.get_by_role("button", name="Start again").click()
    assert page.evaluate(KEPT) == []


def test_what_was_undone_stays_so_on_the_next_page(visit: Visit) -> None:
    page = opened(visit(html('async data-keep="session"')))
    ask(page, "hello")
    ask(page, "What about the name?").get_by_role("button", name="No, as I wrote it").click()
    page.locator(".log > .reply").nth(3).wait_for()
    ask(page, "Is it made in Germany?")
    page.reload()
    expect(ask(opened(page), "history")).to_have_text(
        "What about the name? | Is it made in Germany?"
    )
    page.get_by_role("button", name="Start again").click()


def test_what_was_kept_by_something_else_does_no_harm(visit: Visit, chat: str) -> None:
    page = visit(html('async data-keep="session"'))
    for kept in ("[", "7", '[["hello", {}]]'):
        page.evaluate(
            "([key, kept]) => sessionStorage.setItem(key, kept)",
            [f"portello {chat} undefined", kept],
        )
        page.reload()
        expect(ask(opened(page), "hello")).to_have_text("Hello! Ask me about Alfa Romeo.")
    page.evaluate("sessionStorage.clear()")


def test_what_was_kept_is_not_even_read_before_the_click(visit: Visit) -> None:
    count = """window.reads = 0; const get = Storage.prototype.getItem;
      Storage.prototype.getItem = function (key) {
        window.reads += 1;
        return get.call(this, key);
      };"""
    page = visit(html('async data-keep="session"'), before=lambda page: page.add_init_script(count))
    launcher(page).wait_for()
    assert page.evaluate("window.reads") == 0
    opened(page)
    assert page.evaluate("window.reads") == 1


ACCENTS = [
    "#ffe600",
    "#00e5ff",
    "#ffffff",
    "#000000",
    "#7a7a7a",
    "#757575",
    "#14532d",
    "rebeccapurple",
]
CONTRAST = """([accent, selector, ground]) => {
  const root = document.querySelector("portello-chat").shadowRoot;
  document.documentElement.style.setProperty("--portello-accent", accent);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const luminance = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
      const share = part / 255;
      return share <= .04045 ? share / 12.92 : ((share + .055) / 1.055) ** 2.4;
    });
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const over = getComputedStyle(root.querySelector(selector)).color;
  const under = getComputedStyle(root.querySelector(ground)).backgroundColor;
  const [low, high] = [luminance(over), luminance(under)].sort((one, two) => one - two);
  return (high + .05) / (low + .05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whatever_the_accent_text_on_it_and_links_can_be_read(visit: Visit, scheme: str) -> None:
    page = opened(visit(color_scheme=scheme))
    ask(page, "Where is Alfa Romeo made?")
    for accent in ACCENTS:
        assert page.evaluate(CONTRAST, [accent, ".send", ".send"]) > 4.45, accent
        assert page.evaluate(CONTRAST, [accent, "a", ".reply"]) > 4.5, accent


def test_custom_properties_change_corner_place_space_font_and_logo(
    visit: Visit, dealer: Dealer
) -> None:
    dealer.policy = None
    style = """<style>portello-chat[data-lang] { --portello-corner: 3px;
      --portello-space: 7px 9px 80px; --portello-position: end start; --portello-font: monospace;
      --portello-logo: url(/dealer.css); }</style>"""
    page = visit(html("async data-lang=en", head=style))
    box = launcher(page).bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    assert (box["x"], box["y"] + box["height"]) == (9, size["height"] - 80)
    with page.expect_request("**/dealer.css"):
        opened(page)
    panel = page.locator(".panel")
    expect(panel).to_have_css("border-radius", "3px")
    expect(page.locator("input")).to_have_css("font-family", "monospace")
    box = panel.bounding_box()
    assert box is not None
    assert box["y"] >= 7


@pytest.mark.parametrize(
    ("theme", "scheme", "dark"),
    [("", "dark", True), ("", "light", False), ("light", "dark", False), ("dark", "light", True)],
)
def test_it_is_dark_as_the_visitor_prefers_or_the_owner_says(
    visit: Visit, theme: str, scheme: str, dark: bool
) -> None:
    page = opened(visit(html(f'async data-theme="{theme}"'), color_scheme=scheme))
    ground = "rgb(20, 20, 21)" if dark else "rgb(244, 242, 239)"
    expect(page.locator(".panel")).to_have_css("background-color", ground)


def test_a_page_from_right_to_left_has_it_mirrored(visit: Visit) -> None:
    page = visit(html().replace('lang="en"', 'lang="ar" dir="rtl"'))
    box = launcher(page).bounding_box()
    assert box is not None
    assert box["x"] == 16
    ask(opened(page), "Where is Alfa Romeo made?")
    right = """(selector) => document.querySelector("portello-chat").shadowRoot
      .querySelector(selector).getBoundingClientRect().right"""
    assert page.evaluate(right, ".send") < page.evaluate(right, "input")
    assert page.evaluate(right, ".asked") < page.evaluate(right, ".reply")
    assert page.evaluate(right, ".thumb") > page.evaluate(right, ".reply") - 60
    # Whatever is written from left to right stays so, full stop at its end.
    said = page.locator(".reply > .said")
    full_stop = """said => {
      const range = document.createRange();
      range.setStart(said.firstChild, said.textContent.length - 1);
      range.setEnd(said.firstChild, said.textContent.length);
      const end = range.getBoundingClientRect();
      range.setStart(said.firstChild, said.textContent.length - 7);
      return end.right >= range.getBoundingClientRect().right;
    }"""
    assert said.evaluate(full_stop)
    ask(page, "xyz")
    assert page.get_by_text("I don’t know that one.").evaluate(full_stop)
