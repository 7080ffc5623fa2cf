"""The pages of an answer and of what was asked before, in a real browser against the site as it is started."""

import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.chromium import foreign, launched, log_in
from tests.images.pictures import photo
from tests.peers.started import BIN, environment
from tests.site import ADMIN, Site

pytestmark = [pytest.mark.browser, pytest.mark.site]
EXPECTED = "400 (Bad Request)"  # of a form that is sent back
PROGRAMS = {"curl": ["sh", "-c"], "requests": [sys.executable, "-c"], "openai": [str(BIN / "python"), "-c"]}
SLOW = "[delay 3 s] What is it?"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("pages")) as started:
        for number in (1, 2, 3):
            started.finished(started.ask(photo(300, 200), question=f"Number {number}?", n=2)["id"])
        yield started


@pytest.fixture(scope="module")
def browser():
    with launched() as chromium:
        yield chromium


@pytest.fixture
def visit(site, browser):
    """The admin's page, logged in; at the end nothing may have been complained of or loaded from elsewhere."""
    complaints: list[str] = []
    contexts = []

    def visiting(**options):
        context = browser.new_context(base_url=site.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.extend(foreign(asked.url, site.url)))
        log_in(page, ADMIN)
        return page

    yield visiting
    for context in contexts:
        context.close()
    assert [words for words in complaints if not words.endswith(EXPECTED)] == []


def first_in_history(page):
    page.goto("/history/?state=done")
    page.locator("a.tile").first.click()
    page.wait_for_url("**/descriptions/**")


def test_a_page_follows_its_ask_by_itself(site, visit):
    page = visit()
    page.goto(f"/descriptions/{site.ask(photo(300, 200), question=SLOW)['id']}/")
    page.evaluate("window.notReloaded = true")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.locator(".words .answer")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert page.evaluate("window.notReloaded") is True


def test_a_tile_follows_its_ask_by_itself(site, visit):
    page = visit()
    page.goto("/history/")  # what the browser loads once is there before the ask begins
    number = site.ask(photo(300, 200), question=SLOW)["id"]
    page.reload()
    page.evaluate("window.notReloaded = true")
    expect(page.locator(f"#description-{number} .status")).to_be_visible()
    expect(page.locator(f"#description-{number} .tile-text")).to_be_visible(timeout=15_000)
    assert page.evaluate("window.notReloaded") is True


def test_an_ask_under_way_is_cancelled_on_its_page(site, visit):
    page = visit()
    page.goto(f"/descriptions/{site.ask(photo(300, 200), question='[delay 20 s] What?')['id']}/")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".words .status")).to_contain_text("Cancelled")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_follow_up_is_asked_under_an_answer_and_its_answer_comes(site, visit, scripts):
    page = visit(java_script_enabled=scripts)
    number = site.finished(site.ask(photo(300, 200), question="Where is it?")["id"])["id"]
    page.goto(f"/descriptions/{number}/")
    page.fill("#follow-up-question", "And when? [delay 1 s]" if scripts else "And when?")
    if scripts:
        page.keyboard.press("Control+Enter")
    else:
        page.locator("#follow-up button").click()
    page.wait_for_url(lambda url: f"/descriptions/{number}/" not in url)
    site.finished(int(page.url.partition("#description-")[2]))
    if not scripts:
        page.reload()
    expect(page.locator(".earlier")).to_contain_text("Where is it?")
    expect(page.locator(".words .answer")).to_contain_text("one earlier answer", timeout=15_000)
    expect(page.locator("#follow-up")).to_be_visible()


def test_j_and_k_walk_through_the_list_that_led_here(visit):
    page = visit()
    first_in_history(page)
    first = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != first)
    assert "from=state%3Ddone" in page.url
    page.keyboard.press("k")
    page.wait_for_url(first)


@pytest.mark.parametrize("scripts", [True, False])
def test_answers_stand_side_by_side_or_are_tabs_with_and_without_scripts(visit, scripts):
    page = visit(java_script_enabled=scripts, viewport={"width": 899, "height": 800})
    page.goto("/history/")
    page.locator("a.tile").last.click()
    first, second = (page.get_by_role("region", name=f"Answer {number}") for number in (1, 2))
    expect(second).to_be_hidden()
    page.locator("label", has_text="Answer 2").click()
    expect(second).to_be_visible()
    expect(first).to_be_hidden()
    page.set_viewport_size({"width": 900, "height": 800})
    expect(page.locator("label", has_text="Answer 2")).to_be_hidden()
    boxes = [one.bounding_box() for one in (first, second)]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    page.get_by_role("button", name="Keep this one").click()  # of one of the two
    expect(page.get_by_role("button", name="This one counts")).to_have_count(1)
    expect(page.get_by_role("button", name="Keep this one")).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
def test_deleting_asks_in_place_first(site, visit, scripts):
    number = site.finished(site.ask(photo(300, 200), question="To be deleted?")["id"])["id"]
    page = visit(java_script_enabled=scripts)
    page.goto(f"/descriptions/{number}/")
    sure = page.get_by_role("button", name="Delete for good")
    expect(sure).to_be_hidden()
    page.locator("summary", has_text="Delete").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    sure.click()
    page.wait_for_url("**/history/**")
    assert page.request.get(f"{site.url}/descriptions/{number}/").status == 404


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_deleted_is_undone_from_the_message_and_restored_from_the_trash(site, visit, scripts):
    number = site.finished(site.ask(photo(300, 200), question="To come back?")["id"])["id"]
    page = visit(java_script_enabled=scripts)
    place = f"/descriptions/{number}/"
    page.goto(place)
    page.locator("summary", has_text="Delete").click()
    page.get_by_role("button", name="Put into the trash").click()
    page.wait_for_url("**/history/**")
    assert site.description(number)["trashed_at"]
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**{place}")
    assert site.description(number)["trashed_at"] is None
    page.locator("summary", has_text="Delete").click()
    page.get_by_role("button", name="Put into the trash").click()
    page.get_by_role("link", name="Trash").click()
    page.wait_for_url("**/trash/")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if scripts:
        assert Axe().run(page).response["violations"] == []
    page.get_by_role("checkbox", name="To come back?").check()
    page.get_by_role("button", name="Restore what is ticked").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert site.description(number)["trashed_at"] is None


@pytest.mark.parametrize("scripts", [True, False])
def test_the_trash_is_emptied(site, visit, scripts):
    number = site.finished(site.ask(photo(300, 200), question="To go?")["id"])["id"]
    site.session.delete(f"{site.url}/api/descriptions/{number}", headers=site.bearer, timeout=10)
    page = visit(java_script_enabled=scripts)
    page.goto("/trash/")
    sure = page.get_by_role("button", name="Delete all of it")
    expect(sure).to_be_hidden()
    page.locator("summary", has_text="Empty the trash").click()
    sure.click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert page.request.get(f"{site.url}/descriptions/{number}/").status == 404


def test_grid_or_list_is_remembered_by_the_browser(visit):
    page = visit()
    page.goto("/history/")
    page.get_by_role("button", name="List").click()
    page.goto("/history/?state=done")
    expect(page.locator("ul.as-list")).to_be_visible()
    page.get_by_role("button", name="Grid").click()
    expect(page.locator("ul.grid")).to_be_visible()


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}}])
def test_what_unfolds_is_usable_by_everybody_and_fits(visit, options):
    page = visit(**options)
    first_in_history(page)
    for fold in page.locator(".fold > summary").all():
        if fold.is_visible():  # one may stand in a tab that is not open
            fold.click()
    sound(page)
    page.goto("/account/")
    page.fill("[name=name]", "nightly")
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator("#secret")).to_be_visible()
    for fold in page.locator(".fold > summary").all():
        fold.click()
    page.get_by_label("on a date").check()
    sound(page)
    page.locator("summary", has_text="Revoke").first.click()
    sound(page)
    page.goto("/history/?model=sandbox&of=everybody")
    sound(page)
    page.goto("/usage/?of=everybody")
    page.locator(".fold > summary").first.click()
    sound(page)


def sound(page):
    """Axe finds nothing, and nothing is wider than the window."""
    assert [one["id"] for one in Axe().run(page).response["violations"]] == [], page.url
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0, page.url


@pytest.mark.parametrize("scripts", [True, False])
def test_a_key_is_limited_on_a_phone_with_and_without_scripts(visit, scripts):
    page = visit(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
    page.goto("/account/")
    name = f"phone {scripts}"
    page.fill("[name=name]", name)
    expect(page.get_by_label("Asks a minute")).to_be_hidden()
    page.locator(".limits > summary").click()
    expect(page.get_by_label("Its last day")).to_be_hidden()
    page.get_by_label("on a date").check()
    page.get_by_label("ask:").uncheck()
    page.get_by_label("Asks a minute").fill("60")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("Choose the day.")).to_be_visible()
    last_day = page.get_by_label("Its last day")
    expect(last_day).to_be_focused()
    expect(page.locator("[name=name]")).to_have_value(name)
    last_day.fill("2090-05-17")
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator("#secret")).to_be_in_viewport()
    made = page.locator(".keys li", has_text=name)
    expect(made).to_contain_text("reads · 60 a minute · expires 17 May 2090")
    assert page.locator("#example-curl").text_content().count(page.locator("#secret").inner_text()) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_of_the_account_page_works_as_it_is_copied(visit, tmp_path, name):
    (tmp_path / "harbour.jpg").write_bytes(photo(1200, 900))
    page = visit()
    page.goto("/account/")
    page.fill("[name=name]", f"for {name}")
    page.get_by_role("button", name="Make a key").click()
    text = page.locator(f"#example-{name}").text_content()
    own = environment(HOME=str(tmp_path))
    command = [*PROGRAMS[name], text]
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "1,200" in done.stdout or "1200" in done.stdout, done.stdout
    page.goto("/account/")
    expect(page.locator(".keys li", has_text=f"for {name}")).to_contain_text("1 ask, ")
