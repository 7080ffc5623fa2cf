"""Cases E13 to E18 and E26 of our own endpoint: pictures, as data and as links, and the copies that are sent on."""

import base64

import pytest
import requests

from tests.endpoint import redirect, reply
from tests.gallery import endless, picture
from tests.images.pictures import bare_png, corners, exif, heic, photo, png, saved
from tests.outside.v1.world import PHOTO, data_url, expect, fault, said

pytestmark = pytest.mark.site


URL = "messages[0].content[1].image_url.url"


def test_e13_pictures_come_as_objects_or_bare_and_other_parts_pass(world):
    url = data_url(PHOTO)
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    parts = [
        {"type": "text", "text": "Parts?"},
        {"type": "image_url", "image_url": url},
        {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": url, "detail": None}},
        audio,
    ]
    reply = world.post("", messages=[{"role": "user", "content": parts}])
    assert reply.status_code == 200
    sent = world.sent("Parts?")[0].body["messages"][0]["content"]
    assert sent[1:] == [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": url}},
        audio,
    ]
    row = world.row(reply)
    assert len(row["images"]) == 3
    for detail in ("auto", "high", "original"):
        part = {"type": "image_url", "image_url": {"url": url, "detail": detail}}
        text = {"type": "text", "text": f"Detail {detail}?"}
        assert world.post("", messages=[{"role": "user", "content": [text, part]}]).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "data:image/jpeg;base64,####", "data:image/jpeg;base64", "data:image/jpeg,plain", "data:,", "data:image/png;base64,",
        "data:image/png;base64,AAAAA", "data:image/png;base64,%%%", "data:image/png;base64,\u00e9\u00e9\u00e9\u00e9", "DATA:;base64,=",
    ],
)  # fmt: skip
def test_e14_a_data_url_that_holds_no_base64_is_refused(world, url):
    expect(world, 400, "invalid_base64_image", URL, messages=[said("x", url)])


def test_e14_base64_is_put_right_where_it_can_be(world):
    packed = data_url(PHOTO).partition(",")[2]
    lines = "\r\n".join(packed[start : start + 76] for start in range(0, len(packed), 76))
    spelled = (
        f"data:image/jpeg;base64,{lines}",
        f"data:image/jpeg;base64,{packed.translate(str.maketrans('+/', '-_'))}",
        f"data:image/jpeg;base64,{packed.rstrip('=')}",
        f"data:image/jpeg;base64,{requests.utils.quote(packed, '')}",
        f"DATA:image/jpeg;name=a.jpg;BASE64, {packed} ",
    )
    assert world.post("Spelled?", *spelled).status_code == 200
    (call,) = world.sent("Spelled?")
    assert {part["image_url"]["url"] for part in call.body["messages"][0]["content"][1:]} == {data_url(PHOTO)}


@pytest.mark.parametrize(
    "data",
    [
        b"hello", b"\x00" * 100, PHOTO[:200], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"PK\x03\x04",
        bare_png(20_000, 20_000, 1, 0, (b"\0" * 2501) * 10),
    ],
    ids=["words", "zeros", "cut", "svg", "pdf", "zip", "bomb"],
)  # fmt: skip
def test_e15_bytes_that_are_no_picture_of_ours_are_refused(world, data):
    expect(world, 400, "invalid_image_format", URL, messages=[said("x", data_url(data))])


def test_e15_a_picture_is_labelled_by_its_bytes(world):
    one = png(64, 48)
    assert world.post("Labels?", data_url(one, "image/webp"), data_url(heic(64, 48), "text/plain")).ok
    urls = [part["image_url"]["url"] for part in world.sent("Labels?")[0].body["messages"][0]["content"][1:]]
    assert urls[0] == data_url(one, "image/png")
    assert urls[1].startswith(("data:image/jpeg;base64,", "data:image/png;base64,"))


def test_e16_a_link_that_leads_where_nobody_is_let_is_refused_in_one_sentence(world, gallery, inside):
    gallery.shows("/turn", redirect(inside.at("/boat.jpg")))
    urls = [
        "ftp://example.org/a.jpg", "file:///etc/passwd", "javascript:alert(1)", "boat.jpg", "//example.org/a.jpg",
        "http://user:secret@127.0.0.2/", inside.at("/boat.jpg"), inside.at("/boat.jpg", "127.2"), inside.at("/", "[::1]"),
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://192.168.0.1/a.jpg", "http://[fe80::1]/",
        "http://no-such-name.invalid/a.jpg", gallery.at("/turn"), "http://127.0.0.1:22/",
    ]  # fmt: skip
    told = {
        expect(world, 400, "invalid_image_url", URL, messages=[said("x", url)])["message"] for url in urls
    }
    assert len(told) == 1
    assert inside.connections == 0


def test_e17_a_link_is_fetched_by_us_and_sent_as_bytes(world, gallery):
    reply = world.post("Link?", gallery.at("/boat.jpg"))
    assert reply.status_code == 200
    (call,) = world.sent("Link?")
    assert call.body["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    row = world.row(reply)
    link = {"position": 0, "url": gallery.at("/boat.jpg"), "image_id": row["images"][0]["id"]}
    assert (row["links"], row["images"][0]["name"]) == ([link], "boat.jpg")


def test_e17_a_link_from_which_no_picture_comes_is_refused_and_says_why(world, gallery, slow):
    gallery.shows("/fault", reply(503, "no"))
    gallery.shows("/page", picture(b"<!DOCTYPE html><html></html>", "text/html"))
    gallery.shows("/words.jpg", picture(b"words" * 100))
    told = expect(world, 400, "image_download_failed", URL, messages=[said("x", gallery.at("/none.jpg"))])
    assert "404" in told["message"]
    told = expect(world, 400, "image_download_failed", URL, messages=[said("x", gallery.at("/fault"))])
    assert "503" in told["message"]
    expect(world, 400, "image_download_failed", URL, messages=[said("x", gallery.at("/page"))])
    expect(world, 400, "invalid_image_format", URL, messages=[said("x", gallery.at("/words.jpg"))])
    for headers in ({}, {"Content-Length": str(21 * 10**6)}):
        gallery.shows("/big.jpg", too_large(headers))
        expect(world, 400, "image_too_large", URL, messages=[said("x", gallery.at("/big.jpg"))])
    assert "too long" in fault(slow["link that hangs"].result(), 400, "image_download_failed", URL)["message"]
    assert world.found("Slow link?") is None


def too_large(headers):
    """A picture of 21 MB, by its headers or without a length."""
    return picture(PHOTO + b"\0" * 21 * 10**6) if headers else endless(PHOTO)


def test_e18_more_pictures_than_an_ask_takes_are_refused_before_one_is_kept(world):
    (images,) = world.rows.rows("SELECT count(*) FROM describer_image")[0]
    url = data_url(photo(65, 49))
    told = expect(world, 400, "too_many_images", "messages", messages=[said("x", *[url] * 21)])
    assert "20" in told["message"]
    assert world.rows.rows("SELECT count(*) FROM describer_image")[0][0] == images


def test_e18_of_pictures_that_are_refused_none_is_kept(world):
    (images,) = world.rows.rows("SELECT count(*) FROM describer_image")[0]
    urls = [data_url(photo(66, 49)), data_url(b"words")]
    param = "messages[0].content[2].image_url.url"
    expect(world, 400, "invalid_image_format", param, messages=[said("x", *urls)])
    assert world.rows.rows("SELECT count(*) FROM describer_image")[0][0] == images


def test_e26_pictures_go_as_the_copy_that_suits_in_their_places(world):
    turned = saved(corners(), "JPEG", exif=exif(6), quality=95)
    large = photo(3000, 1500)
    messages = [
        said("First:", data_url(turned)),
        said("Upright.", role="assistant"),
        said("Copies?", data_url(PHOTO), data_url(large)),
    ]
    reply = world.post("", messages=messages)
    assert reply.status_code == 200
    first, _, last = world.sent("Copies?")[0].body["messages"]
    urls = [
        part["image_url"]["url"] for part in (*first["content"], *last["content"]) if part["type"] != "text"
    ]
    assert urls[0] != data_url(turned) and b"Exif" not in bytes_of(urls[0])
    assert urls[1] == data_url(PHOTO)
    assert len(urls[2]) < len(data_url(large))
    row = world.row(reply)
    assert [(image["width"], image["height"]) for image in row["images"]][1:] == [(64, 48), (3000, 1500)]


def bytes_of(url):
    return base64.b64decode(url.partition(",")[2])
