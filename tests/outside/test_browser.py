"""A stranger's first ten minutes, in a real browser against the site as it is started: no key, the sandbox."""

import base64
import json
import os
import re
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.chromium import foreign, launched, log_in
from tests.images.pictures import photo
from tests.site import ADMIN, ROOT, Site, until

pytestmark = [pytest.mark.browser, pytest.mark.site]
ANN = {"username": "ann", "password": "horse-battery-9"}
BEN = {"username": "ben", "password": "staple-correct-9"}
EXPECTED = ("400 (Bad Request)", "404 (Not Found)", "415 (Unsupported Media Type)")
PAGES = ("/", "/history/", "/comparisons/", "/usage/", "/account/", "/no-such-page/")
DROP = """async (files) => {
    const transfer = new DataTransfer();
    for (const [name, type, text] of files) {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type }));
    }
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site with an admin and a few answers."""
    with Site(tmp_path_factory.mktemp("browser")) as started:
        for number in (1, 2):
            started.finished(started.ask(photo(300, 200), question=f"What is this, number {number}?")["id"])
        yield started


@pytest.fixture
def new_site(tmp_path):
    """A site that nobody has visited."""
    with Site(tmp_path / "data", admin=False) as started:
        yield started


@pytest.fixture(scope="module")
def browser():
    with launched() as chromium:
        yield chromium


@pytest.fixture
def visit(browser):
    """A new visitor's page; at the end nothing may have been complained of or loaded from elsewhere."""
    complaints: list[str] = []
    contexts = []

    def visiting(site, **options):
        context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.extend(foreign(asked.url, site.url)))
        return page

    yield visiting
    for context in contexts:
        context.close()
    assert [words for words in complaints if not words.endswith(EXPECTED)] == []


def answered(page, question):
    return page.locator("#just-now article[data-status=done]").filter(has_text=question)


def drop(page, *files):
    page.evaluate(DROP, [[name, kind, base64.b64encode(data).decode()] for name, kind, data in files])


def test_a_stranger_comes_asks_sees_and_leaves(new_site, visit):
    page = visit(new_site)
    page.goto("/")
    page.wait_for_url("**/first-visit/")
    assert Axe().run(page).response["violations"] == []
    page.fill("[name=username]", ANN["username"])
    page.fill("[name=password1]", ANN["password"])
    page.fill("[name=password2]", ANN["password"])
    page.fill("[name=code]", new_site.first_code)
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/")
    drop(
        page,
        ("harbour.jpg", "image/jpeg", photo(1200, 900)),
        ("hill.jpg", "image/jpeg", photo(900, 1200)),
        ("notes.txt", "text/plain", b"not a picture"),
    )
    expect(page.get_by_text("notes.txt").first).to_be_visible()
    page.fill("#question", "What is in this picture?")
    expect(page.locator("#go")).to_contain_text("Ask about 2 pictures")
    address = page.url
    page.evaluate("window.notReloaded = true")
    page.press("#question", "Control+Enter")
    cards = answered(page, "What is in this picture?")
    expect(cards).to_have_count(2, timeout=20_000)
    expect(cards.first).to_contain_text("sandbox")
    assert page.evaluate("window.notReloaded") is True
    assert page.url.partition("#")[0] == address
    cards.first.get_by_role("link", name="Open").click()
    page.wait_for_url("**/descriptions/*/**")
    expect(page.get_by_text("What is in this picture?").first).to_be_visible()
    description = page.url
    page.get_by_role("link", name="History").first.click()
    page.wait_for_url("**/history/**")
    expect(page.locator("a[href*='/descriptions/']").first).to_be_visible()
    new_site.manage("shell", "-c", people(BEN))
    leave(page)
    log_in(page, BEN)
    assert page.goto(description).status == 404
    expect(page.get_by_role("main")).to_be_visible()


def people(person):
    name, password = json.dumps(person["username"]), json.dumps(person["password"])
    return f"from describer.models import User; User.objects.create_user({name}, password={password})"


def leave(page):
    page.get_by_label("Menu of").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/**")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_is_usable_by_everybody(site, visit, scheme):
    page = visit(site, color_scheme=scheme)
    log_in(page, ADMIN)
    page.goto("/history/")
    first = page.locator("a[href*='/descriptions/']").first.get_attribute("href")
    for address in (*PAGES, first):
        assert page.goto(address).status in (200, 404)
        violations = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == [], address
    page.context.clear_cookies()
    page.goto("/login/")
    assert Axe().run(page).response["violations"] == []


def test_no_page_scrolls_sideways_on_a_small_phone(site, visit):
    page = visit(site)
    page.set_viewport_size({"width": 360, "height": 740})
    log_in(page, ADMIN)
    page.goto("/history/")
    first = page.locator("a[href*='/descriptions/']").first.get_attribute("href")
    for address in (*PAGES, first):
        assert page.goto(address).status in (200, 404)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, address


def test_a_ladder_fills_its_columns_by_itself_and_keeps_the_winner(site, visit):
    number = site.finished(site.ask(photo(1200, 900), question="How small?")["id"])["id"]
    page = visit(site)
    log_in(page, ADMIN)
    page.goto(f"/descriptions/{number}/")
    page.get_by_text("How small may the picture be?").click()
    page.get_by_role("button", name="Make 3 asks").click()
    page.wait_for_url("**/comparisons/*/")
    page.evaluate("window.notReloaded = true")
    expect(page.locator(".column[data-status=done]")).to_have_count(3, timeout=20_000)
    assert page.evaluate("window.notReloaded") is True
    boxes = page.locator(".column").evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
    assert len(set(boxes)) == 1
    page.get_by_role("button", name="This one is best").nth(1).click()
    expect(page.locator(".column.best h2")).to_have_text("768 px")
    assert Axe().run(page).response["violations"] == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto("/comparisons/")
    expect(page.locator("tbody tr").first).to_contain_text("768 px")


MARKED = """() => {
    const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const loose = [];
    let found = 0;
    while (walk.nextNode()) {
        if (!walk.currentNode.data.includes("\u0301\u0301\u0301") || !walk.currentNode.parentElement.checkVisibility()) continue;
        found += 1;
        let box = walk.currentNode.parentElement;
        while (box && getComputedStyle(box).overflowY === "visible") box = box.parentElement;
        if (!box || box === document.body || box.tagName === "MAIN") loose.push(walk.currentNode.parentElement.outerHTML.slice(0, 99));
    }
    return [found > 0, loose];
}"""


def test_fe29_thousands_of_marks_on_one_letter_stay_within_their_box(site, visit):
    marks = "a" + "\u0301" * 10_000
    row = site.finished(site.ask(photo(300, 200), question=marks)["id"])
    page = visit(site)
    log_in(page, ADMIN)
    for address in ("/", "/history/", f"/descriptions/{row['id']}/"):
        page.goto(address)
        assert page.evaluate(MARKED) == [True, []], address


def test_p24_a_double_click_gives_one_ask(site, visit):
    page = visit(site)
    log_in(page, ADMIN)
    drop(page, ("once.jpg", "image/jpeg", photo(300, 200)))
    page.fill("#question", "Only once?")
    page.locator("#go").dblclick()
    expect(answered(page, "Only once?")).to_have_count(1, timeout=20_000)
    page.goto("/history/")
    expect(page.get_by_text("Only once?")).to_have_count(1)


def test_the_main_job_works_without_javascript(site, visit):
    page = visit(site, java_script_enabled=False)
    log_in(page, ADMIN)
    page.set_input_files(
        "#choose", {"name": "plain.jpg", "mimeType": "image/jpeg", "buffer": photo(400, 300)}
    )
    page.fill("#question", "Without a script?")
    page.click("#go")
    expect(page.get_by_text("Without a script?").first).to_be_visible()

    def is_answered_in_the_history() -> bool:
        page.goto("/history/")  # without scripts a page does not follow its asks
        return bool(page.get_by_text("Without a script?").count())

    until(is_answered_in_the_history, "the history shows the answer", step=0.2)


def test_the_picture_of_the_readme_is_the_site_as_it_is(site, visit):
    page = visit(site, color_scheme="light")
    log_in(page, ADMIN)
    samples = sorted((ROOT / "static" / "samples").glob("*.jpg"))
    pictures = [(path.name, "image/jpeg", path.read_bytes()) for path in samples]
    drop(page, *pictures[1:])
    page.fill("#question", "Describe the picture for someone who cannot see it.")
    page.press("#question", "Control+Enter")
    expect(answered(page, "for someone who cannot see it")).to_have_count(2, timeout=20_000)
    drop(page, *pictures[:2])
    page.get_by_role("button", name="Alt text").click()
    expect(page.locator("#go")).to_contain_text("Ask about 2 pictures")
    expect(page.locator("#tray input[name=picture]")).to_have_count(2)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("document.activeElement.blur()")
    target = Path(os.environ.get("PICTURE") or ROOT / "test-results" / "ask.png")
    target.parent.mkdir(exist_ok=True)
    page.screenshot(path=target)
    assert target.stat().st_size > 20_000


TRANSFER = """([kind, where, data, files]) => {
    const transfer = new DataTransfer();
    for (const [type, text] of Object.entries(data)) transfer.setData(type, text);
    for (const [name, text] of files) {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
    }
    const options = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
        : new DragEvent(kind, { ...options, dataTransfer: transfer });
    return !document.querySelector(where).dispatchEvent(event);
}"""


def test_fc07_what_comes_from_a_file_manager_or_a_page_is_a_picture(site, visit):
    page = visit(site)
    log_in(page, ADMIN)

    def brings(kind, data, *names):
        files = [[name, base64.b64encode(photo(60 + len(name), 48)).decode()] for name in names]
        return page.evaluate(TRANSFER, [kind, "#question", data, files])

    tiles = page.locator(".pics .pic")
    assert brings("paste", {"text/plain": "boat.jpg"}, "boat.jpg")
    assert brings("paste", {"text/plain": "/home/ann/my boat.jpg\n/home/ann/b.jpg"}, "my boat.jpg", "b.jpg")
    assert brings("paste", {"text/plain": "file:///home/ann/sch%C3%B6n.jpg"}, "schön.jpg")
    assert brings("paste", {"text/uri-list": "file:///home/ann/c.jpg", "text/plain": "whatever"}, "c.jpg")
    expect(tiles).to_have_count(5)
    assert not brings("paste", {"text/plain": "Words of a table", "text/html": "<b>Words</b>"}, "image.png")
    assert not brings("paste", {"text/plain": "Words beside a picture"}, "image.png")
    expect(tiles).to_have_count(5)
    assert brings("drop", {"text/uri-list": "# from a page\r\nhttp://127.0.0.1:9/dragged.jpg\r\n"})
    expect(tiles).to_have_count(6)
    expect(page.locator(".pics .linked")).to_contain_text("127.0.0.1")
    assert page.input_value("#question") == ""
    assert not brings("drop", {"text/plain": "some words"})


def test_a_preset_fills_the_form_by_its_chip_and_by_a_slash_and_its_variables_have_fields(site, visit):
    page = visit(site)
    log_in(page, ADMIN)
    made = requests.post(
        f"{site.url}/api/presets",
        headers=site.bearer,
        json={"label": "Boats", "question": "Boats in {place}, {file_name}?", "parameters": {"seed": 7}},
        timeout=10,
    )
    assert made.status_code == 201
    page.reload()
    page.get_by_role("button", name="Boats").click()
    expect(page.locator("#question")).to_have_value("Boats in {place}, {file_name}?")
    expect(page.locator("#variables input")).to_have_count(1)
    expect(page.get_by_label("place")).to_be_focused()
    drop(page, ("quay.jpg", "image/jpeg", photo(301, 200)))
    page.press("[name='variables.place']", "Control+Enter")
    expect(page.locator("[data-error='variables.place']")).to_contain_text("no value")
    page.fill("[name='variables.place']", "Bremen")
    page.press("[name='variables.place']", "Control+Enter")
    expect(answered(page, "Boats in Bremen, quay.jpg?")).to_have_count(1, timeout=20_000)
    page.fill("#question", "")
    expect(page.locator("#variables input")).to_have_count(0)
    page.locator("#question").press_sequentially("/alt")
    expect(page.get_by_role("option", name="Alt text")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_have_value(re.compile("Write alt text"))
    expect(page.locator("#slash")).to_be_hidden()
