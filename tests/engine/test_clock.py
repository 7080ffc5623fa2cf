"""Times that decide are the database's; a clock that is set, or that was wrong, costs no ask an hour."""

import io
import os
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.utils import timezone

from describer.db.clock import DatabaseClock, clock
from describer.engine.pipeline import run_next
from describer.engine.queue.gate import forget_storms, room
from describer.engine.queue.sweep import give_up_orphans, sweep
from describer.engine.submit import Ask, AskImage, keep_image, submit
from describer.models import Attempt, Description, Endpoint, Status, WebhookDelivery
from describer.models.webhook import Webhook
from describer.upkeep import probe
from tests.endpoint import rate_limited
from tests.images.pictures import photo
from tests.rows import make_description
from tests.site import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked_endpoint")]
HOUR = timedelta(hours=1)


@pytest.fixture
def set_clock():
    """Set the database's clock by so many seconds: what this process reckons by is then ahead or behind by as much."""
    clock.look()
    yield lambda seconds: setattr(clock, "ahead", clock.ahead - seconds)
    clock.look()


@pytest.fixture
def row(alice):
    image = keep_image(alice, io.BytesIO(photo(64, 48)), "boat.jpg")
    return submit(Ask(owner=alice, question="What is it?", pictures=[AskImage(image, "boat.jpg")]))[0]


def ahead(moment):
    """Return by how many seconds a time lies ahead."""
    return (moment - timezone.now()).total_seconds()


def test_the_databases_time_is_reckoned_without_asking_each_time(db, django_assert_num_queries):
    mine = DatabaseClock()
    with django_assert_num_queries(1):
        assert abs(ahead(mine.now())) < 1
        before = mine.now()
        until(lambda: mine.now() > before, "it goes on", seconds=1)


def slowly(execute, *statement):
    time.sleep(0.5)
    return execute(*statement)


def test_a_connection_that_is_slow_to_open_puts_no_clock_ahead(db):
    def dawdle(**_):
        time.sleep(0.5)

    connection.close()
    connection_created.connect(dawdle)
    try:
        assert abs(ahead(DatabaseClock().now())) < 0.25
    finally:
        connection_created.disconnect(dawdle)


def test_a_quick_look_at_the_clock_wins_over_a_slow_one(db):
    mine = DatabaseClock()
    with connection.execute_wrapper(slowly):
        mine.look()
        rough = mine.ahead
    assert mine.look() == 0
    exact = mine.ahead
    assert 0.4 < rough - exact < 2
    assert abs(ahead(mine.now())) < 0.25
    with connection.execute_wrapper(slowly):
        assert mine.look() == 0
    assert mine.ahead == exact


def test_a_more_exact_look_does_not_set_the_time_back(db):
    mine = DatabaseClock()
    with connection.execute_wrapper(slowly):
        before = mine.now()
    mine.look()
    assert mine.now() >= before
    mine.ahead -= 3600  # it was set, though
    assert mine.now() < before


def test_a_clock_that_drifts_is_followed_without_a_word(db, caplog):
    mine = DatabaseClock()
    mine.look()
    mine.ahead -= 0.3
    assert mine.look() == 0
    assert abs(ahead(mine.now())) < 0.25
    assert not caplog.records


def test_no_answer_is_done_before_it_was_sent(row, endpoint):
    clock.look()
    assert run_next()
    row.refresh_from_db()
    attempt = Attempt.objects.get()
    assert row.created <= attempt.sent <= attempt.answered
    assert attempt.sent <= row.finished


@pytest.mark.skipif("TESTS_DATABASE_URL" in os.environ, reason="a server's clock is not this machine's")
@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_ff03_a_clock_that_is_set_while_a_time_is_waited_for_moves_the_time(
    row, endpoint, set_clock, seconds
):
    endpoint.then(rate_limited(30))
    set_clock(seconds)
    assert run_next()
    row.refresh_from_db()
    assert abs(ahead(row.not_before) + seconds) < 60  # as it was reckoned before
    sweep()
    row.refresh_from_db()
    assert row.status == Status.WAITING
    assert 20 < ahead(row.not_before) < 60


def test_ff03_a_time_that_is_further_ahead_than_any_wait_is_not_believed(alice, asked_endpoint):
    row = make_description(alice, status=Status.WAITING, not_before=timezone.now() + HOUR)
    soon = make_description(alice, status=Status.WAITING, not_before=timezone.now() + timedelta(minutes=2))
    sweep()
    for one in (row, soon):
        one.refresh_from_db()
    assert (row.status, soon.status) == (Status.QUEUED, Status.WAITING)


def test_ff03_a_gate_that_is_shut_for_longer_than_a_gate_is_lets_asks_through(asked_endpoint):
    Endpoint.objects.update(gate_width=3, gate_opens=timezone.now() + HOUR)
    asked_endpoint.refresh_from_db()
    with transaction.atomic():
        assert room(asked_endpoint, 2) == 2
    Endpoint.objects.update(gate_opens=timezone.now() + timedelta(minutes=1))
    with transaction.atomic():
        assert room(asked_endpoint, 2) == 0


def test_ff03_a_storm_that_is_still_to_come_is_forgotten(asked_endpoint):
    Endpoint.objects.update(gate_width=3, gate_narrowed=timezone.now() + HOUR)
    assert forget_storms() == 1


def test_ff03_a_lease_that_lasts_longer_than_a_lease_is_taken_back(alice, settings):
    settings.HEARTBEAT_SECONDS = 0
    until = timezone.now() + HOUR
    row = make_description(alice, status=Status.RUNNING, lease_token="of the dead", lease_until=until)
    for _ in range(3):
        sweep()
    row.refresh_from_db()
    assert (row.status, row.lease_token) == (Status.QUEUED, "")


def test_ff03_a_call_is_sent_by_the_databases_clock(row, endpoint, set_clock):
    set_clock(-3600)
    assert run_next()
    attempt = Attempt.objects.get()
    assert 3500 < ahead(attempt.sent) < 3700
    assert 0 <= attempt.seconds < 60
    assert give_up_orphans() == 0


def test_ff03_a_delivery_further_ahead_than_any_rest_goes_now(alice):
    webhook = Webhook.issue(alice, "https://example.org/")
    late = webhook.deliveries.create(description=1, not_before=timezone.now() + 3 * HOUR)
    webhook.deliveries.create(description=2, not_before=timezone.now() + HOUR)
    assert [one.pk for one in WebhookDelivery.objects.due()] == [late.pk]
    assert late.claim(30)


def test_ff03_a_probe_further_ahead_than_a_probe_is_made_now(row, asked_endpoint, endpoint):
    Endpoint.objects.update(paused_code="bad_key", next_probe=timezone.now() + HOUR)
    probe(Endpoint.objects.get(pk=asked_endpoint.pk))
    assert Endpoint.objects.get(pk=asked_endpoint.pk).paused_code == ""
    assert Description.objects.get(pk=row.pk).status == Status.QUEUED
