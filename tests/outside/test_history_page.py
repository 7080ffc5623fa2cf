"""The history in a real browser: chosen by mouse, range and keys; done with many while one watches."""

import io
import subprocess
import sys
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.chromium import foreign, launched, log_in
from tests.images.pictures import photo
from tests.site import ADMIN, ROOT, Site

pytestmark = [pytest.mark.browser, pytest.mark.site]
COUNT = 6
FILLED = 2500


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("history")) as started:
        for number in range(COUNT):
            started.finished(started.ask(photo(300, 200), question=f"Number {number}?")["id"])
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
        page.goto("/history/")
        return page

    yield visiting
    for context in contexts:
        context.close()
    assert complaints == []


def sound(page):
    """Axe finds nothing, and nothing is wider than the window."""
    assert [one["id"] for one in Axe().run(page).response["violations"]] == [], page.url
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0, page.url


def boxes(page):
    return page.locator("input[name=description]")


def chosen(page):
    return page.locator("input[name=description]:checked")


def marked(site, name="favourite"):
    listed = site.session.get(f"{site.url}/api/descriptions?limit=100", headers=site.bearer, timeout=10)
    return [one["id"] for one in listed.json()["items"] if one[name]]


def test_a_range_is_chosen_with_shift_and_all_that_was_found(visit):
    page = visit()
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    boxes(page).nth(1).check()
    expect(bar).to_be_visible()
    boxes(page).nth(4).click(modifiers=["Shift"])
    expect(chosen(page)).to_have_count(4)
    expect(page.locator("#chosen-count")).to_have_text("4 chosen")
    boxes(page).nth(3).click(modifiers=["Shift"])  # from the last one, as it is now: not chosen
    expect(chosen(page)).to_have_count(2)
    page.get_by_label("found").check()
    expect(chosen(page)).to_have_count(COUNT)
    boxes(page).first.uncheck()
    expect(page.get_by_label("found")).not_to_be_checked()
    page.get_by_role("button", name="Choose none").click()
    expect(bar).to_be_hidden()


def test_keys_walk_choose_open_tag_and_delete(site, visit):
    page = visit()
    tiles = page.locator("a.tile")
    page.keyboard.press("j")
    expect(tiles.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(chosen(page)).to_have_count(1)
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(chosen(page)).to_have_count(2)
    page.keyboard.press("e")
    expect(page.locator("#bulk-tags-field")).to_be_focused()
    page.keyboard.type("by keys?")  # neither j, k nor ? do anything here
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Tagged 2 descriptions.")
    assert len(marked(site, "tags")) == 2
    page.keyboard.press("j")
    first = tiles.first.get_attribute("id")
    page.keyboard.press("#")
    expect(page.locator(".toast")).to_contain_text("The description is in the trash.")
    expect(page.locator(f"#{first}")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/descriptions/**")
    page.goto("/history/")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**/descriptions/**")


@pytest.mark.parametrize("address", ["/history/", "tile"])
def test_a_question_mark_shows_the_keys(visit, address):
    page = visit()
    if address == "tile":
        page.locator("a.tile").first.click()
        page.wait_for_url("**/descriptions/**")
    dialog = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    sound(page)
    page.keyboard.press("j")  # does nothing here
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
def test_many_are_marked_and_exported_with_and_without_scripts(site, visit, scripts):
    page = visit(java_script_enabled=scripts)
    for number in (0, 2):
        boxes(page).nth(number).check()
    menu = page.locator("#bulk summary", has_text="Favourite")
    menu.click()
    page.get_by_role("button", name="Mark as favourite").click()
    expect(page.locator(".toast")).to_contain_text("Marked 2 descriptions as favourite.")
    assert len(marked(site)) == 2
    page.get_by_label("found").check() if not scripts else boxes(page).first.check()
    if scripts:
        page.get_by_label("found").check()
    page.locator("#bulk summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="ZIP").click()
    with open(download.value.path(), "rb") as file:
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
    assert archive.testzip() is None and len(archive.namelist()) == 2 * COUNT
    if scripts:
        expect(page.locator("#progress.on")).to_have_count(0)
    page.locator("#bulk summary", has_text="Favourite").click()
    page.get_by_role("button", name="Take the star away").click()
    expect(page.locator(".toast")).to_contain_text(f"Took the star from {COUNT} descriptions.")
    assert marked(site) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_view_is_saved_changed_and_removed(visit, scripts):
    page = visit(java_script_enabled=scripts)
    page.goto("/history/?state=done")
    page.locator("summary", has_text="Save this view").click()
    page.fill("#view-name", "Answered ones")
    page.keyboard.press("Enter")
    chip = page.get_by_role("navigation", name="Saved views").get_by_role("link", name="Answered ones")
    expect(chip).to_have_attribute("aria-current", "true")
    page.goto("/history/")
    chip.click()
    page.wait_for_url("**/history/?state=done")
    page.locator("summary", has_text="Change this view").click()
    page.get_by_role("button", name="Remove this view").click()
    expect(page.get_by_role("navigation", name="Saved views")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_history_is_sound_with_some_chosen(visit, width, theme):
    page = visit(viewport={"width": width, "height": 800}, color_scheme=theme, has_touch=width == 360)
    page.goto("/history/?state=done")
    sound(page)
    boxes(page).nth(1).check()
    for menu in ("Tags", "Favourite", "Export"):
        page.locator("#bulk summary", has_text=menu).click()
        sound(page)
    page.locator("summary", has_text="Save this view").click()
    sound(page)
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("heading", name="Asking again")).to_be_visible()
    expect(page.get_by_text("This makes 1 new ask")).to_be_visible()
    sound(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_d11_thousands_are_worked_on_while_one_watches(site, visit, scripts):
    if scripts:
        filling = ["manage.py", "fill", "--descriptions", str(FILLED), "--people", "2", "--more"]
        subprocess.run([sys.executable, *filling], cwd=ROOT, env=site.environment, check=True, timeout=120)
    page = visit(java_script_enabled=scripts)
    page.goto("/history/?of=everybody")
    boxes(page).first.check()
    if scripts:
        expect(page.get_by_label("found")).to_have_accessible_name(f"All {FILLED + COUNT:,} found")
    page.get_by_label("found").check()
    page.locator("#bulk summary", has_text="Tags").click()
    page.fill("#bulk-tags-field", f"all {scripts}")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Tagging")).to_be_visible()
    sound(page) if scripts else None
    while not scripts and "/bulk/" in page.url:
        page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/history/?of=everybody", timeout=60_000)
    expect(page.locator(".toast").first).to_contain_text(f"Tagged {FILLED + COUNT:,} descriptions.")
