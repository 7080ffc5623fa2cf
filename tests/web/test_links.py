"""Links on the pages: the field and the tray, the cards, the description, and that no browser is sent there."""

import re

import pytest

from describer.models import Description, DescriptionLink
from tests.rows import add_picture, make_description, make_image
from tests.web.forms import ask, fields_of, picture, text_of, upload

pytestmark = pytest.mark.usefixtures("sandbox")
BOAT = "https://pictures.example/a/boat.jpg"
LAKE = "http://lakes.example/lake.jpg?size=1"
EVIL = 'https://evil.example/"><script>alert(1)</script><img src=x onerror=alert(1)>'
NO_LINK = "This link cannot be used. It must begin with https:// or http:// and lead to a public address."


def html_of(response):
    return response.content.decode()


def linked(owner, url=BOAT, **values):
    """A description about a link."""
    row = make_description(owner, **values)
    DescriptionLink.objects.create(description=row, position=0, url=url)
    return row


def test_a19_a_link_is_asked_about_and_shown_by_its_host(hers):
    response = ask(hers, image_url=BOAT)
    row = Description.objects.get()
    assert (response.status_code, [link.url for link in row.links.all()]) == (302, [BOAT])
    page = html_of(hers.get("/"))
    assert "<bdi>pictures.example</bdi>" in page
    assert BOAT not in page


def test_the_scripts_get_the_card_of_a_link(hers):
    response = ask(hers, image_url=BOAT, scripted=True)
    assert response.status_code == 201
    assert "pictures.example" in html_of(response)


def test_add_puts_a_link_into_the_tray_and_asks_nothing(hers):
    response = ask(hers, image_url=BOAT, add="link")
    assert (response.status_code, Description.objects.count()) == (200, 0)
    fields = fields_of(response)
    assert (fields["picture"], fields["image_url"]) == ([BOAT], [""])
    assert "pictures.example boat.jpg" in text_of(response)


def test_the_tray_keeps_pictures_and_links_in_the_persons_order(hers):
    number = upload(hers, picture("mine.png"))
    ask(hers, picture=[LAKE, number, BOAT], picture_name=["", "mine.png", ""], together="all")
    row = Description.objects.get()
    assert [shown.position for shown in row.shown_pictures] == [1]
    assert [(link.position, link.url) for link in row.links.order_by("position")] == [(0, LAKE), (2, BOAT)]


def test_each_link_gets_an_answer_of_its_own(hers):
    ask(hers, picture=[LAKE, BOAT])
    rows = Description.objects.order_by("id")
    assert [row.links.get().url for row in rows] == [LAKE, BOAT]


def test_a_cross_takes_a_link_out_of_the_tray(hers):
    response = ask(hers, picture=[LAKE, BOAT], picture_name=["", ""], drop=LAKE)
    assert fields_of(response)["picture"] == [BOAT]


def test_an_error_elsewhere_keeps_the_links(hers):
    response = ask(hers, question="", picture=[LAKE], image_url=BOAT)
    assert response.status_code == 400
    assert fields_of(response)["picture"] == [LAKE, BOAT]


@pytest.mark.parametrize(
    "url", ["boat.jpg", "ftp://a/boat.jpg", "https://me:pw@a/", "http://a:22/", "javascript:x//"]
)
def test_e16_a12_what_is_no_link_stays_in_its_field_with_the_reason(url, hers):
    response = ask(hers, image_url=url, picture=[BOAT])
    assert (response.status_code, Description.objects.count()) == (400, 0)
    assert NO_LINK in text_of(response)
    assert (fields_of(response)["image_url"], fields_of(response)["picture"]) == ([url], [BOAT])
    assert ask(hers, image_url=url, scripted=True).json() == {"errors": {"image_url": NO_LINK}}
    assert NO_LINK in text_of(ask(hers, image_url=url, add="link"))


def test_a_link_in_the_tray_that_is_none_is_told_at_its_tile(hers):
    response = ask(hers, picture=["ftp://a/boat.jpg"], picture_name=["a"])
    assert response.status_code == 400
    assert NO_LINK in text_of(response)
    assert "picture" not in fields_of(response)


def test_links_count_among_the_pictures(hers, settings):
    settings.IMAGES_PER_SET = 2
    response = ask(hers, picture=[LAKE, BOAT], image_url=BOAT)
    assert response.status_code == 400
    assert "At most 2 pictures at once" in text_of(response)


def test_x20_an_address_is_text_wherever_it_is_shown(hers, alice):
    assert "<script>alert" not in html_of(ask(hers, picture=[EVIL], image_url=EVIL, add="link"))
    row = linked(alice, EVIL)
    for address in (
        "/",
        "/history/",
        f"/descriptions/{row.pk}/",
        f"/?from={row.pk}",
        f"/descriptions/{row.pk}/card/",
    ):
        page = html_of(hers.get(address))
        assert "<script>alert" not in page and "onerror=alert(1)>" not in page


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled", "waiting"])
def test_a20_no_page_loads_a_link(status, hers, alice):
    row = linked(alice, status=status)
    pages = ("", "card/", "words/", "tile/")
    sources = [
        re.findall(r'(?:src|srcset|href)="([^"]*)"', html_of(hers.get(f"/descriptions/{row.pk}/{page}")))
        for page in pages
    ]
    assert not any("pictures.example" in one for found in sources for one in found)
    assert "pictures.example" in html_of(hers.get("/history/"))


def test_a_link_that_waits_says_so(hers, alice):
    row = linked(alice, status="running")
    assert "Fetching its picture" in html_of(hers.get("/"))
    page = text_of(hers.get(f"/descriptions/{row.pk}/"))
    assert "This picture is still to be fetched from its link." in page
    assert "from pictures.example" in page


def test_a_failed_one_says_why_and_can_be_asked_again(hers, alice):
    row = linked(
        alice,
        status="failed",
        error_code="image_download_failed",
        error_message="pictures.example took too long.",
    )
    page = text_of(hers.get(f"/descriptions/{row.pk}/"))
    assert "pictures.example took too long." in page
    assert "This picture was not fetched." in page
    hers.post(f"/descriptions/{row.pk}/again/", {"token": "t"})
    assert Description.objects.latest("id").links.get().url == BOAT


def test_the_page_of_a_fetched_one_says_where_it_came_from(hers, alice):
    row = linked(alice, "https://pictures.example/boat.jpg?a=1&b=2", status="running")
    add_picture(row, make_image(alice))
    page = html_of(hers.get(f"/descriptions/{row.pk}/"))
    assert "still to be fetched" not in page
    assert 'href="https://pictures.example/boat.jpg?a=1&amp;b=2"' in page
    assert 'rel="noopener noreferrer nofollow"' in page
    words = html_of(hers.get(f"/descriptions/{row.pk}/words/"))
    assert 'id="pictures"' in words and "boat.jpg" in words


def test_the_words_of_an_ask_without_links_bring_no_pictures_along(hers, alice):
    row = make_description(alice, "A boat.")
    assert 'id="pictures"' not in html_of(hers.get(f"/descriptions/{row.pk}/words/"))


def test_asking_with_changes_begins_with_the_links(hers, alice):
    row = linked(alice, status="failed")
    image = make_image(alice)
    add_picture(row, image, "mine.jpg", 1)
    assert fields_of(hers.get(f"/?from={row.pk}"))["picture"] == [BOAT, str(image.pk)]


def test_x02_a_strangers_link_is_seen_by_nobody(his, alice):
    row = linked(alice)
    for address in (
        f"/descriptions/{row.pk}/",
        f"/descriptions/{row.pk}/words/",
        f"/descriptions/{row.pk}/card/",
    ):
        assert his.get(address).status_code == 404
    assert "pictures.example" not in html_of(his.get(f"/?from={row.pk}")) + html_of(his.get("/history/"))
