"""The tray in a real browser: hundreds of pictures at once, reloads, tabs, order, uploads that break off."""

import base64
import re
from contextlib import contextmanager, suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.chromium import foreign, launched, log_in
from tests.images.pictures import photo
from tests.site import ADMIN, Site, until

pytestmark = [pytest.mark.browser, pytest.mark.site]
LONGEST = 400  # milliseconds; on a quiet machine it is some 85, the figure is printed
EXPECTED = ("404 (Not Found)", "415 (Unsupported Media Type)", "net::ERR_FAILED", "400 (Bad Request)")
MADE = """([text, names]) => {
    const base = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    window.made = names.map((name) => {
        if (name.endsWith(".txt")) return new File([`no picture: ${name}`], name, { type: "text/plain", lastModified: 7 });
        const words = new TextEncoder().encode(name.padEnd(40));
        const remark = new Uint8Array([0xff, 0xfe, 0, words.length + 2, ...words]); // other bytes, the same picture
        return new File([base.slice(0, 2), remark, base.slice(2)], name, { type: "image/jpeg", lastModified: 7 });
    });
}"""
DROPPED = """() => {
    const transfer = new DataTransfer();
    for (const file of window.made) transfer.items.add(file);
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""
WATCHED = """() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
        for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
    }).observe({ type: "longtask" });
}"""
FOLDER = """() => {
    const fileEntry = (file) => ({ name: file.name, isDirectory: false, file: (done) => done(file) });
    const folder = (name, entries) => ({
        name,
        isDirectory: true,
        createReader: () => { const left = [entries.slice(0, 2), entries.slice(2), []]; return { readEntries: (done) => done(left.shift() ?? []) }; },
    });
    const [a, b, c, words, hidden] = window.made.map(fileEntry);
    const top = folder("holiday", [folder("2025", [b, words]), c, a, { ...hidden, name: ".hidden.jpg" }]);
    DataTransferItem.prototype.webkitGetAsEntry = () => top;
}"""
NAMES = "[...document.querySelectorAll('.pics .name bdi')].map((one) => one.textContent)"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("tray")) as started:
        yield started


@pytest.fixture(scope="module")
def browser():
    with launched() as chromium:
        yield chromium


@pytest.fixture
def page(site, browser):
    """A person's page; at the end nothing unexpected may have been complained of."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    context.on("request", lambda asked: complaints.extend(foreign(asked.url, site.url)))
    page = context.new_page()
    log_in(page, ADMIN)
    yield page
    context.close()
    assert [words for words in complaints if not words.endswith(EXPECTED)] == []


def make(page, *names, size=(320, 240)):
    """Files of these names, each a picture of its own, that `drop` drops."""
    page.evaluate(MADE, [base64.b64encode(photo(*size)).decode(), list(names)])


def drop(page, *names, size=(320, 240)):
    make(page, *names, size=size)
    page.evaluate(DROPPED)


def tiles(page, state):
    return page.locator(f".pics .pic[data-state={state}]")


def uploads(page):
    """The list of uploads that begin from now on."""
    begun: list[str] = []
    page.on("request", lambda asked: begun.append(asked.url) if is_upload(asked) else None)
    return begun


def is_upload(request):
    return request.method == "POST" and request.url.endswith("/images/")


@contextmanager
def held(page, after):
    """Let so many uploads through and keep the others under way, to the end of this."""
    passed, kept = [], []

    def judged(route):
        if not is_upload(route.request):
            route.continue_()
        elif len(passed) < after:
            passed.append(route)
            route.continue_()
        else:
            kept.append(route)

    page.route("**/images/", judged)
    yield
    for route in kept:
        with suppress(PlaywrightError):  # its page is gone, or its tile was taken away
            route.abort()
    page.unroute("**/images/")


def tried_with_two_hundred(page, number):
    page.reload()
    names = [f"{number}-{place}.{'txt' if place in (5, 77, 199) else 'jpg'}" for place in range(200)]
    make(page, *names, size=(1200, 900))
    page.evaluate(WATCHED)
    page.evaluate(DROPPED)
    expect(tiles(page, "ready")).to_have_count(197, timeout=120_000)
    return page.evaluate("window.longest")


def test_two_hundred_pictures_dropped_at_once_leave_the_page_live_and_three_broken_ones_stay_told_apart(
    page,
):
    longest = tried_with_two_hundred(page, 1)
    expect(tiles(page, "failed")).to_have_count(3)
    for tile in tiles(page, "failed").all():
        expect(tile.locator(".wrong")).not_to_be_empty()
    page.fill("#question", "What is in each of them?")
    page.click("#go")
    expect(page.locator("#said")).to_contain_text("Asked. 197 answers to come.", timeout=30_000)
    expect(page.locator(".pics .pic")).to_have_count(3)
    expect(page.get_by_text("the history has all of them")).to_be_visible()
    longest_of_all = page.evaluate("window.longest")
    print(f"longest task: {longest:.0f} ms while they came, {longest_of_all:.0f} ms with the ask")
    tries = [longest_of_all]
    while min(tries) >= LONGEST and len(tries) < 3:  # other processes of the machine only make it longer
        page.evaluate("for (const cross of [...document.querySelectorAll('.pics .x')]) cross.click()")
        expect(page.locator(".pics .pic")).to_have_count(0)
        tries.append(tried_with_two_hundred(page, len(tries) + 1))
    print(f"longest tasks of all tries: {[round(longest) for longest in tries]} ms")
    assert min(tries) < LONGEST, tries


def test_a_reload_in_the_middle_uploads_nothing_twice_and_names_what_is_to_be_chosen_again(page):
    names = [f"reload-{number}.jpg" for number in range(6)]
    with held(page, after=2):
        drop(page, *names)
        expect(tiles(page, "ready")).to_have_count(2)
        expect(tiles(page, "uploading")).to_have_count(3)
        page.reload()
    begun = uploads(page)
    expect(tiles(page, "ready")).to_have_count(2)
    expect(tiles(page, "lost")).to_have_count(4)
    expect(tiles(page, "lost").first).to_contain_text("Not uploaded when the page went.")
    assert begun == []
    drop(page, *names)
    expect(tiles(page, "ready")).to_have_count(6)
    assert page.evaluate(NAMES) == names
    assert len(begun) == 4
    page.reload()
    expect(tiles(page, "ready")).to_have_count(6)
    assert page.evaluate(NAMES) == names


def test_a_second_tab_shows_the_same_tray_and_what_is_taken_away_or_asked_is_gone_from_both(page):
    drop(page, "one.jpg", "two.jpg", "three.jpg")
    expect(tiles(page, "ready")).to_have_count(3)
    other = page.context.new_page()
    other.goto("/")
    expect(tiles(other, "ready")).to_have_count(3)
    other.get_by_role("button", name="Take away two.jpg").click()
    expect(tiles(page, "ready")).to_have_count(2)
    drop(page, "four.jpg")
    expect(tiles(other, "ready")).to_have_count(3)
    other.fill("#question", "From the other tab?")
    other.click("#go")
    expect(tiles(other, "ready")).to_have_count(0)
    expect(tiles(page, "ready")).to_have_count(0)
    page.reload()
    expect(page.locator(".pics .pic")).to_have_count(0)


def test_who_logs_out_leaves_no_tray_behind(page):
    drop(page, "private.jpg")
    expect(tiles(page, "ready")).to_have_count(1)
    kept = "Object.keys(localStorage).filter((key) => key.startsWith('describer.tray.')).length"
    assert page.evaluate(kept) == 1
    page.get_by_label("Menu of").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/**")
    assert page.evaluate(kept) == 0


def test_a_link_and_a_reason_are_kept_over_a_reload(page):
    page.fill("#link", "http://127.0.0.1:9/kept.jpg")
    page.press("#link", "Enter")
    drop(page, "words.txt")
    expect(tiles(page, "failed")).to_have_count(1)
    page.reload()
    expect(page.locator(".pics .linked [name=picture]")).to_have_value("http://127.0.0.1:9/kept.jpg")
    expect(tiles(page, "failed")).to_contain_text("words.txt")
    for cross in page.locator(".pics .x").all()[::-1]:
        cross.click()
    page.reload()
    expect(page.locator(".pics .pic")).to_have_count(0)


def test_the_order_is_changed_by_keys_by_buttons_and_by_dragging_and_is_kept(page):
    drop(page, "a.jpg", "b.jpg", "c.jpg")
    expect(tiles(page, "ready")).to_have_count(3)
    page.get_by_role("button", name="Take away a.jpg").focus()
    page.keyboard.press("Alt+ArrowRight")
    assert page.evaluate(NAMES) == ["b.jpg", "a.jpg", "c.jpg"]
    expect(page.locator("#said")).to_have_text("a.jpg: 2 of 3")
    expect(page.get_by_role("button", name="Take away a.jpg")).to_be_focused()
    page.keyboard.press("Alt+End")
    assert page.evaluate(NAMES) == ["b.jpg", "c.jpg", "a.jpg"]
    page.get_by_role("button", name="Move c.jpg to the front by one").click()
    assert page.evaluate(NAMES) == ["c.jpg", "b.jpg", "a.jpg"]
    page.locator(".pic", has_text="a.jpg").drag_to(
        page.locator(".pic", has_text="c.jpg"), target_position={"x": 5, "y": 40}
    )
    assert page.evaluate(NAMES) == ["a.jpg", "c.jpg", "b.jpg"]
    assert page.url.endswith("/")  # Alt and an arrow go back a page elsewhere
    ids = page.evaluate("[...document.querySelectorAll('[name=picture]')].map((one) => one.value)")
    page.reload()
    assert page.evaluate(NAMES) == ["a.jpg", "c.jpg", "b.jpg"]
    assert page.evaluate("[...document.querySelectorAll('[name=picture]')].map((one) => one.value)") == ids


def test_an_upload_is_cancelled_by_its_cross_and_one_that_broke_off_is_tried_again(page):
    with held(page, after=0):
        drop(page, *[f"held-{number}.jpg" for number in range(4)])
        expect(tiles(page, "uploading")).to_have_count(3)
        expect(tiles(page, "queued")).to_have_count(1)
        with page.expect_event("requestfailed", is_upload):
            page.get_by_role("button", name="Take away held-0.jpg").click()
        expect(tiles(page, "uploading")).to_have_count(3)
        expect(tiles(page, "queued")).to_have_count(0)
    expect(tiles(page, "failed")).to_have_count(3)  # the uploads that were held were broken off
    expect(tiles(page, "failed").first).to_contain_text("The upload broke off.")
    for _ in range(3):
        page.get_by_role("button", name="Try again").first.click()
    expect(tiles(page, "ready")).to_have_count(3)


def test_a_picture_that_the_site_has_is_not_sent_again_and_says_what_was_asked_about_it(page):
    begun = uploads(page)
    drop(page, "first name.jpg", size=(1600, 1200))
    expect(tiles(page, "ready")).to_have_count(1)
    page.fill("#question", "What is known?")
    page.click("#go")
    expect(
        page.locator("#just-now article[data-status=done]").filter(has_text="What is known?")
    ).to_have_count(1, timeout=20_000)
    page.evaluate("window.made = [new File([window.made[0]], 'second name.jpg', { type: 'image/jpeg' })]")
    page.evaluate(DROPPED)
    expect(tiles(page, "ready")).to_contain_text("second name.jpg")
    expect(tiles(page, "ready").get_by_role("link")).to_have_text("asked once, last: What is known?")
    assert len(begun) == 1
    page.click("#go")
    expect(page.get_by_role("heading", name="You asked exactly this before")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    expect(tiles(page, "ready")).to_have_count(1)
    page.fill("#question", "Something else?")
    expect(page.locator("#asked-before")).to_have_count(0)
    page.fill("#question", "What is known?")
    page.click("#go")
    page.get_by_role("button", name="Ask anew").click()
    expect(tiles(page, "ready")).to_have_count(0)
    expect(page.get_by_role("heading", name="You asked exactly this before")).to_have_count(0)


def test_a_folder_that_is_dropped_is_a_tray_of_its_pictures(page):
    make(page, "b10.jpg", "inner.jpg", "b9.jpg", "words.txt", "x.jpg")
    page.evaluate(FOLDER)
    page.evaluate(DROPPED)
    expect(tiles(page, "ready")).to_have_count(3)
    assert page.evaluate(NAMES) == ["b9.jpg", "b10.jpg", "inner.jpg"]
    expect(page.locator(".pics .pic")).to_have_count(3)


def test_a_folder_can_be_chosen_as_well(page, tmp_path):
    (tmp_path / "album").mkdir()
    for name in ("b10.jpg", "b9.jpg", "words.txt"):
        (tmp_path / "album" / name).write_bytes(photo(100 + len(name), 80))
    page.set_input_files("#folder", tmp_path / "album")
    expect(tiles(page, "ready")).to_have_count(2)
    assert page.evaluate(NAMES) == ["b9.jpg", "b10.jpg"]


def test_more_than_fits_is_said_waits_for_room_and_goes_by_one_click(page):
    page.evaluate("document.getElementById('ask').dataset.most = '3'")
    drop(page, *[f"many-{number}.jpg" for number in range(6)])
    expect(tiles(page, "ready")).to_have_count(3)
    expect(page.locator("#rest")).to_contain_text("At most 3 pictures at once: 3 more do not fit")
    page.get_by_role("button", name="Take away many-1.jpg").click()
    expect(tiles(page, "ready")).to_have_count(3)
    assert page.evaluate(NAMES) == ["many-0.jpg", "many-2.jpg", "many-3.jpg"]
    expect(page.locator("#rest")).to_contain_text("2 more do")
    page.get_by_role("button", name="Take these away").click()
    expect(page.locator("#rest")).to_be_hidden()
    page.get_by_role("button", name="Take away many-0.jpg").click()
    expect(tiles(page, "ready")).to_have_count(2)


def test_d14_a_picture_that_was_swept_is_told_at_its_tile_and_the_others_stay(site, page):
    drop(page, "swept.jpg", "stays.jpg")
    expect(tiles(page, "ready")).to_have_count(2)
    gone = page.locator(".pic", has_text="swept.jpg").locator("[name=picture]").input_value()
    site.manage(
        "shell", "-c", f"from describer.models import Image; Image.objects.filter(pk={gone}).delete()"
    )
    page.fill("#question", "Are they all there?")
    page.click("#go")
    expect(tiles(page, "lost")).to_contain_text("not here any more")
    expect(tiles(page, "ready")).to_contain_text("stays.jpg")
    page.reload()
    expect(tiles(page, "lost")).to_contain_text("swept.jpg")
    expect(tiles(page, "ready")).to_contain_text("stays.jpg")


def test_settings_and_preset_are_remembered_as_last_used_and_reset_by_one_click(page):
    page.get_by_role("button", name="Alt text").click()
    page.locator("#more > summary").click()
    page.fill("[name=temperature]", "0.3")
    page.fill("[name=system_prompt]", "Be brief.")
    page.get_by_text("one about all").click()
    drop(page, "remembered.jpg")
    expect(tiles(page, "ready")).to_have_count(1)
    page.click("#go")
    expect(tiles(page, "ready")).to_have_count(0)
    page.reload()
    expect(page.locator("#question")).to_have_value(re.compile("Write alt text"))
    expect(page.locator("[name=asked_by]")).to_have_value("alt-text")
    expect(page.locator("[name=temperature]")).to_have_value("0.3")
    expect(page.locator("[name=system_prompt]")).to_have_value("Be brief.")
    expect(page.locator("[name=together][value=all]")).to_be_checked()
    page.locator("#more > summary").click()
    page.get_by_role("button", name="Reset Temperature").click()
    expect(page.locator("[name=temperature]")).to_have_value("")
    page.get_by_role("button", name="Reset all of these").click()
    expect(page.locator("[name=system_prompt]")).to_have_value("")
    expect(page.locator("[name=together][value=each]")).to_be_checked()
    expect(page.locator("#question")).to_have_value("")


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("response_format", '{\n  "type": json\n}', "Not JSON: line 2, column 11."),
        ("response_format", '{"kind": "json_object"}', 'an object with a "type"'),
        (
            "response_format",
            '{"type": "json_schema", "json_schema": {"name": "a", "schema": {"properties": {"b": {"type": "text"}}}}}',
            'schema.properties.b: there is no type "text"',
        ),
        ("tools", '[{"function": {"name": "report"}}]', "Tool 1: the type is missing."),
        ("logit_bias", '{"50256": 101}', "from -100 to 100"),
        ("logit_bias", '{"50256": ', "Not JSON: line 1, column 11."),
    ],
)
def test_json_is_checked_as_it_is_typed(page, field, text, words):
    page.locator("#more > summary").click()
    page.locator("#more .rare > summary").click()
    page.fill(f"[name={field}]", text)
    expect(page.locator(f"[data-error={field}]")).to_contain_text(words)
    page.fill(f"[name={field}]", "")
    expect(page.locator(f"[data-error={field}]")).to_be_empty()


def test_what_a_model_does_to_a_parameter_stands_beside_its_control(site, page):
    learned = {
        "sandbox": {"dropped": ["seed"]},
        "other": {"renamed": {"max_tokens": "max_completion_tokens"}},
    }
    code = f"from describer.models import Endpoint; Endpoint.objects.update(learned={learned!r}, model_names=['sandbox', 'other'])"
    site.manage("shell", "-c", code)
    page.reload()
    page.locator("#more > summary").click()
    expect(page.locator("#changed-seed")).to_have_text("This model refuses it; it is left out.")
    page.select_option("[name=model]", "other")
    expect(page.locator("#changed-seed")).to_be_empty()
    expect(page.locator("#changed-max_tokens")).to_contain_text("max_completion_tokens")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_full_tray_is_usable_by_everybody(page, scheme):
    page.emulate_media(color_scheme=scheme)
    drop(page, *[f"full-{number}.jpg" for number in range(30)], "words.txt")
    expect(tiles(page, "ready")).to_have_count(30)
    page.locator("#more > summary").click()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for cross in page.locator(".pics .x").all()[::-1]:
        cross.click()
    until(lambda: not page.locator(".pics .pic").count(), "the tray is empty")
