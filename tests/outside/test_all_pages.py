"""Every page in every state, in a real browser: axe finds nothing in either theme at either size, nothing comes from elsewhere."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import sync_playwright

from tests.chromium import ARGUMENTS, PATH, foreign
from tests.endpoint import ScriptedEndpoint
from tests.outside.cluster import asking
from tests.outside.furnished import furnish
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
SIZES = {1280: 800, 360: 740}
ALL = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
COLOURS = {
    "resultTypes": ["violations"],
    "runOnly": ["color-contrast", "link-in-text-block"],
}  # all that a theme changes
UNFOLD = """() => document.querySelectorAll("details:not(.menu)").forEach((one) => { one.open = true; })"""


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """What was found on the way through all pages: (page, size, theme, what) of each."""
    with ScriptedEndpoint() as endpoint:
        variables = asking(endpoint) | {"WORKER_CONCURRENCY": "1"}
        with Site(tmp_path_factory.mktemp("all"), **variables) as site, sync_playwright() as playwright:
            places = PAGES | furnish(site, endpoint)
            chromium = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
            yield walk(site, chromium, places)
            chromium.close()


def walk(site, chromium, places):
    context = chromium.new_context(base_url=site.url, reduced_motion="reduce")
    page, found = context.new_page(), []
    page.on("request", lambda asked: found.extend(("", 0, "", one) for one in foreign(asked.url, site.url)))
    page.goto("/login/")
    page.fill("[name=username]", ADMIN["username"])
    page.fill("[name=password]", ADMIN["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    for name, address in places.items():
        if name not in STRANGERS:
            found += looked_at(page, name, address)
    page.goto("/history/")
    page.get_by_role("button", name="List").click()
    found += looked_at(page, "history as a list", "/history/")
    context.clear_cookies()
    for name, address in STRANGERS.items():
        found += looked_at(page, name, address or places[name])
    return found


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


def test_axe_finds_nothing_on_any_page_and_nothing_comes_from_elsewhere(walked):
    assert walked == []
