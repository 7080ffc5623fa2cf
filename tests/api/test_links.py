"""`image_url`: links beside and in place of files, and what a script reads of them."""

import pytest

from describer.models import Description, Image
from tests.api.conftest import picture

BOAT = "https://pictures.example/boat.jpg"
LAKE = "http://pictures.example/lake.jpg"


def error_of(reply):
    return reply.status_code, reply.json()["error"]["code"], reply.json()["error"]["param"]


def test_a19_a_link_is_taken_at_once_and_told(script):
    reply = script.post(image=None, image_url=BOAT)
    told = reply.json()
    assert (reply.status_code, told["status"], told["images"]) == (202, "queued", [])
    assert told["links"] == [{"position": 0, "url": BOAT, "image_id": None}]
    assert script.get(f"/api/descriptions/{told['id']}").json()["links"] == told["links"]


def test_links_come_after_files_in_their_order(script):
    told = script.post(image_url=[BOAT, LAKE]).json()
    assert [image["name"] for image in told["images"]] == ["cat.png"]
    assert [(link["position"], link["url"]) for link in told["links"]] == [(1, BOAT), (2, LAKE)]


def test_an_ask_without_links_has_none(script):
    assert script.post(image_url="").json()["links"] == []


def test_neither_file_nor_link_is_refused(script):
    assert error_of(script.post(image=None, image_url=" ")) == (400, "no_image", "image")


BAD = (
    "ftp://a/b",
    "javascript:alert(1)",
    "boat.jpg",
    "http://me:pw@a/",
    "http://a:6379/",
    "http://a/" + "b" * 8000,
)


@pytest.mark.parametrize("url", BAD)
def test_e16_what_is_no_link_is_refused_before_a_picture_is_stored(url, script):
    assert error_of(script.post(image_url=[BOAT, url])) == (400, "invalid_image_url", "image_url")
    assert (Description.objects.count(), Image.objects.count()) == (0, 0)


def test_links_count_among_the_pictures_of_an_ask(script, settings):
    settings.IMAGES_PER_ASK = 2
    assert error_of(script.post(image=[picture()], image_url=[BOAT, LAKE])) == (
        400,
        "too_many_images",
        "image",
    )
    assert script.post(image_url=BOAT).status_code == 202


def test_x02_a_strangers_link_is_not_told(script, stranger):
    told = script.post(image=None, image_url=BOAT).json()
    reply = stranger.get(f"/api/descriptions/{told['id']}")
    assert (reply.status_code, "pictures.example" in reply.content.decode()) == (404, False)


LABEL, LONG = "a" * 63, ".".join(["a" * 60] * 4)


@pytest.mark.parametrize(
    "host",
    [
        f"{LABEL}a.example",
        f"www.{LABEL}a.example",
        f"{LONG}.example.org",
        "a..example",
        ".example",
        "ä" * 60 + ".example",
    ],
)
def test_fe29_a_host_that_no_dns_could_know_is_no_link(host, script):
    url = f"https://{host}/boat.jpg"
    assert error_of(script.post(image=None, image_url=url)) == (400, "invalid_image_url", "image_url")


@pytest.mark.parametrize("host", [f"{LABEL}.example", f"{LONG}.example", "example.org.", "[2606:4700::1111]"])
def test_fe29_a_host_as_long_as_dns_lets_it_be_is_one(host, script):
    assert script.post(image=None, image_url=f"https://{host}/boat.jpg").status_code == 202


def test_the_same_key_with_another_link_is_refused(script):
    headers = {"Idempotency-Key": "k"}
    first = script.post(image=None, image_url=BOAT, headers=headers).json()
    assert script.post(image=None, image_url=BOAT, headers=headers).json()["id"] == first["id"]
    other = script.post(image=None, image_url=LAKE, headers=headers)
    assert error_of(other)[:2] == (422, "idempotency_key_reused")
