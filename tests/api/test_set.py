"""Many pictures in one call, an answer each: all of them or none, once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from describer.models import Description, Image
from tests.api.conftest import ROUTE, picture
from tests.api.test_errors import fault

EACH = f"{ROUTE}/each"
COLOURS = ("blue", "red", "green")


def send(script, headers=None, **fields):
    given = {"question": "What is this?"} | fields
    return script.call("post", EACH, given, headers=headers or {})


def pictures():
    return [picture(f"{colour}.png", colour) for colour in COLOURS]


def test_each_picture_has_a_description_of_its_own_in_order(script):
    reply = send(script, image=pictures(), temperature="0.2")
    items = reply.json()["items"]
    assert reply.status_code == 202
    assert [[image["name"] for image in item["images"]] for item in items] == [
        [f"{colour}.png"] for colour in COLOURS
    ]
    assert {item["parameters"]["temperature"] for item in items} == {0.2}
    assert items == [script.get(f"{ROUTE}/{item['id']}").json() for item in items]


def test_links_are_asked_about_each_too(script):
    links = ["https://pictures.example/a.jpg", "https://pictures.example/b.jpg"]
    items = send(script, image=pictures()[:1], image_url=links).json()["items"]
    assert [len(item["images"]) + len(item["links"]) for item in items] == [1, 1, 1]
    assert [item["links"][0]["url"] for item in items[1:]] == links


def test_more_than_one_ask_may_hold_are_taken(script, settings):
    settings.IMAGES_PER_ASK = 2
    assert len(send(script, image=pictures()).json()["items"]) == 3


def test_too_many_are_refused_before_one_is_read(script, settings):
    settings.IMAGES_PER_SET = 2
    error = fault(send(script, image=pictures()), 400)
    assert (error["code"], Image.objects.count()) == ("too_many_images", 0)
    assert "2" in error["message"]


def test_one_idempotency_key_is_one_set(script):
    headers = {"Idempotency-Key": "set"}
    first, second = (send(script, headers, image=pictures()) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert Description.objects.count() == 3


@pytest.mark.parametrize("other", [{"question": "And now?"}, {"image": pictures()[:2]}])
def test_one_idempotency_key_with_another_set_is_refused(script, other):
    headers = {"Idempotency-Key": "set"}
    send(script, headers, image=pictures())
    error = fault(send(script, headers, **({"image": pictures()} | other)), 422)
    assert (error["code"], Description.objects.count()) == ("idempotency_key_reused", 3)


def test_one_idempotency_key_is_not_both_one_ask_and_a_set(script):
    headers = {"Idempotency-Key": "set"}
    assert script.post(headers=headers, image=pictures()).status_code == 202
    assert fault(send(script, headers, image=pictures()), 422)["code"] == "idempotency_key_reused"


def test_u66_one_bad_picture_among_good_ones_makes_nothing_and_is_named(script):
    bad = SimpleUploadedFile("cut.png", picture().read()[:60], "image/png")
    error = fault(send(script, image=[*pictures(), bad]), 400)
    assert (error["code"], error["param"]) == ("image_damaged", "image")
    assert "cut.png" in error["message"]
    assert (Description.objects.count(), Image.objects.count()) == (0, 0)


def test_u66_one_bad_link_among_good_ones_makes_nothing_and_is_named(script):
    links = ["https://pictures.example/a.jpg", "http://me:pw@inside/", "https://pictures.example/b.jpg"]
    error = fault(send(script, image=pictures(), image_url=links), 400)
    assert (error["code"], error["param"]) == ("invalid_image_url", "image_url")
    assert error["message"].startswith("Link 2: ")
    assert (Description.objects.count(), Image.objects.count()) == (0, 0)


@pytest.mark.parametrize(("left_out", "param"), [("question", "question"), ("image", "image")])
def test_u67_what_is_missing_is_named(script, left_out, param):
    given = {"question": "What is this?", "image": pictures()}
    given.pop(left_out)
    assert fault(script.call("post", EACH, given), 400)["param"] == param


def test_a_key_without_the_scope_ask_submits_no_set(script):
    script.key.scopes = ["read"]
    script.key.save()
    assert fault(send(script, image=pictures()), 403, "permission_error")["code"] == "permission_denied"
    assert Description.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_a_set_is_only_posted(script, method):
    reply = script.call(method, EACH)
    assert (fault(reply, 405)["code"], reply["Allow"]) == ("method_not_allowed", "POST")
