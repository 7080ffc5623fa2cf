"""Live words in a real browser: they appear where the answer will stand, and the answer takes their place."""

import threading
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.chromium import foreign, launched, log_in
from tests.endpoint import ScriptedEndpoint, sse
from tests.outside.cluster import asking
from tests.outside.database import Database
from tests.site import ADMIN, Site, until
from tests.steps import around, chunk
from tests.watching import ask_on_page

pytestmark = [pytest.mark.browser, pytest.mark.site]
USAGE = (9, 12, 21)
SAID = "Two **boats**\n\nand <b>a dog</b>."


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted):
    with Site(tmp_path_factory.mktemp("words"), VISION_STREAM_PAGES="true", **asking(scripted)) as started:
        yield started


@pytest.fixture(scope="module")
def person(site):
    with site.login() as session:
        yield session


@pytest.fixture(scope="module")
def browser():
    with launched() as chromium:
        yield chromium


@pytest.fixture
def page(site, browser):
    """The admin's page, logged in; at the end nothing may have been complained of or loaded from elsewhere."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.url)
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda asked: complaints.extend(foreign(asked.url, site.url)))
    log_in(opened, ADMIN)
    yield opened
    context.close()
    assert complaints == []


class Said:
    """An answer that is said piece by piece, each when it is told to."""

    def __init__(self, *deltas):
        self.gates = [threading.Event() for _ in deltas]
        events = [self._at(gate, delta) for gate, delta in zip(self.gates, deltas, strict=True)]
        self.step = sse(*around(events[:-1], USAGE)[:-3], events[-1], *around([], USAGE)[1:])
        self.count = 0

    def _at(self, gate, delta):
        def said():
            gate.wait(60)
            return chunk(delta)

        return said

    def next(self):
        self.gates[self.count].set()
        self.count += 1

    def all(self):
        for gate in self.gates:
            gate.set()


@contextmanager
def said(scripted, *deltas):
    answer = Said(*deltas)
    scripted.then(answer.step)
    try:
        yield answer
    finally:
        answer.all()


def test_words_come_the_answer_takes_their_place_and_a_reader_hears_the_end_alone(
    site, scripted, person, page
):
    first, second = SAID[:19], SAID[19:]
    with said(scripted, {"reasoning_content": "Hm."}, {"content": first}, {"content": second}, {}) as answer:
        number = ask_on_page(site, person, "What comes?")
        card = page.locator(f"#description-{number}")
        words = card.locator("[data-words]")
        page.reload()
        answer.next()
        expect(card.get_by_text("Thinking…")).to_be_visible()
        answer.next()
        expect(words).to_have_text(first.strip(), use_inner_text=True)
        expect(card.get_by_text("Thinking…")).to_be_hidden()
        assert (words.get_attribute("aria-live"), words.get_attribute("aria-busy")) == ("polite", "true")
        assert [fault["id"] for fault in Axe().run(page).response["violations"]] == []
        answer.next()
        expect(words).to_have_text(SAID, use_inner_text=True)
        assert words.locator("b, strong").count() == 0, "it is plain text"
        before = words.bounding_box()
        answer.next()
    expect(card.locator(".answer strong")).to_have_text("boats")
    assert card.locator("[data-coming]").count() == 0
    after = card.locator(".answer").bounding_box()
    assert (after["x"], after["y"]) == (before["x"], before["y"]), "it stands where its words stood"
    expect(page.locator("#said")).to_contain_text("Answered: What comes?")


def test_a_page_that_is_opened_in_the_middle_or_missed_a_piece_catches_up(site, scripted, person, page):
    pieces = [{"content": word} for word in ("One ", "two ", "three ", "four.", "")]
    with said(scripted, *pieces) as answer:
        number = ask_on_page(site, person, "Catching up?")
        answer.next()
        answer.next()
        query = f"SELECT text FROM describer_streamedwords WHERE description_id = {number}"
        until(lambda: Database(site).rows(query) == [("One two",)], "it is kept")
        page.goto(f"/descriptions/{number}/")
        words = page.locator("[data-words]")
        expect(words).to_have_text("One two")
        answer.next()
        expect(words).to_have_text("One two three")
        words.evaluate("one => one.replaceChildren()")
        answer.next()
        expect(words).to_have_text("One two three four.")
    expect(page.locator(".answer")).to_have_text("One two three four.")
