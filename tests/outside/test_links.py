"""A picture from a link, the whole way: the site as it is started, a server of pictures, scripts and a browser."""

import re
import threading

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.chromium import ARGUMENTS, PATH, foreign, log_in
from tests.endpoint import held, html, redirect
from tests.gallery import INSIDE, Gallery, picture
from tests.images.pictures import photo
from tests.site import ADMIN, Site

pytestmark = [pytest.mark.browser, pytest.mark.site]
PHOTO = photo(300, 200)


@pytest.fixture(scope="module")
def gallery():
    with Gallery() as opened:
        opened.shows("/boat.jpg", picture(PHOTO))
        opened.shows("/page", html(200))
        yield opened


@pytest.fixture(scope="module")
def inside(gallery):
    """A server that links may not lead to, at the same port."""
    with Gallery(INSIDE, gallery.port) as opened:
        opened.shows("/boat.jpg", picture(PHOTO))
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory, gallery):
    opened = {"IMAGE_LINK_PORTS": str(gallery.port), "IMAGE_LINK_NETWORKS": f"{gallery.host}/32"}
    with Site(tmp_path_factory.mktemp("links"), **opened) as started:
        yield started


def asked(site, **fields):
    """The reply to an ask through the API; a file goes along only when `image` is one."""
    files = {"image": fields.pop("image")} if "image" in fields else None
    address = f"{site.url}/api/descriptions"
    return site.session.post(
        address, headers=site.bearer, data={"question": "What?", **fields}, files=files, timeout=30
    )


def test_a19_a_script_asks_about_a_link(site, gallery):
    reply = asked(site, image_url=gallery.at("/boat.jpg"), image=("lake.jpg", photo(64, 48)))
    assert (reply.status_code, reply.json()["links"][0]["image_id"]) == (202, None)
    told = site.finished(reply.json()["id"])
    assert told["status"] == "done"
    assert [image["name"] for image in told["images"]] == ["lake.jpg", "boat.jpg"]
    link = {"position": 1, "url": gallery.at("/boat.jpg"), "image_id": told["images"][1]["id"]}
    assert told["links"] == [link]


def test_a01_a09_nothing_inside_is_ever_connected_to(site, gallery, inside):
    gallery.shows("/turn", redirect(inside.at("/boat.jpg")))
    port = site.url.rpartition(":")[2]
    urls = [
        inside.at("/boat.jpg"),
        inside.at("/boat.jpg", "127.2"),
        inside.at("/", "[::1]"),
        gallery.at("/turn"),
    ]
    rows = [asked(site, image_url=url).json()["id"] for url in urls]
    told = [site.finished(row) for row in rows]
    assert {row["error"]["code"] for row in told} == {"invalid_image_url"}
    assert len({row["error"]["message"] for row in told}) == 1
    assert [row["attempts"] for row in told] == [[]] * len(rows)
    assert inside.connections == 0
    refused = asked(site, image_url=f"http://127.0.0.1:{port}/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_image_url")


def test_a19_a_page_without_scripts_asks_about_a_link(site, gallery):
    session = site.login()
    page = session.get(site.url + "/", timeout=10).text
    token, submit = (
        re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("csrfmiddlewaretoken", "token")
    )
    fields = {
        "csrfmiddlewaretoken": token,
        "token": submit,
        "question": "What?",
        "image_url": gallery.at("/page"),
    }
    place = session.post(site.url + "/", data=fields, headers={"Referer": site.url}, timeout=10)
    number = place.url.rpartition("-")[2]
    assert site.finished(int(number))["status"] == "failed"
    shown = session.get(f"{site.url}/descriptions/{number}/", timeout=10).text
    assert "This link shows a web page, not a picture." in shown
    assert "This picture was not fetched." in shown


@pytest.fixture
def gate():
    """Opened by the test; at its end at the latest."""
    opened = threading.Event()
    yield opened
    opened.set()


@pytest.fixture
def visitor(site):
    """The admin's page, logged in; at the end nothing may have been complained of or loaded from elsewhere."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        opened = browser.new_context(base_url=site.url).new_page()
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", lambda made: complaints.extend(foreign(made.url, site.url)))
        log_in(opened, ADMIN)
        yield opened
        browser.close()
    assert complaints == []


def test_a20_a_link_in_the_browser_from_the_field_to_the_answer(visitor, gallery, gate):
    page = visitor
    gallery.shows("/slow.jpg", held(gate, picture(PHOTO)))
    secret = gallery.at("/secret.jpg")
    link, tiles = page.get_by_label("From a link"), page.locator(".pic")
    link.fill("boat.jpg")
    link.press("Enter")
    expect(page.locator("#error-image_url")).to_contain_text("This link cannot be used.")
    link.fill(secret)
    link.press("Enter")
    link.fill(gallery.at("/slow.jpg"))
    expect(tiles).to_have_count(1)
    tiles.first.get_by_role("button", name="Take away 127.0.0.1").click()
    expect(tiles).to_have_count(0)
    page.fill("#question", f"What is in it? ![boat]({secret}) {secret}")
    page.locator("#go").click()
    card = page.locator("article.card").first
    expect(card).to_contain_text("Fetching its picture")
    expect(card.locator(".thumbnail")).to_have_text("127.0.0.1")
    card.get_by_role("link", name="Open").click()
    expect(page.locator(".shot-gone")).to_have_text("This picture is still to be fetched from its link.")
    gate.set()
    expect(page.locator(".shot img")).to_have_attribute("alt", "slow.jpg")
    expect(page.locator(".answer").first).to_contain_text("No model was asked")
    source = page.locator(".shot figcaption").get_by_role("link", name="127.0.0.1")
    expect(source).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert secret not in [gallery.at(call.path) for call in gallery.calls]
