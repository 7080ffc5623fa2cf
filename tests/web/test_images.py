"""Pictures: taken in from the tray, and shown to their owner and to admins alone."""

import io
import os

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from describer.media.storage import sweep_let_go
from describer.models import Description, Image
from tests.images.pictures import photo
from tests.rows import make_description, make_image
from tests.shortage import no_handles
from tests.web.forms import picture, text_file, text_of, upload

SHOWN = ("", "thumbnail/", "sent/")


@pytest.fixture
def site(client, alice):
    """Alice's browser."""
    client.force_login(alice)
    return client


def fetched(client, address, **headers):
    """The whole reply: read to its end, so that its file is closed."""
    response = client.get(address, **headers)
    response.body = response.getvalue()
    return response


def addresses(image):
    return [f"/images/{image.pk}/{what}" for what in SHOWN]


def error_of(response):
    return response.json()["error"]


@pytest.mark.parametrize("field", ["image", "file"])
def test_a_picture_is_taken_in_and_its_facts_are_told(site, alice, field):
    response = site.post("/images/", {field: picture("boat.png", size=(64, 48))})

    image = Image.objects.get(owner=alice)
    assert response.status_code == 201
    assert response.json() == {
        "id": image.pk,
        "name": "boat.png",
        "width": 64,
        "height": 48,
        "bytes": image.bytes,
        "notes": image.notes,
        "asked": None,
    }


def test_u63_the_same_bytes_again_are_the_same_image(site):
    assert upload(site, picture("a.png")) == upload(site, picture("b.png"))


def test_u63_of_another_person_they_are_an_image_of_his_own(site, client, bob):
    hers = upload(site, picture())
    client.force_login(bob)

    assert upload(client, picture()) != hers


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({}, 400, "no_image"),
        ({"image": "text in the file field"}, 400, "no_image"),
        ({"image": SimpleUploadedFile("empty.png", b"")}, 400, "image_empty"),
        ({"image": text_file("notes.jpg")}, 415, "image_format"),
        ({"image": SimpleUploadedFile("cut.png", picture().read()[:60])}, 400, "image_damaged"),
    ],
)
def test_what_is_no_picture_is_refused_with_words_and_a_code(site, data, status, code):
    response = site.post("/images/", data)

    assert (response.status_code, error_of(response)["code"]) == (status, code)
    assert error_of(response)["param"] == "image"
    assert error_of(response)["type"] == "invalid_request_error"
    assert error_of(response)["message"].endswith(".")
    assert not Image.objects.exists()


def test_u35_a_file_whose_name_is_a_folders_is_refused_in_words(site):
    part = b'--X\r\nContent-Disposition: form-data; name="image"; filename=".."\r\n\r\nbytes\r\n--X--\r\n'

    response = site.post("/images/", part, content_type="multipart/form-data; boundary=X")

    assert (response.status_code, error_of(response)["code"]) == (400, "no_image")


def test_u60_a_file_above_the_limit_is_refused(site, settings):
    settings.IMAGE_MAX_BYTES = 100

    response = site.post("/images/", {"image": picture()})

    assert (response.status_code, error_of(response)["code"]) == (413, "image_too_large")


def test_x11_without_a_csrf_token_nothing_is_taken(alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert strict.post("/images/", {"image": picture()}).status_code == 403
    assert not Image.objects.exists()


def test_who_is_logged_out_is_told_so(client, db, alice):
    response = client.post("/images/", {"image": picture()})

    assert (response.status_code, error_of(response)["code"]) == (401, "login")


def test_get_lists_nothing_that_is_not_named(site):
    upload(site, picture("a.png"))

    assert site.get("/images/").json() == {"items": []}


SIGNS = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff"}


@pytest.mark.parametrize("what", SHOWN)
def test_x05_a_picture_comes_private_with_its_true_type(site, what):
    response = fetched(site, f"/images/{upload(site, picture('boat.jpg'))}/{what}")

    assert response.status_code == 200
    assert "private" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("inline; filename")
    assert response["X-Frame-Options"] == "DENY"
    assert response.body.startswith(SIGNS[response["Content-Type"]])


def test_the_original_is_the_very_file(site):
    file = picture()
    response = fetched(site, f"/images/{upload(site, file)}/")
    file.seek(0)

    assert response["Content-Type"] == "image/png"
    assert response.body == file.read()


def test_x32_an_original_can_run_nothing(site):
    response = fetched(site, f"/images/{upload(site, picture())}/")

    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("what", SHOWN)
def test_fe20_a_picture_is_kept_by_the_browser_and_shown_only_to_who_may_see_it_still(site, client, what):
    address = f"/images/{upload(site, picture())}/{what}"
    first = fetched(site, address)

    assert first["Cache-Control"] == "private, no-cache"
    assert site.get(address, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    client.logout()
    assert site.get(address, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 302


def delete_by_page(client, row):
    client.post(f"/descriptions/{row.pk}/delete/", {"for_good": "1"})


def delete_by_rows(client, row):
    Description.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize("delete", [delete_by_page, delete_by_rows])
def test_fe24_pictures_are_not_found_at_once_when_their_description_is_deleted(site, alice, delete):
    image, shared = make_image(alice), make_image(alice)
    row = make_description(alice, "A boat.", pictures=[(image, "a.jpg"), (shared, "b.jpg")])
    make_description(alice, "Another.", pictures=[(shared, "b.jpg")])
    etag = fetched(site, f"/images/{image.pk}/")["ETag"]
    files = image.files
    delete(site, row)

    for address in addresses(image):
        assert site.get(address).status_code == 404
        assert site.get(address, HTTP_IF_NONE_MATCH=etag).status_code == 404
    for address in addresses(shared):
        assert fetched(site, address).status_code == 200
    sweep_let_go()
    assert not any(default_storage.exists(name) for name in files)
    assert all(default_storage.exists(name) for name in shared.files)


def test_fe24_a_picture_that_is_given_again_is_seen_again(site, alice):
    pk = upload(site, picture())
    row = make_description(alice, "A boat.", pictures=[(Image.objects.get(pk=pk), "a.jpg")])
    delete_by_rows(site, row)
    assert site.get(f"/images/{pk}/").status_code == 404

    assert upload(site, picture()) == pk
    assert sweep_let_go() == 0
    assert fetched(site, f"/images/{pk}/").status_code == 200


def test_an_original_can_be_saved_under_the_name_it_was_last_given(site, alice):
    image = make_image(alice)
    make_description(alice, "A boat.", pictures=[(image, 'Bücher "am" Fluß.jpg')])

    disposition = fetched(site, f"/images/{image.pk}/?download")["Content-Disposition"]

    assert disposition == "attachment; filename*=utf-8''B%C3%BCcher%20%22am%22%20Flu%C3%9F.jpg"


def test_u37_markup_in_a_name_stays_within_the_header(site, alice):
    image = make_image(alice)
    make_description(alice, "A boat.", pictures=[(image, '"><img src=x onerror=alert(1)>\n.jpg')])

    disposition = fetched(site, f"/images/{image.pk}/")["Content-Disposition"]

    assert "\n" not in disposition


def test_the_very_copy_that_a_model_saw_is_shown(site, alice):
    row = make_description(alice, "A boat.")
    copy = row.pictures.get().image.sent_copies.get()

    response = fetched(site, f"/descriptions/{row.pk}/sent/0/")

    assert response.status_code == 200
    assert response["ETag"] == f'"{copy.sha256}-sent"'
    assert site.get(f"/descriptions/{row.pk}/sent/1/").status_code == 404


@pytest.mark.parametrize("what", SHOWN)
def test_x02_anothers_picture_is_as_unknown_as_one_that_never_was(site, bob, what):
    his = make_image(bob)

    theirs, never = site.get(f"/images/{his.pk}/{what}"), site.get(f"/images/{his.pk + 1000}/{what}")

    assert theirs.status_code == never.status_code == 404
    assert text_of(theirs) == text_of(never)


def test_x02_anothers_sent_copy_is_not_found(site, bob):
    assert site.get(f"/descriptions/{make_description(bob, 'A boat.').pk}/sent/0/").status_code == 404


@pytest.mark.parametrize("what", SHOWN)
def test_x04_a_post_to_anothers_picture_is_not_found_before_it_is_not_allowed(site, alice, bob, what):
    assert site.post(f"/images/{make_image(bob).pk}/{what}").status_code == 404
    assert site.post(f"/images/{make_image(alice).pk}/{what}").status_code == 405


@pytest.mark.parametrize("what", SHOWN)
def test_an_admin_sees_everybodys(client, boss, alice, what):
    client.force_login(boss)

    assert fetched(client, f"/images/{make_image(alice).pk}/{what}").status_code == 200


@pytest.mark.parametrize("what", SHOWN)
def test_x01_without_login_no_picture_is_shown(client, alice, what):
    address = f"/images/{make_image(alice).pk}/{what}"

    assert client.get(address)["Location"] == f"/login/?next={address}"


def test_p23_a_file_that_is_gone_is_a_404_with_words(site, alice):
    image = make_image(alice)
    for name in image.files:
        default_storage.delete(name)

    for address in addresses(image):
        response = site.get(address)
        assert response.status_code == 404
        assert "gone" in response.content.decode()
        assert "max-age" not in response.get("Cache-Control", "")


def test_ff04_a_file_that_cannot_be_opened_now_is_503_with_words_and_a_time(site, alice):
    image = make_image(alice)
    for name in image.files:
        path = default_storage.path(name)
        os.remove(path)
        os.symlink(path, path)  # a circle: it is there, and nobody can open it

    for address in addresses(image):
        response = site.get(address)
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert "gone" not in response.content.decode()
        assert "immutable" not in response.get("Cache-Control", "")


def test_ff04_a_picture_that_no_handle_is_left_for_is_taken_later(site):
    assert site.post("/images/", {"image": io.BytesIO(photo(71, 50))}).status_code == 201
    with no_handles():
        refused = site.post("/images/", {"image": io.BytesIO(photo(70, 50))})
    assert refused.status_code == 503
    assert error_of(refused)["code"] in ("storage_away", "busy")


def test_a_huge_number_is_just_unknown(site):
    assert site.get(f"/images/{'9' * 30}/").status_code == 404
