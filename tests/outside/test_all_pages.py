"""Every page in every state, in a real browser: axe finds nothing in either theme at either size, nothing comes from elsewhere."""

import json

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.chromium import foreign, launched, log_in
from tests.endpoint import ScriptedEndpoint
from tests.outside.cluster import asking
from tests.outside.furnished import JSON, MARKDOWN, furnish
from tests.site import ADMIN, Site

pytestmark = [pytest.mark.browser, pytest.mark.site, pytest.mark.slow]
PAGES = {
    "ask": "/",
    "history": "/history/",
    "search": "/history/?q=harbour",
    "narrowed": "/history/?state=done&favourite=1&tag=harbour&flag=cut_off",
    "nothing found": "/history/?q=submarine",
    "not searched": "/history/?q=-x",
    "everybody": "/history/?of=everybody",
    "comparisons": "/comparisons/",
    "trash": "/trash/",
    "usage": "/usage/",
    "usage of all": "/usage/?period=year&of=everybody",
    "account": "/account/",
    "not found": "/descriptions/999999/",
}
STRANGERS = {"login": "/login/", "shared": ""}
FORMS = ("Plain text", "Markdown", "HTML", "JSON")
SIZES = {1280: 800, 360: 740}
ALL = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": ["color-contrast", "link-in-text-block"],
}  # all that a theme changes
UNFOLD = """() => document.querySelectorAll("details:not(.menu)").forEach((one) => { one.open = true; })"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """`places` are the addresses of all pages, by their names."""
    with ScriptedEndpoint() as endpoint:
        variables = asking(endpoint) | {"WORKER_CONCURRENCY": "1"}
        with Site(tmp_path_factory.mktemp("all"), **variables) as started:
            started.places = PAGES | furnish(started, endpoint)
            yield started


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture
def page(site, chromium):
    """The admin's page, logged in; at the end nothing may have been loaded from elsewhere."""
    context = chromium.new_context(base_url=site.url, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened, elsewhere = context.new_page(), []
    opened.on("request", lambda asked: elsewhere.extend(foreign(asked.url, site.url)))
    log_in(opened, ADMIN)
    yield opened
    context.close()
    assert elsewhere == []


def test_axe_finds_nothing_on_any_page_and_nothing_comes_from_elsewhere(site, page):
    found = []
    for name, address in site.places.items():
        if name not in STRANGERS:
            found += looked_at(page, name, address)
    page.goto("/history/")
    page.get_by_role("button", name="List").click()
    found += looked_at(page, "history as a list", "/history/")
    page.context.clear_cookies()
    for name, address in STRANGERS.items():
        found += looked_at(page, name, address or site.places[name])
    assert found == []


def looked_at(page, name, address):
    found = []
    assert page.goto(address).status in (200, 404), name
    page.evaluate(AXE_SCRIPT)
    page.evaluate(UNFOLD)
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme, options in (("light", ALL), ("dark", COLOURS)):
            page.emulate_media(color_scheme=theme)
            found += [(name, width, theme, what) for what in findings(page, options)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((name, width, "", "scrolls sideways"))
    return found


def findings(page, options):
    violations = page.evaluate("(options) => axe.run(document, options)", options)["violations"]
    return [(one["id"], [node["html"][:300] for node in one["nodes"]]) for one in violations]


def copied(page, button):
    button.click()
    expect(page.locator("#said")).to_have_text("Copied")
    page.evaluate("document.getElementById('said').textContent = ''")
    return page.evaluate("navigator.clipboard.readText()")


def test_json_folds_and_is_copied_as_it_stands(site, page):
    page.goto(site.places["json"])
    block = page.locator(".answer .json")
    block.locator("summary", has_text="boats").click()
    expect(block.get_by_text("Anna")).to_be_hidden()
    block.hover()
    assert json.loads(copied(page, block.get_by_role("button", name="Copy this block"))) == JSON
    assert copied(page, page.get_by_role("button", name="Copy text")) == json.dumps(JSON)


def test_code_is_copied_alone_and_the_answer_in_each_form(site, page):
    page.goto(site.places["markdown"])
    block = page.locator(".answer pre")
    block.hover()
    assert copied(page, block.get_by_role("button", name="Copy this block")).startswith("def boats(): return")
    assert copied(page, page.get_by_role("button", name="Copy text")) == MARKDOWN
    page.locator("summary", has_text="Copy as").click()
    copies = {name: copied(page, page.get_by_role("link", name=name)) for name in FORMS}
    assert copies["Plain text"].startswith("Harbour\n\nTwo boats and a dog beside a link, code and nothing.")
    assert copies["Markdown"] == MARKDOWN
    assert "<h4>Harbour</h4>" in copies["HTML"]
    assert json.loads(copies["JSON"])["content"] == MARKDOWN
