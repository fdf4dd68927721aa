"""What the widget shows: answers, sources, what it doesn't know, and what goes wrong."""

import json
from pathlib import Path

import pytest
from conftest import Visit
from dealer_site import Dealer
from playwright.sync_api import Route, expect
from scripted_bot import ANSWER, NASTY, STARTERS, TITLE
from widget import ask, html, launcher, opened

pytestmark = pytest.mark.browser

CONTACT = "Call us on 555-0100 or write to hello@dealer.example"


def test_only_its_script_is_asked_for_until_a_question_is_asked(visit: Visit, chat: str) -> None:
    asked: list[str] = []
    page = visit(before=lambda page: page.on("request", lambda request: asked.append(request.url)))
    launcher(page).wait_for()
    page.wait_for_timeout(300)
    assert [url for url in asked if url.startswith(chat)] == [f"{chat}embed.js"]
    launcher(page).click()
    expect(page.get_by_role("dialog", name="Alfa Romeo Guide")).to_be_visible()
    expect(page.locator("input")).to_be_focused()
    expect(page.locator(".options button")).to_have_text(list(STARTERS))
    page.wait_for_timeout(300)
    assert [url for url in asked if url.startswith(chat)] == [f"{chat}embed.js"]
    page.get_by_role("button", name=STARTERS[0]).click()
    expect(page.locator(".reply > .said")).to_have_text(ANSWER)
    assert [url for url in asked if url.startswith(chat)] == [f"{chat}embed.js", f"{chat}api/ask"]


def test_an_answer_shows_its_source_with_the_answer_marked(visit: Visit) -> None:
    reply = ask(opened(visit()), "Where is Alfa Romeo made?")
    expect(reply.locator("> .said")).to_have_text(ANSWER)
    expect(reply.locator(".source blockquote mark")).to_have_text(ANSWER)
    link = reply.locator(".source a")
    expect(link).to_have_text(f"{TITLE} › Where Is Alfa Romeo Made?")
    expect(link).to_have_attribute(
        "href",
        "https://dealer.example/where#:~:text=Alfa%20Romeo%20cars%20are,in%20Turin%20and%20Naples.",
    )
    expect(link).to_have_attribute("rel", "noopener nofollow")
    others = reply.locator("details li")
    expect(others.first).not_to_be_visible()
    reply.get_by_text("Other passages (2)").click()
    expect(others).to_have_count(2)
    expect(others.nth(1).locator(".said")).to_contain_text("Location: Toluca, Mexico")


def test_sources_that_differ_are_said_to_and_laid_open(visit: Visit) -> None:
    reply = ask(opened(visit()), "Where are the plants?")
    expect(reply.get_by_text("Our pages differ (1)")).to_be_visible()
    expect(reply.locator("details li .said")).to_be_visible()
    expect(reply.locator("details li .said")).to_contain_text("Location: Toluca, Mexico")
    above, below = (reply.locator(each).bounding_box() for each in ("summary", "details li"))
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    assert abs(above["x"] - below["x"]) < 1


def test_a_link_to_a_sentence_leads_to_it(visit: Visit, dealer: Dealer) -> None:
    text = "<p>Before.</p>" + "<p>More.</p>" * 200 + f"<p id=x>So: {ANSWER} And more.</p>"
    dealer.page(html("async data-keep=no", text), "where")
    page = opened(visit())
    url = ask(page, "Where is Alfa Romeo made?").locator(".source a").get_attribute("href") or ""
    page.goto(url.replace("https://dealer.example/where", f"{dealer.url}where.html"))
    expect(page.locator("#x")).to_be_in_viewport()


def test_a_browser_without_such_links_gets_the_plain_address(visit: Visit) -> None:
    page = visit(
        before=lambda page: page.add_init_script("delete Document.prototype.fragmentDirective")
    )
    if page.evaluate("'fragmentDirective' in document"):
        page.evaluate("delete document.fragmentDirective")
    link = ask(opened(page), "Where is Alfa Romeo made?").locator(".source a")
    expect(link).to_have_attribute("href", "https://dealer.example/where")


def test_a_row_is_said_with_its_header_and_marked_in_its_table(visit: Visit) -> None:
    reply = ask(opened(visit()), "Which plant is in Mexico?")
    said = "Manufacturing Facility: Toluca Plant · Location: Toluca, Mexico"
    expect(reply.locator("> .said")).to_have_text(said)
    expect(reply.locator("th")).to_have_text(["Manufacturing Facility", "Location"])
    expect(reply.locator("table mark")).to_have_text(["Toluca Plant", "Toluca, Mexico"])
    href = reply.locator(".source a").get_attribute("href") or ""
    assert href.endswith("#:~:text=Toluca%20Plant,Toluca%2C%20Mexico")


def test_the_closest_is_called_so_and_what_is_missing_is_named(visit: Visit) -> None:
    reply = ask(opened(visit()), "Is it made in Germany?")
    expected = "The closest I have. Not mentioned in our pages: “Germany”."
    expect(reply.locator(".flag")).to_have_text(expected)
    expect(reply.locator("> .said")).to_have_text(ANSWER)


def test_not_knowing_is_said_with_a_contact_that_can_be_tapped(visit: Visit) -> None:
    page = opened(visit())
    reply = ask(page, "What is the capital of France?")
    expect(reply).to_contain_text("I don’t know that one.")
    expect(reply).to_contain_text("Not mentioned in our pages: “capital”, “France”.")
    expect(reply).to_contain_text(CONTACT)
    expect(reply.get_by_role("link", name="555-0100")).to_have_attribute("href", "tel:5550100")
    mail = reply.get_by_role("link", name="hello@dealer.example")
    expect(mail).to_have_attribute("href", "mailto:hello@dealer.example")
    expect(reply).to_contain_text("You could ask me")
    reply.get_by_role("button", name=STARTERS[0]).click()
    expect(page.locator(".log > .reply").last).to_contain_text(ANSWER)


def test_a_draft_stays_while_another_question_is_asked(visit: Visit) -> None:
    page = opened(visit())
    page.locator("input").fill("Something else")
    page.get_by_role("button", name=STARTERS[0]).click()
    expect(page.locator(".reply > .said")).to_have_text(ANSWER)
    expect(page.locator("input")).to_have_value("Something else")


def test_a_reply_that_comes_after_starting_again_is_not_shown(visit: Visit) -> None:
    page = opened(visit())
    held: list[Route] = []
    page.route("**/api/ask", lambda route: held.append(route), times=1)
    page.locator("input").fill("hello")
    page.locator("input").press("Enter")
    expect(page.locator(".asked")).to_have_text("hello")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    held[0].continue_()
    expect(ask(page, "history")).to_have_text("")
    expect(page.locator(".log > *")).to_have_count(3)


@pytest.mark.parametrize("body", ["{", "{}", "null", "[]", '{"outcome": "answer"}'])
def test_a_reply_that_is_none_is_trouble_and_the_next_question_goes_on(
    visit: Visit, body: str
) -> None:
    page = opened(visit())
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
    page.route("**/api/ask", lambda route: route.fulfill(body=body, headers=headers))
    expect(ask(page, "hello")).to_contain_text("Your question is kept.")
    page.unroute("**/api/ask")
    expect(ask(page, "hello")).to_have_text("Hello! Ask me about Alfa Romeo.")


@pytest.mark.parametrize(
    ("contact", "links"),
    [
        ("Call +49 (0)89 123456-0", ["tel:+49891234560"]),
        ("Appelez le 01.23.45.67.89 ou +33 1 23 45 67 89", ["tel:0123456789", "tel:+33123456789"]),
        ("Write to a.b+c@d-e.example, Monday 8:00-18:00", ["mailto:a.b+c@d-e.example"]),
        ("See https://rossi.example/contact for all", ["https://rossi.example/contact"]),
        ("Open 8-12 and 14-18", []),
        (
            "08.00-18.00; 08.00 – 12.30 / 14.30 – 18.00; 9 - 12 14 - 18; 09:00-12:00 15:00-19:30;"
            " 08-12 14-18; (08.30-12.30); 01.12.2026; 24/12/2026-06/01/2027; 2026-12-24;"
            " 1910 - 2026; VAT IT01234567890",
            [],
        ),
        (
            "02.1234567; (555) 555-0100; 1-800-555-0100; 06-12 34 56 78; 91 234 56 78;"
            " 12 34 56 78; 0800 123456; Tel.030/1234567, 08.00-18.00.",
            [
                "tel:021234567",
                "tel:5555550100",
                "tel:18005550100",
                "tel:0612345678",
                "tel:912345678",
                "tel:12345678",
                "tel:0800123456",
                "tel:0301234567",
            ],
        ),
        ("(https://rossi.example/a).", ["https://rossi.example/a"]),
        ("<b>Come</b> by", []),
    ],
)
def test_addresses_and_numbers_of_a_contact_can_be_tapped(
    visit: Visit, contact: str, links: list[str]
) -> None:
    page = opened(visit(html(f'async data-contact="{contact}"')))
    reply = ask(page, "xyz")
    expect(reply).to_contain_text(contact)
    found = reply.locator("a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    assert found == links


def test_did_you_mean_is_asked_with_buttons_of_plain_text(visit: Visit) -> None:
    reply = ask(opened(visit()), "Which one?")
    expect(reply).to_contain_text("Did you mean")
    expect(reply.locator(".options button")).to_have_text([STARTERS[0], "Is <b>it</b>?"])


def test_a_follow_up_tells_how_it_was_understood_and_can_be_undone(
    visit: Visit,
) -> None:
    page = opened(visit())
    ask(page, "hello")
    reply = ask(page, "What about the name?")
    expect(reply).to_contain_text("Understood as: What does the name Alfa Romeo mean?")
    with page.expect_request("**/api/ask") as sent:
        reply.get_by_role("button", name="No, as I wrote it").click()
    assert sent.value.post_data_json == {"question": "What about the name?", "history": []}
    page.locator(".log > .reply").nth(3).wait_for()
    expect(ask(page, "history")).to_have_text("What about the name?")


def test_earlier_questions_go_along_until_started_again(visit: Visit) -> None:
    page = opened(visit())
    ask(page, "hello")
    ask(page, "Is it made in Germany?")
    expect(ask(page, "history")).to_have_text("hello | Is it made in Germany?")
    page.get_by_role("button", name="Start again").click()
    expect(page.locator(".log > *")).to_have_count(1)
    expect(page.locator("input")).to_be_focused()
    with page.expect_request("**/api/ask") as sent:
        ask(page, "hello")
    assert sent.value.post_data_json["history"] == []


def test_a_thumb_reaches_the_feedback_file(visit: Visit, feedback: Path) -> None:
    page = opened(visit())
    reply = ask(page, "Where is Alfa Romeo made?")
    up, down = reply.locator(".thumb").all()
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    kept = [json.loads(line)["helpful"] for line in feedback.read_text("utf-8").splitlines()]
    assert kept[-2:] == [True, False]


def test_small_talk_is_not_rated_and_has_no_source(visit: Visit) -> None:
    reply = ask(opened(visit()), "hello")
    expect(reply).to_have_text("Hello! Ask me about Alfa Romeo.")
    expect(reply.locator(".thumb, .source")).to_have_count(0)


def test_a_hostile_corpus_is_shown_as_the_text_it_is(visit: Visit) -> None:
    reply = ask(opened(visit(html())), "nasty")
    expect(reply.locator("> .said")).to_have_text(NASTY)
    expect(reply.locator("blockquote")).to_contain_text(f"Before. {NASTY}")
    assert reply.locator("img, script, code, b, .source a").count() == 0


def fulfil(status: int) -> dict[str, object]:
    return {
        "status": status,
        "headers": {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"},
        "body": '{"error": "Nobody is to see this.", "error_type": "too_many"}',
    }


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (429, "Too many questions right now. Try again in a moment."),
        (503, "Too many questions right now. Try again in a moment."),
        (500, "I can’t reach our answers at the moment."),
        (None, "I can’t reach our answers at the moment."),
    ],
)
def test_trouble_is_said_plainly_and_the_question_kept(
    visit: Visit, faults: list[str], status: int | None, says: str
) -> None:
    page = opened(visit())

    def refuse(route: Route) -> None:
        route.abort() if status is None else route.fulfill(**fulfil(status))  # type: ignore[arg-type]

    page.route("**/api/ask", refuse)
    reply = ask(page, "Where is Alfa Romeo made?")
    expect(reply.locator("p").first).to_have_text(f"{says} Your question is kept.")
    expect(reply).to_contain_text(CONTACT)
    expect(page.locator("input")).to_have_value("Where is Alfa Romeo made?")
    page.unroute("**/api/ask")
    reply.get_by_role("button", name="Try again").click()
    expect(page.locator(".reply > .said")).to_have_text(ANSWER)
    expect(page.locator(".asked")).to_have_count(1)
    expect(page.locator("input")).to_have_value("")
    assert faults.pop().startswith("Failed to load resource")


def test_a_question_that_is_too_long_is_called_so(visit: Visit, faults: list[str]) -> None:
    page = opened(visit())
    # As where another server, which takes less, is asked.
    page.locator("input").evaluate("field => field.maxLength = 5000")
    reply = ask(page, "a" * 1001)
    expect(reply.locator("p").first).to_have_text(
        "That is more than I can read at once. Please make it shorter. Your question is kept."
    )
    expect(reply).to_contain_text(CONTACT)
    expect(reply.get_by_role("button", name="Try again")).to_have_count(0)
    expect(page.locator("input")).to_have_value("a" * 1001)
    assert faults.pop().startswith("Failed to load resource")


def test_slowness_is_said_while_it_lasts_and_ended_after_half_a_minute(visit: Visit) -> None:
    page = visit(before=lambda page: page.clock.install())
    opened(page)
    page.route("**/api/ask", lambda _: None)
    page.locator("input").fill("Where is Alfa Romeo made?")
    page.locator("input").press("Enter")
    log, status = page.get_by_role("log"), page.get_by_role("status")
    expect(log).to_have_attribute("aria-busy", "true")
    page.clock.run_for(6500)
    expect(status).to_have_text("This is taking longer than usual …")
    page.clock.run_for(25_000)
    expect(log).to_contain_text("I can’t reach our answers at the moment. Your question is kept.")
    expect(status).to_have_text("")
    expect(log).to_have_attribute("aria-busy", "false")
    expect(page.locator("input")).to_have_value("Where is Alfa Romeo made?")


def test_a_site_that_is_not_allowed_is_told_so_in_plain_words(
    visit: Visit, dealer: Dealer, faults: list[str]
) -> None:
    url = dealer.page(html()).replace("dealer.localhost", "other.localhost")
    dealer.policy = None
    page = opened(visit(url=url))
    expect(ask(page, "hello")).to_contain_text("I can’t reach our answers at the moment.")
    assert any("CORS policy" in fault for fault in faults)
    faults.clear()


def test_without_what_the_server_wrote_into_it_it_asks_when_opened(
    visit: Visit, chat: str, dealer: Dealer
) -> None:
    # The same server by another name, as the base of another corpus would be.
    other = chat.replace("chat.localhost", "127.0.0.1")
    dealer.policy = None
    page = visit(html(f'async data-site="{other.rstrip("/")}"'), also=other)
    launcher(page).wait_for()
    with page.expect_response(f"{other}api/suggestions"):
        launcher(page).click()
    expect(page.locator("h2")).to_have_text("Alfa Romeo Guide")
    expect(page.locator(".options button")).to_have_text(list(STARTERS))
    expect(ask(page, "Where is Alfa Romeo made?").locator("> .said")).to_have_text(ANSWER)


def test_the_owner_may_say_name_contact_and_starters_on_the_page(visit: Visit) -> None:
    page = opened(
        visit(html('async data-name="Ask Rossi" data-contact="Ring 1234567" data-starters="A?|B?"'))
    )
    expect(page.get_by_role("dialog", name="Ask Rossi")).to_be_visible()
    expect(page.locator(".options button")).to_have_text(["A?", "B?"])
    expect(ask(page, "What?").get_by_role("link", name="1234567")).to_be_visible()
