"""Links of an ask: fetched by the job before anything is sent, and failed in words where that cannot be (A18, A19)."""

import io
from ipaddress import ip_network

import pytest

from describer.engine.pipeline import request_of, run_next
from describer.engine.queue.sweep import hand_back
from describer.engine.submit import Ask, AskImage, AskLink, Refusal, ask_again, keep_image, submit
from describer.models import Attempt, Description, DescriptionImage, Endpoint, Image, Status
from tests.endpoint import html, redirect
from tests.gallery import CONNECTIONS, INSIDE, Gallery, picture
from tests.images.pictures import photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]
PHOTO = photo(64, 48)
PAGE = "This link shows a web page, not a picture. Open the picture itself and copy its address."


@pytest.fixture
def gallery(settings):
    with Gallery() as opened:
        settings.IMAGE_LINK_PORTS = frozenset([opened.port])
        settings.IMAGE_LINK_NETWORKS = (ip_network(opened.host),)
        opened.shows("/boat.jpg", picture(PHOTO))
        opened.shows("/lake.jpg", picture(photo(48, 64)))
        yield opened


@pytest.fixture
def ask(alice):
    def asked(*pictures, **changes):
        return submit(Ask(owner=alice, question="What is it?", pictures=pictures, **changes))

    return asked


def run(row):
    """See it through once, and answer the row as it is then."""
    assert run_next()
    return Description.objects.get(pk=row.pk)


def test_a19_the_ask_is_there_at_once_and_the_job_fetches(ask, gallery, endpoint):
    (row,) = ask(AskLink(gallery.at("/boat.jpg")))
    assert (row.status, gallery.connections) == (Status.QUEUED, 0)
    assert [link.host for link in row.waiting_links] == ["127.0.0.1"]
    row = run(row)
    assert (row.status, row.waiting_links) == (Status.DONE, [])
    shown = row.pictures.get()
    assert (shown.name, shown.image.bytes, shown.image.owner) == ("boat.jpg", len(PHOTO), row.owner)
    assert row.links.get().url == gallery.at("/boat.jpg")
    assert "data:image/jpeg;base64," in str(endpoint.calls[0].body)
    assert gallery.at("/boat.jpg") not in str(endpoint.calls[0].body)


def test_o17_an_endpoint_that_fetches_by_itself_is_sent_the_links_in_their_place(
    ask, gallery, endpoint, alice
):
    Endpoint.objects.update(settings={"send_links": True})
    kept = AskImage(keep_image(alice, io.BytesIO(photo(50, 50)), "mine.jpg"), "mine.jpg")
    (row,) = ask(AskLink(gallery.at("/lake.jpg")), kept, together=True)
    row = run(row)
    parts = endpoint.calls[0].body["messages"][0]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert (row.status, gallery.connections) == (Status.DONE, 0)
    assert (urls[0], urls[1][:23]) == (gallery.at("/lake.jpg"), "data:image/jpeg;base64,")
    assert [link.url for link in row.bare_links] == [gallery.at("/lake.jpg")]
    assert gallery.at("/lake.jpg") in str(request_of(row))


def test_links_and_pictures_keep_the_persons_order(ask, gallery, endpoint, alice):
    kept = AskImage(keep_image(alice, io.BytesIO(photo(50, 50)), "mine.jpg"), "mine.jpg")
    given = [AskLink(gallery.at("/lake.jpg")), kept, AskLink(gallery.at("/boat.jpg"))]
    (row,) = ask(*given, together=True)
    assert [shown.position for shown in row.shown_pictures] == [1]
    assert [shown.name for shown in run(row).shown_pictures] == ["lake.jpg", "mine.jpg", "boat.jpg"]
    assert str(endpoint.calls[0].body).count("data:image/jpeg") == 3


def test_each_link_gets_an_answer_of_its_own(ask, gallery):
    rows = ask(AskLink(gallery.at("/lake.jpg")), AskLink(gallery.at("/boat.jpg")))
    assert [run(row).pictures.get().name for row in rows] == ["lake.jpg", "boat.jpg"]


FAILURES = {
    "a page": (html(200), "image_download_failed", PAGE),
    "nothing there": (html(404), "image_download_failed", "404"),
    "a damaged picture": (picture(PHOTO[: len(PHOTO) // 2]), "image_damaged", "damaged"),
    "no picture": (picture(b"PK\x03\x04 boats"), "image_format", "ZIP"),
    "an empty one": (picture(b""), "image_empty", "empty"),
    "a redirect inside": (redirect(f"http://{INSIDE}/"), "invalid_image_url", "cannot be used"),
}


@pytest.mark.parametrize(("step", "code", "words"), FAILURES.values(), ids=FAILURES)
def test_a18_a19_a_failed_fetch_fails_in_words_and_nothing_is_sent(step, code, words, ask, gallery, endpoint):
    gallery.shows("/wrong.jpg", step)
    row = run(ask(AskLink(gallery.at("/wrong.jpg")))[0])
    assert (row.status, row.error_code) == (Status.FAILED, code)
    assert words in row.error_message
    assert (endpoint.calls, Attempt.objects.count(), Image.objects.count()) == ([], 0, 0)


def test_a14_a_picture_above_the_limit_fails_in_words(ask, gallery, settings):
    settings.IMAGE_MAX_BYTES = 500
    assert run(ask(AskLink(gallery.at("/boat.jpg")))[0]).error_code == "image_too_large"


@pytest.mark.parametrize("host", ["127.0.0.2", "10.0.0.1", "[::1]", "127.2"])
def test_a19_an_address_inside_fails_in_the_job_without_a_connection(host, ask, gallery, endpoint):
    (row,) = ask(AskLink(gallery.at("/boat.jpg", host)))
    with CONNECTIONS as connected:
        row = run(row)
    assert (row.status, row.error_code, connected) == (Status.FAILED, "invalid_image_url", [])


@pytest.mark.parametrize(
    "url", ["ftp://a/b", "boat.jpg", "http://me:pw@a/", "http://a:22/", "http://a/" + "b" * 8000]
)
def test_e16_what_is_no_link_is_refused_at_the_ask(url, ask):
    with pytest.raises(Refusal) as caught:
        ask(AskLink(url))
    assert (caught.value.status, caught.value.code, caught.value.param) == (
        400,
        "invalid_image_url",
        "image_url",
    )
    assert Description.objects.count() == 0


def test_one_failed_link_fails_the_ask_and_what_was_fetched_stays_for_the_next_try(ask, gallery):
    gallery.shows("/late.jpg", html(503))
    (row,) = ask(AskLink(gallery.at("/boat.jpg")), AskLink(gallery.at("/late.jpg")), together=True)
    assert run(row).status == Status.FAILED
    gallery.shows("/late.jpg", picture(photo(40, 40)))
    before = len(gallery.calls)
    again = run(ask_again(Description.objects.get(pk=row.pk)))
    assert (again.status, [shown.name for shown in again.shown_pictures]) == (
        Status.DONE,
        ["boat.jpg", "late.jpg"],
    )
    assert len(gallery.calls) == before + 1
    assert [link.url for link in again.links.order_by("position")] == [
        gallery.at("/boat.jpg"),
        gallery.at("/late.jpg"),
    ]


def test_a_link_is_part_of_what_tells_asks_apart(ask, gallery):
    first = ask(AskLink(gallery.at("/boat.jpg")), token="t")
    assert [row.pk for row in ask(AskLink(gallery.at("/boat.jpg")), token="t")] == [row.pk for row in first]
    with pytest.raises(Refusal) as caught:
        ask(AskLink(gallery.at("/lake.jpg")), token="t")
    assert caught.value.code == "idempotency_key_reused"


def test_the_request_is_shown_while_a_link_waits(ask, gallery):
    (row,) = ask(AskLink(gallery.at("/boat.jpg")))
    assert "What is it?" in str(request_of(row))


def interrupted(gallery, path, act):
    """Show a picture after `act` was done while it is being fetched."""
    shown = picture(PHOTO)
    gallery.shows(path, shown.__class__("acting", lambda wire, call: (act(), shown.play(wire, call))[1]))
    return gallery.at(path)


def test_a_run_that_was_cancelled_is_not_failed_by_its_fetch(ask, gallery, endpoint):
    url = interrupted(gallery, "/page", lambda: Description.objects.get().cancel())
    row = run(ask(AskLink(url))[0])
    assert (row.status, row.error_code, endpoint.calls) == (Status.CANCELLED, "", [])


def test_a_run_that_lost_its_lease_leaves_the_row_to_the_next(ask, gallery, endpoint):
    def lose():
        row = Description.objects.get()
        hand_back({row.pk: row.lease_token})
        gallery.shows("/lost", picture(PHOTO))

    (row,) = ask(AskLink(interrupted(gallery, "/lost", lose)))
    assert run(row).status == Status.QUEUED
    assert run(row).status == Status.DONE
    assert (DescriptionImage.objects.count(), len(endpoint.calls)) == (1, 1)


def test_a_row_that_is_deleted_during_its_fetch_leaves_nothing(ask, gallery, endpoint):
    ask(AskLink(interrupted(gallery, "/gone", lambda: Description.objects.all().delete())))
    assert run_next()
    assert (Description.objects.count(), DescriptionImage.objects.count(), endpoint.calls) == (0, 0, [])
