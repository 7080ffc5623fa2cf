"""An answer arrives: nothing moves, the frame counts on every page, and who looks elsewhere is told where that was switched on."""

import threading

import pytest
from playwright.sync_api import expect

from tests.chromium import launched, log_in
from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import photo
from tests.outside.cluster import asking
from tests.site import ADMIN, Site
from tests.steps import answer, held

pytestmark = [pytest.mark.browser, pytest.mark.site]
# A tab without a screen is never hidden, and shows no notice: the page is told the one, and the other is written down.
HIDEABLE = """
window.told = [];
Object.defineProperty(document, "visibilityState", { get: () => (window.hides ? "hidden" : "visible") });
window.Notification = class extends Notification {
    constructor(words, options) { super(words, options); window.told.push([words, options.body]); }
};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.told.push("tone"); return start.apply(this, when); };
"""


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted):
    with Site(tmp_path_factory.mktemp("notices"), **asking(scripted)) as started:
        yield started


@pytest.fixture(scope="module")
def browser():
    with launched() as chromium:
        yield chromium


@pytest.fixture
def visit(site, browser):
    """The admin's page, logged in, whose browser allows what is given."""
    contexts = []

    def visiting(*allowed):
        context = browser.new_context(base_url=site.url, permissions=allowed)
        context.add_init_script(HIDEABLE)
        contexts.append(context)
        page = context.new_page()
        log_in(page, ADMIN)
        return page

    yield visiting
    for context in contexts:
        context.close()


SHIFTS = """() => {
    window.shift = 0;
    new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shift += one.value; }).observe({ type: "layout-shift" });
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("address", ["/", "/descriptions/{}/"])
def test_nothing_moves_when_an_answer_arrives(site, scripted, visit, address, width):
    gate = threading.Event()
    scripted.then(held(gate, answer("A sentence of the answer, as models say them. " * 30)))
    number = site.ask(photo(300, 200), "Does it move?")["id"]
    page = visit()
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(address.format(number))
    expect(page.locator(f"#description-{number}[data-status=running]")).to_be_visible()
    page.wait_for_function("[...document.images].every((one) => one.complete)")
    page.evaluate(DRAWN)
    page.evaluate(SHIFTS)
    gate.set()
    expect(page.locator(f"#description-{number} .answer")).to_be_visible()
    page.evaluate(DRAWN)
    assert page.evaluate("window.shift") < 0.01


def told(site, scripted, page):
    """What is told of an ask that is at its end while the tab is hidden."""
    gate = threading.Event()
    scripted.then(held(gate, answer("Two boats.")))
    number = site.ask(photo(300, 200), "Is it told?")["id"]
    page.goto("/")
    page.locator("#question").click()  # a browser lets nobody sound who was not touched
    card = page.locator(f"#description-{number}")
    expect(card).to_be_visible()
    page.evaluate("window.hides = true")
    gate.set()
    expect(card.locator(".answer")).to_be_visible()
    return page


def test_notice_and_sound_are_off_until_they_are_switched_on(site, scripted, visit):
    page = told(site, scripted, visit("notifications"))
    assert page.evaluate("window.told") == []
    page.goto("/account/")
    page.get_by_label("Show a notice of the browser").check()
    page.get_by_label("Play a quiet sound").check()
    page.wait_for_function("window.told.length === 2")  # a sample
    page.reload()
    expect(page.get_by_label("Show a notice of the browser")).to_be_checked()
    told(site, scripted, page).wait_for_function("window.told.length === 3")
    assert ["Answered", "Is it told?"] in page.evaluate("window.told")
    page.goto("/account/")
    page.get_by_label("Show a notice of the browser").uncheck()
    page.get_by_label("Play a quiet sound").uncheck()
    assert told(site, scripted, page).evaluate("window.told") == []


def test_a_browser_that_refuses_notices_is_said_to(visit):
    page = visit()
    page.goto("/account/")
    page.get_by_label("Show a notice of the browser").click()
    expect(page.get_by_text("The browser refuses notices from this site.")).to_be_visible()
    expect(page.get_by_label("Show a notice of the browser")).not_to_be_checked()


def test_title_and_frame_count_what_runs_on_a_page_without_any_of_it(site, scripted, visit):
    gate = threading.Event()
    for _ in range(2):
        scripted.then(held(gate, answer("Two boats.")))
        site.ask(photo(300, 200), "Is it counted?")
    page = visit()
    page.goto("/usage/")
    expect(page.get_by_role("link", name="2 running")).to_be_visible()
    expect(page).to_have_title("(2) Usage - Describer")
    gate.set()
    expect(page.locator("#under-way")).to_be_hidden()
    expect(page).to_have_title("Usage - Describer")
