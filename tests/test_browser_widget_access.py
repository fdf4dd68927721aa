"""The widget for everybody: keyboard, screen reader, phone, zoom, forced colours, motion."""

from typing import Any

import pytest
from browsing import violations
from conftest import Visit
from dealer_site import Dealer
from playwright.sync_api import Page, expect
from scripted_bot import ANSWER, STARTERS
from widget import ask, html, launcher, opened

pytestmark = pytest.mark.browser

SIZES = [(320, 640), (1440, 900)]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_closed_open_answered_or_abstained(
    visit: Visit, scheme: str, size: tuple[int, int]
) -> None:
    page = visit(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    launcher(page).wait_for()
    assert violations(page) == []
    opened(page)
    assert violations(page) == []
    for question in ("Where is Alfa Romeo made?", "What about the name?", "Which one?"):
        reply = ask(page, question)
    ask(page, "Where is Alfa Romeo made?").locator("summary").click()
    ask(page, "Which plant is in Mexico?")
    assert violations(page) == []
    reply = ask(page, "What is the capital of France?")
    expect(reply).to_contain_text("I don’t know")
    reply.get_by_role("button", name="This helped").click()
    expect(reply.locator("[aria-pressed=true]")).to_have_count(1)
    assert violations(page) == []
    page.route("**/api/ask", lambda route: route.fulfill(status=200, body="{"))
    ask(page, "hello")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_target(visit: Visit, dealer: Dealer, scheme: str) -> None:
    page = visit(url=f"{dealer.url}faq.html", color_scheme=scheme)
    page.locator("section.panel").wait_for()
    assert violations(page) == []
    ask(page, "Is it made in Germany?")
    assert violations(page) == []


def focused(page: Page) -> str:
    """Return what has the keyboard: its name, else its class or element."""
    return page.evaluate("""() => {
      let element = document.activeElement;
      element = element.shadowRoot?.activeElement ?? element;
      return element.role || element.ariaLabel || element.textContent || element.localName;
    }""")


def ring(page: Page) -> str:
    """Return how what has the keyboard is outlined."""
    return page.evaluate("""() => {
      const {activeElement} = document.querySelector("portello-chat").shadowRoot;
      return getComputedStyle(activeElement).outlineStyle;
    }""")


def test_a_whole_conversation_by_keyboard_alone(visit: Visit) -> None:
    page = visit(html(body='<a href="#x">Cars</a><p id="x">Text</p>'))
    launcher(page).wait_for()
    seen = []
    for _ in range(2):
        page.keyboard.press("Tab")
        seen.append(focused(page))
    assert seen == ["Cars", "Ask a question"]
    assert ring(page) == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("input")).to_be_focused()
    assert ring(page) == "solid"
    page.keyboard.type("Is it made in Germany?")
    page.keyboard.press("Enter")
    expect(page.locator(".flag")).to_be_visible()
    expect(page.locator("input")).to_be_focused()
    names = []
    for _ in range(9):
        page.keyboard.press("Shift+Tab")
        names.append(focused(page))
        assert ring(page) == "solid"
    assert names[0] == "This didn’t help"
    assert names[1] == "This helped"
    assert names[2] == "Other passages (2)"
    assert names[4:7] == list(reversed(STARTERS))
    assert names[7] == "log"  # the conversation, which the arrow keys scroll
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".reply > .said").last).to_have_text(ANSWER)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    expect(launcher(page)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("input")).to_be_focused()
    expect(page.locator(".reply")).to_have_count(3)


def test_trying_again_by_keyboard_keeps_the_keyboard_in_the_panel(
    visit: Visit, faults: list[str]
) -> None:
    page = opened(visit())
    page.route("**/api/ask", lambda route: route.abort())
    ask(page, "hello")
    page.unroute("**/api/ask")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Try again"
    page.keyboard.press("Enter")
    expect(page.locator(".log > .reply")).to_have_count(2)
    expect(page.get_by_role("log")).to_be_focused()
    faults.clear()


def test_a_screen_reader_hears_names_states_and_what_is_added(visit: Visit) -> None:
    page = visit()
    button = launcher(page)
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_have_attribute("aria-haspopup", "dialog")
    opened(page)
    dialog = page.get_by_role("dialog", name="Alfa Romeo Guide")
    log = dialog.get_by_role("log")
    assert log.get_attribute("aria-busy") != "true"
    # A log is polite and tells additions only; to say otherwise would be to say it again.
    assert log.get_attribute("aria-live") is None
    expect(dialog.get_by_role("status")).to_be_attached()
    page.evaluate("""() => {
      const log = document.querySelector("portello-chat").shadowRoot.querySelector(".log");
      window.changes = [];
      new MutationObserver((records) => window.changes.push(...records.map((record) =>
        record.type === "childList" ? `+${record.addedNodes.length} -${record.removedNodes.length}`
          : log.ariaBusy))).observe(log, {childList: true, attributeFilter: ["aria-busy"]});
    }""")
    ask(page, "Where is Alfa Romeo made?")
    expect(log).to_have_attribute("aria-busy", "false")
    # The question while it is busy, the answer when it isn't any more; nothing is taken away.
    assert [change for change in page.evaluate("window.changes") if "+" in change] == ["+1 -0"] * 2
    assert page.evaluate("window.changes").count("false") > 0
    expect(page.get_by_role("button", name="This helped")).to_have_attribute(
        "aria-pressed", "false"
    )


@pytest.mark.parametrize(("width", "full"), [(320, True), (479, True), (480, False)])
def test_it_fills_the_screen_under_480_pixels(visit: Visit, width: int, full: bool) -> None:
    page = opened(visit(viewport={"width": width, "height": 800}))
    box = page.locator(".panel").bounding_box()
    assert box is not None
    filled = (box["x"], box["y"], box["width"], box["height"]) == (0, 0, width, 800)
    assert filled is full
    # Where nothing else can be seen, Tab and screen reader find nothing else.
    assert (
        page.evaluate("""() => document.querySelector("portello-chat").shadowRoot
      .querySelector("dialog").matches(":modal")""")
        is full
    )
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()


def test_a_window_made_narrow_or_wide_keeps_the_panel_and_frees_the_page(visit: Visit) -> None:
    page = opened(visit(viewport={"width": 900, "height": 800}))
    page.locator("input").fill("hello")
    modal = """() => document.querySelector("portello-chat").shadowRoot
      .querySelector("dialog").matches(":modal")"""
    for width in (400, 900):
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.locator("input")).to_be_focused()
        # Not wait_for_function, which evaluates a text in the page: its policy forbids that.
        for _ in range(100):
            if page.evaluate(modal) is (width < 480):
                break
            page.wait_for_timeout(50)
        assert page.evaluate(modal) is (width < 480)
        expect(launcher(page)).not_to_be_visible()
        expect(page.locator("input")).to_have_value("hello")
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()


def test_everything_to_tap_is_at_least_44_pixels_high_and_wide(visit: Visit) -> None:
    page = visit(**PHONE)
    sizes = """() => [...document.querySelector("portello-chat").shadowRoot
      .querySelectorAll("button, input, summary, .where a")]
      .filter((each) => each.checkVisibility())
      .map((each) => [each.textContent || each.ariaLabel, each.offsetWidth, each.offsetHeight])"""
    launcher(page).wait_for()
    found = page.evaluate(sizes)
    opened(page)
    for question in ("What about the name?", "Is it made in Germany?", "xyz"):
        ask(page, question)
    page.locator("summary").click()
    found += page.evaluate(sizes)
    assert len(found) > 15
    assert [each for each in found if min(each[1:]) < 44] == []


def test_the_field_is_large_enough_not_to_be_zoomed_into_and_says_what_enter_does(
    visit: Visit,
) -> None:
    page = opened(visit(**PHONE))
    expect(page.locator("input")).to_have_css("font-size", "16px")
    expect(page.locator("input")).to_have_attribute("enterkeyhint", "send")


KEYBOARD = """() => {
  const view = new EventTarget();
  Object.assign(view, {height: innerHeight, offsetTop: 0, scale: 1});
  Object.defineProperty(window, "visualViewport", {value: view});
  window.see = (changed) => {
    Object.assign(view, changed);
    view.dispatchEvent(new Event("resize"));
  };
}"""


@pytest.mark.parametrize("size", [(390, 780), (800, 1000)])
def test_the_field_stays_above_the_keyboard_of_a_phone(visit: Visit, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = visit(before=lambda page: page.add_init_script(f"({KEYBOARD})()"), viewport=viewport)
    page.evaluate("see({height: 400})")
    whole = launcher(page).bounding_box()
    assert whole is not None
    assert whole["y"] > 400  # a keyboard that the page's own fields called up moves nothing
    opened(page)
    page.evaluate("see({height: 400, offsetTop: 120})")
    field = page.locator("input").bounding_box()
    title = page.locator(".top h2").bounding_box()
    assert field is not None
    assert title is not None
    assert title["y"] >= 120
    assert field["y"] + field["height"] <= 520
    ask(page, "Where is Alfa Romeo made?")
    page.evaluate("see({height: 200, offsetTop: 30, scale: 2})")
    assert page.locator("input").bounding_box() == field  # zoomed in by hand: nothing jumps
    page.evaluate(f"see({{height: {size[1]}, offsetTop: 0, scale: 1}})")
    page.get_by_role("button", name="Close").click()
    expect(launcher(page)).to_be_focused()
    assert launcher(page).bounding_box() == whole


def test_by_touch_what_there_is_to_read_comes_before_the_keyboard(visit: Visit) -> None:
    page = opened(visit(**PHONE, is_mobile=True))
    expect(page.get_by_role("log")).to_be_focused()
    expect(page.get_by_role("button", name=STARTERS[0])).to_be_in_viewport(ratio=1)


def test_safe_areas_are_kept_free(visit: Visit) -> None:
    page = visit(**PHONE)
    session = page.context.new_cdp_session(page)
    insets = {"top": 47, "topMax": 47, "bottom": 34, "bottomMax": 34}
    session.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    box = launcher(page).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == 780 - 34 - 16
    opened(page)
    title, field = page.locator(".top h2").bounding_box(), page.locator("input").bounding_box()
    assert title is not None
    assert field is not None
    assert title["y"] >= 47
    assert field["y"] + field["height"] <= 780 - 34


# What a window of 1280 by 800 has left at 200 and at 400 per cent.
@pytest.mark.parametrize("size", [(640, 400), (320, 200)])
def test_at_twice_and_four_times_the_size_nothing_is_cut_off(
    visit: Visit, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = visit(viewport=viewport, device_scale_factor=2)
    expect(launcher(page)).to_be_in_viewport(ratio=1)
    reply = ask(opened(page), "Where is Alfa Romeo made?")
    for part in (page.locator("input"), page.get_by_role("button", name="Close")):
        expect(part).to_be_in_viewport(ratio=1)
    log = page.get_by_role("log")
    assert log.evaluate("log => log.scrollWidth <= log.clientWidth")
    reply.locator("summary").focus()
    expect(reply.locator("summary")).to_be_in_viewport()


def test_letters_twice_as_large_fit_too(visit: Visit) -> None:
    page = visit(viewport={"width": 390, "height": 780})
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    page.reload()
    expect(launcher(page)).to_be_in_viewport(ratio=1)
    expect(launcher(page)).to_have_css("font-size", "32px")
    ask(opened(page), "Where is Alfa Romeo made?")
    expect(page.locator("input")).to_be_in_viewport(ratio=1)
    expect(page.locator(".send")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    assert page.get_by_role("log").evaluate("log => log.scrollWidth <= log.clientWidth")


def test_with_forced_colours_everything_keeps_an_edge(visit: Visit) -> None:
    page = visit(forced_colors="active", color_scheme="dark")
    expect(launcher(page)).to_have_css("border-style", "solid")
    edge = "each => [getComputedStyle(each).borderTopColor, getComputedStyle(each).borderTopWidth]"
    assert launcher(page).evaluate(edge)[0] != "rgba(0, 0, 0, 0)"
    reply = ask(opened(page), "Where is Alfa Romeo made?")
    for part in (page.locator(".send"), page.locator(".asked"), reply, page.locator("input")):
        color, width = part.evaluate(edge)
        assert color != "rgba(0, 0, 0, 0)"
        assert width != "0px"
    mark = reply.locator("mark")
    assert mark.evaluate("each => getComputedStyle(each).backgroundColor") != "rgba(0, 0, 0, 0)"
    thumb = reply.get_by_role("button", name="This helped")
    thumb.click()
    expect(thumb).to_have_css("border-top-width", "2px")


def test_nothing_moves(visit: Visit) -> None:
    page = opened(visit())
    ask(page, "Where is Alfa Romeo made?")
    moving = """() => document.querySelector("portello-chat").shadowRoot.getAnimations().length"""
    assert page.evaluate(moving) == 0
    styles = """() => [...document.querySelector("portello-chat").shadowRoot.querySelectorAll("*")]
      .map((each) => getComputedStyle(each))
      .filter((style) => style.transitionDuration !== "0s" || style.animationName !== "none")
      .length"""
    assert page.evaluate(styles) == 0


def test_on_paper_it_isn_t_there(visit: Visit) -> None:
    page = visit()
    launcher(page).wait_for()
    page.emulate_media(media="print")
    expect(launcher(page)).not_to_be_visible()


def test_the_answer_is_read_from_its_beginning_on_a_small_phone(visit: Visit) -> None:
    page = opened(visit(viewport={"width": 320, "height": 560}))
    for question in ("Where is Alfa Romeo made?", "Is it made in Germany?"):
        expect(ask(page, question).locator("> .said")).to_be_in_viewport(ratio=0.9)


def test_the_panel_is_usable_within_a_tenth_of_a_second_of_the_click(visit: Visit) -> None:
    clicked = """() => new Promise((done) => {
      const {shadowRoot} = document.querySelector("portello-chat");
      const start = performance.now();
      shadowRoot.querySelector(".launcher").click();
      requestAnimationFrame(() => setTimeout(() => done([
        performance.now() - start,
        shadowRoot.activeElement.localName,
        shadowRoot.querySelectorAll(".options button").length,
      ])));
    })"""
    times: list[float] = []
    while min(times, default=100) >= 100 and len(times) < 10:  # others may need the processor too
        page = visit()
        launcher(page).wait_for()
        milliseconds, focus, starters = page.evaluate(clicked)
        assert (focus, starters) == ("input", len(STARTERS))
        times.append(milliseconds)
    assert min(times) < 100
