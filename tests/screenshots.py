"""`make screenshots`: pictures of all pages in docs/screenshots, at two sizes and in both themes, of a site with things on it.

Each is of the page as it is: the site, its scripted endpoint and Chromium are started for it. Colours are reduced to 256, so
that sixty pictures stay small.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import requests
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.chromium import launched, log_in
from tests.endpoint import ScriptedEndpoint
from tests.outside.cluster import asking
from tests.site import ADMIN, ROOT, Site
from tests.steps import answer

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1280: 800, 360: 740}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_COLOURS = 256
PAGES = (
    "ask",
    "history",
    "search",
    "description",
    "comparison",
    "comparisons",
    "trash",
    "usage",
    "account",
    "nothing-found",
    "not-found",
    "shared",
    "login",
)
_STRANGERS = ("shared", "login")  # the last ones: whoever takes them is logged out
_SAMPLES = sorted((ROOT / "static" / "samples").glob("*.jpg"))
_SHOWN = (0, 2, 1, 0)  # which sample each of these is asked about
_TOLD = (
    (
        "Describe this picture.",
        "A small harbour at dawn. Two fishing boats lie at the quay, and the water is still and pink.",
    ),
    (
        "What does it say?",
        "| from | to | at |\n|---|---|---|\n| Harbour | Lighthouse | 9:40 |\n| Lighthouse | Harbour | 17:15 |",
    ),
    (
        "Write an alt text.",
        "A white lighthouse on a rock at dusk, its lamp already lit, seen from the harbour.",
    ),
    (
        "Is anything wrong here?",
        "The second boat's mooring line hangs loose in the water; it may drift with the tide.",
    ),
)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with ScriptedEndpoint() as endpoint, tempfile.TemporaryDirectory() as folder:
        _take_all(endpoint, Path(folder))
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}\n")


def _take_all(endpoint: ScriptedEndpoint, folder: Path) -> None:
    variables: dict[str, Any] = asking(endpoint)
    with Site(folder / "site", **variables) as site, launched() as browser:
        places = _filled(site, endpoint)
        for page, mark in _pages(browser, site):
            for name in PAGES:
                _taken(page, name, places[name], FOLDER / f"{name}-{mark}.png")


def _filled(site: Site, endpoint: ScriptedEndpoint) -> dict[str, str]:
    """Ask some things; return the address of each page."""
    rows = []
    for number, (question, words) in enumerate(_TOLD):
        endpoint.then(answer(words, usage=(1100 + 37 * number, 40 + 9 * number, 1140 + 46 * number)))
        picture = _SAMPLES[_SHOWN[number]]
        file = {"image": (picture.name, picture.read_bytes())}
        made = _call(site, "post", "/api/descriptions", data={"question": question}, files=file).json()
        rows.append(site.finished(made["id"])["id"])
    first = f"/api/descriptions/{rows[0]}"
    _call(site, "patch", first, json={"tags": ["harbour", "for the guide"], "favourite": True})
    _call(site, "delete", f"/api/descriptions/{rows[3]}")
    shared = _call(site, "post", f"{first}/share", json={}).json()["url"]
    compared = _compared(site, endpoint)
    return {
        "ask": "/",
        "history": "/history/",
        "search": "/history/?q=harbour",
        "description": f"/descriptions/{rows[0]}/",
        "comparison": f"/comparisons/{compared}/",
        "comparisons": "/comparisons/",
        "trash": "/trash/",
        "shared": shared.removeprefix(site.url),
        "usage": "/usage/",
        "account": "/account/",
        "nothing-found": "/history/?q=submarine",
        "not-found": "/descriptions/999999/",
        "login": "/login/?next=/",
    }


def _compared(site: Site, endpoint: ScriptedEndpoint) -> int:
    """Compare two sizes of a picture; return the comparison's id."""
    endpoint.then(answer("A lighthouse.", usage=(420, 6, 426)))
    endpoint.then(answer("A white lighthouse on a rock, its lamp lit.", usage=(1180, 14, 1194)))
    form = {"question": "What is it?", "variant": ['{"long_side": 512}', '{"long_side": 1024}']}
    file = {"image": (_SAMPLES[1].name, _SAMPLES[1].read_bytes())}
    made = _call(site, "post", "/api/comparisons", data=form, files=file).json()
    for item in made["items"]:
        site.finished(item["id"])
    return int(made["id"])


def _call(site: Site, method: str, path: str, **what: Any) -> requests.Response:
    reply = site.session.request(method, site.url + path, headers=site.bearer, timeout=30, **what)
    reply.raise_for_status()
    return reply


def _pages(browser: Browser, site: Site) -> Iterator[tuple[Page, str]]:
    """Yield a page that is logged in for each size and theme, and what its pictures are marked with."""
    for width, height in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme, base_url=site.url
            )
            page = context.new_page()
            log_in(page, ADMIN)
            yield page, f"{width}-{theme}"
            context.close()


def _taken(page: Page, name: str, address: str, target: Path) -> None:
    if name in _STRANGERS:
        page.context.clear_cookies()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(page.screenshot()))
    taken.convert("RGB").quantize(_COLOURS).save(target, optimize=True)


if __name__ == "__main__":
    main()
