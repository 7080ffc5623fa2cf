"""Deliveries arrive once, or are tried again, or given up with words; and hold up nobody."""

import logging
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from describer import upkeep
from describer.models import Status, Webhook, WebhookDelivery
from describer.webhooks.postman import EACH, Postman
from tests.endpoint import error, held, redirect
from tests.gallery import CONNECTIONS, INSIDE
from tests.rows import make_attempt, make_description
from tests.site import until
from tests.steps import reply
from tests.webhooks.conftest import is_signed, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]


@pytest.fixture(autouse=True)
def long_rests(settings):
    """What failed goes again when the test says so."""
    settings.BACKOFF_FIRST_SECONDS = settings.WEBHOOK_BACKOFF_MOST_SECONDS = 10**7


def ended(owner, **values):
    """A description that was just cancelled, so that its webhooks are to be told."""
    row = make_description(owner, **values)
    assert row.cancel()
    return row


def delivered(postman, deliveries):
    """Deliver until none of them is pending."""

    def settled():
        postman.deliver()
        return not deliveries.filter(state="pending").exists()

    until(settled, "all are settled")
    return list(deliveries.order_by("id"))


def failed_once(postman, webhook):
    """The first delivery, after a try that failed."""
    until(lambda: (postman.deliver(), webhook.deliveries.exclude(error="").exists())[1], "a try failed")
    webhook.refresh_from_db()
    return webhook.deliveries.order_by("-tries").first()


def due_again(webhook):
    """As if all waiting were over."""
    Webhook.objects.filter(pk=webhook.pk).update(rests_until=None)
    webhook.deliveries.update(not_before=timezone.now() - timedelta(seconds=1))


def test_it_arrives_once_signed_and_true(webhook, postman, receiver, alice):
    row = ended(alice, via="api", key=None, model="scripted-model")
    (one,) = delivered(postman, webhook.deliveries)
    postman.deliver()
    (call,) = receiver.calls
    assert (one.state, one.http_status, one.tries, one.error) == ("delivered", 204, 1, "")
    assert one.created <= one.tried <= one.delivered
    assert is_signed(call, webhook.secret)
    assert call.headers["x-describer-delivery"] == str(one.pk)
    assert call.headers["content-type"] == "application/json"
    assert call.headers["user-agent"].startswith("Describer/")
    row.refresh_from_db()
    assert told(call) == {
        "event": "description.finished",
        "delivery": one.pk,
        "description": {
            "id": row.pk,
            "status": "cancelled",
            "via": "api",
            "endpoint": "sandbox",
            "model": "scripted-model",
            "error": None,
            "usage": None,
            "cost": "0",
            "created_at": row.created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "started_at": None,
            "finished_at": row.finished.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "url": f"/api/descriptions/{row.pk}",
        },
    }


def test_it_tells_usage_cost_and_error_and_no_words_of_people(webhook, postman, receiver, alice):
    row = make_description(alice, status=Status.RUNNING, lease_token="t", question="Whose boat is this?")
    make_attempt(row, state="answered", prompt_tokens=9, completion_tokens=12, total_tokens=21, cost="0.0100")
    assert row.run_to("t", Status.FAILED, error_code="timeout", error_message="It took too long.")
    delivered(postman, webhook.deliveries)
    said = told(receiver.calls[0])["description"]
    assert said["error"] == {"code": "timeout", "message": "It took too long."}
    tokens = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    assert (said["usage"], said["cost"]) == (tokens | {"estimated": False}, "0.01")
    assert b"boat" not in receiver.calls[0].raw


FAILURES = {
    "an error": (error(500, "No."), 500, "127.0.0.1 answered 500."),
    "a redirect": (redirect("http://127.0.0.1/"), 307, "redirects are not followed"),
    "no reply": (reply(200, b"").__class__("closing", lambda wire, call: wire.close()), None, "broke off"),
}


@pytest.mark.parametrize(("step", "status", "words"), FAILURES.values(), ids=FAILURES)
def test_what_fails_is_tried_again_later_and_arrives(step, status, words, webhook, postman, receiver, alice):
    receiver.shows("/taken", step)
    before = timezone.now()
    ended(alice)
    with CONNECTIONS as connected:
        one = failed_once(postman, webhook)
    assert {port for _, port in connected} == {receiver.port}
    assert (one.state, one.http_status) == ("pending", status)
    assert words in one.error
    assert one.not_before > webhook.rests_until > before
    assert (webhook.failures, webhook.paused) == (1, None)
    receiver.shows("/taken", reply(200, b"x" * 100_000))
    due_again(webhook)
    (one,) = delivered(postman, webhook.deliveries)
    assert (one.state, one.tries, one.error) == ("delivered", 2, "")
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.rests_until) == (0, None, None)


def test_the_rests_grow_to_an_hour(webhook, postman, receiver, alice, settings):
    settings.BACKOFF_FIRST_SECONDS, settings.WEBHOOK_BACKOFF_MOST_SECONDS = 1, 3600
    Webhook.objects.update(failures=40, failing_since=timezone.now())
    receiver.shows("/taken", error(500, "No."))
    ended(alice)
    failed_once(postman, webhook)
    assert webhook.rests_until < timezone.now() + timedelta(hours=1)
    assert webhook.failures == 41


def test_while_it_fails_one_try_goes_for_all_and_when_it_is_well_the_others_follow(
    webhook, postman, receiver, alice
):
    Webhook.objects.update(failures=1, failing_since=timezone.now())
    receiver.shows("/taken", error(503, "Later."))
    for _ in range(20):
        ended(alice)
    webhook.deliveries.update(not_before=timezone.now() - timedelta(seconds=1))
    first = failed_once(postman, webhook)
    assert (len(receiver.calls), webhook.failures) == (1, 2)
    assert not webhook.deliveries.filter(not_before__lt=webhook.rests_until).exists()
    receiver.shows("/taken", reply(200, b""))
    other = webhook.deliveries.exclude(pk=first.pk).first()
    webhook.deliveries.filter(pk=other.pk).update(not_before=timezone.now())
    others = webhook.deliveries.exclude(pk=first.pk)
    assert {one.state for one in delivered(postman, others)} == {"delivered"}
    assert len(receiver.calls) == 20


def test_410_pauses_it_with_words_and_gives_up_what_waits(webhook, postman, receiver, alice):
    receiver.shows("/taken", error(410, "Gone."))
    waiting = ended(alice)
    webhook.deliveries.update(not_before=timezone.now() + timedelta(hours=1))
    ended(alice)
    delivered(postman, webhook.deliveries)
    webhook.refresh_from_db()
    assert webhook.paused
    assert "410" in webhook.why
    assert {one.state for one in webhook.deliveries.all()} == {"given_up"}
    assert "paused" in webhook.deliveries.get(description=waiting.pk).error
    ended(alice)
    assert webhook.deliveries.count() == 2


def test_one_that_fails_for_days_is_paused_with_words_and_a_test_that_arrives_opens_it(
    webhook, postman, receiver, alice
):
    receiver.shows("/taken", error(502, "No."))
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=4), failures=80)
    ended(alice)
    (one,) = delivered(postman, webhook.deliveries)
    webhook.refresh_from_db()
    assert "three days" in webhook.why and "502" in webhook.why
    assert one.state == "given_up"
    test = webhook.test()
    assert webhook.test() == test
    (_, one) = delivered(postman, webhook.deliveries)
    assert (one.state, one.http_status, one.tries) == ("given_up", 502, 1)
    webhook.refresh_from_db()
    assert webhook.paused
    receiver.shows("/taken", reply(200, b""))
    webhook.test()
    delivered(postman, webhook.deliveries)
    webhook.refresh_from_db()
    assert (webhook.paused, webhook.why, webhook.failures) == (None, "", 0)
    assert told(receiver.calls[-1])["event"] == "webhook.test"
    assert told(receiver.calls[-1])["description"] is None


def test_after_a_day_it_is_given_up_and_after_a_month_forgotten(webhook, alice):
    ended(alice)
    webhook.deliveries.update(created=timezone.now() - timedelta(hours=25))
    upkeep.tidy()
    assert webhook.deliveries.get().state == "given_up"
    webhook.deliveries.update(created=timezone.now() - timedelta(days=31))
    ended(alice)
    upkeep.tidy()
    assert webhook.deliveries.get().state == "pending"


@pytest.mark.slow
def test_a_slow_receiver_holds_up_nobody(webhook, postman, receiver, alice, bob):
    gate = threading.Event()
    receiver.shows("/slow", held(gate, reply(200, b"")))
    Webhook.objects.update(url=receiver.at("/slow"))
    others = Webhook.issue(bob, receiver.at("/taken"))
    for _ in range(30):
        ended(alice)
    for _ in range(10):
        ended(bob)
    delivered(postman, others.deliveries)
    assert len([call for call in receiver.calls if call.path == "/slow"]) == EACH
    gate.set()
    assert {one.tries for one in delivered(postman, webhook.deliveries)} == {1}


@pytest.mark.slow
def test_two_workers_never_deliver_one_at_once(webhook, receiver, alice, bob, boss):
    people = [alice, bob, boss]
    for person in people[1:]:
        Webhook.issue(person, receiver.at("/taken"))
    for number in range(60):
        ended(people[number % 3])
    first, second = Postman(), Postman()
    threads = [threading.Thread(target=worker, args=(one,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    numbers = [told(call)["delivery"] for call in receiver.calls]
    assert sorted(numbers) == sorted(WebhookDelivery.objects.values_list("pk", flat=True))
    assert set(WebhookDelivery.objects.values_list("state", "tries")) == {("delivered", 1)}


def worker(postman):
    """A thread with a connection of its own that delivers until nothing is left."""
    delivered(postman, WebhookDelivery.objects.all())
    connection.close()


def test_a_claim_of_a_worker_that_died_ends_and_its_late_outcome_counts_no_more(webhook, alice):
    ended(alice)
    one = WebhookDelivery.objects.due().get()
    assert one.claim(30)
    assert not WebhookDelivery.objects.due().exists()
    assert not WebhookDelivery.objects.get().claim(30)
    webhook.deliveries.update(not_before=timezone.now() - timedelta(seconds=1))
    other = WebhookDelivery.objects.due().get()
    assert other.claim(30)
    assert not one.arrive(200)
    assert other.arrive(200)
    assert webhook.deliveries.get().tries == 2


def test_at_a_start_what_was_under_way_goes_again_at_once(webhook, alice):
    ended(alice)
    ended(alice)
    claimed, waiting = WebhookDelivery.objects.due()
    assert claimed.claim(30) and waiting.claim(30)
    waiting.put_off(timezone.now() + timedelta(hours=1), "No.", 500)
    assert WebhookDelivery.objects.hand_back() == 1
    assert WebhookDelivery.objects.due().get() == claimed


def test_a_description_that_was_deleted_is_not_told_and_its_delivery_says_so(
    webhook, postman, receiver, alice
):
    ended(alice).delete()
    (one,) = delivered(postman, webhook.deliveries)
    assert (one.state, receiver.calls) == ("given_up", [])
    assert "deleted" in one.error


def test_a_webhook_that_was_removed_meanwhile_leaves_nothing(webhook, postman, receiver, alice):
    gate = threading.Event()
    receiver.shows("/taken", held(gate, reply(200, b"")))
    ended(alice)
    until(lambda: (postman.deliver(), receiver.calls)[1], "it is under way")
    webhook.delete()
    gate.set()
    until(lambda: (postman.deliver(), not postman.under_way)[1], "it is back")
    assert WebhookDelivery.objects.count() == 0


ADDRESSES = ["127.0.0.2", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.2]", "127.2", "0x7f000002"]


@pytest.mark.parametrize("host", ADDRESSES)
def test_a01_a06_a21_an_address_inside_is_never_connected_to(host, webhook, postman, receiver, alice):
    Webhook.objects.update(url=receiver.at("/taken", host))
    ended(alice)
    with CONNECTIONS as connected:
        one = failed_once(postman, webhook)
    assert (connected, one.http_status) == ([], None)
    assert "must begin with https:// or http:// and lead to a public address" in one.error


def test_a09_a_redirect_inside_is_not_followed(webhook, postman, receiver, alice):
    receiver.shows("/taken", redirect(f"http://{INSIDE}:{receiver.port}/"))
    ended(alice)
    with CONNECTIONS as connected:
        failed_once(postman, webhook)
    assert connected == [(receiver.host, receiver.port)]


def test_told_to_stop_it_waits_for_what_is_under_way_and_starts_nothing(webhook, postman, receiver, alice):
    postman.finish()
    ended(alice)
    postman.deliver()
    assert (receiver.calls, webhook.deliveries.get().state) == ([], "pending")


def test_x29_neither_secret_nor_path_is_in_the_log(webhook, postman, receiver, alice, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="describer")  # whatever a test before has set
    ended(alice)
    delivered(postman, webhook.deliveries)
    assert f"delivery {webhook.deliveries.get().pk} to 127.0.0.1: 204" in caplog.text
    assert webhook.secret not in caplog.text
    assert "/taken" not in caplog.text
    assert webhook.secret not in f"{webhook!r} {webhook}"
