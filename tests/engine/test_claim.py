"""Claims, leases and the sweep."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from describer.engine.queue import hand_all_back, next_turn, process
from describer.engine.queue.claim import claim_up_to
from describer.engine.queue.lease import Suspects
from describer.engine.queue.sweep import hand_back, sweep, wake
from describer.models import Attempt, Description, Endpoint, Lane, Status
from tests.rows import make_attempt, make_description

pytestmark = pytest.mark.usefixtures("sandbox")


def test_a_claim_runs_under_a_lease_with_a_token_and_an_end(alice):
    row = make_description(alice)
    run = process.claim()
    process.leases.drop(run.token)
    row.refresh_from_db()
    assert (row.status, row.lease_token) == (Status.RUNNING, run.token)
    assert timedelta(seconds=25) < row.lease_until - timezone.now() < timedelta(seconds=35)


def test_nothing_is_claimed_while_the_process_is_stopping(alice):
    make_description(alice)
    process.leases.stopping.set()
    try:
        assert process.claim() is None
    finally:
        process.leases.stopping.clear()


def test_p16_nothing_is_claimed_while_a_reply_cannot_be_written(alice):
    make_description(alice)
    with process.leases.unable_to_write():
        assert process.claim() is None
        assert process.leases.idle_slots() == 0
    run = process.claim()
    assert run is not None
    process.leases.drop(run.token)


def test_what_waits_is_not_claimed(alice):
    make_description(alice, status=Status.WAITING, not_before=timezone.now() + timedelta(hours=1))
    assert process.claim() is None


def test_what_is_due_is_queued_with_the_turn_it_had(alice):
    due = make_description(
        alice, status=Status.WAITING, not_before=timezone.now() - timedelta(seconds=1), turn=7
    )
    make_description(alice, status=Status.WAITING, not_before=None)
    assert wake() == 1
    due.refresh_from_db()
    assert (due.status, due.turn) == (Status.QUEUED, 7)


def test_the_heartbeat_extends_the_leases_of_this_process_alone(alice):
    soon = timezone.now() + timedelta(seconds=1)
    mine = make_description(alice, status=Status.RUNNING, lease_token="mine", lease_until=soon)
    other = make_description(alice, status=Status.RUNNING, lease_token="other", lease_until=soon)
    process.leases.take("mine", mine.pk)
    try:
        assert process.leases.extend() == 1
    finally:
        process.leases.drop("mine")
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.lease_until > soon + timedelta(seconds=20)
    assert other.lease_until == soon


def test_p17_a_lease_is_taken_back_only_when_it_stays_expired_for_longer_than_a_heartbeat(settings):
    settings.HEARTBEAT_SECONDS = 0
    suspects, now = Suspects(), timezone.now()
    lease, extended = ("token", now), ("token", now + timedelta(seconds=3))
    assert suspects.ripe([lease]) == set()
    assert suspects.ripe([]) == set()
    assert suspects.ripe([lease]) == set()
    assert suspects.ripe([extended]) == set()
    assert suspects.ripe([extended]) == {"token"}


def test_p14_a_process_never_takes_back_what_it_holds_itself(alice, settings):
    settings.HEARTBEAT_SECONDS = 0
    past = timezone.now() - timedelta(hours=1)
    mine = make_description(alice, status=Status.RUNNING, lease_token="mine", lease_until=past)
    other = make_description(alice, status=Status.RUNNING, lease_token="other", lease_until=past)
    process.leases.take("mine", mine.pk)
    try:
        for _ in range(3):
            sweep()
    finally:
        process.leases.drop("mine")
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.status, other.status) == (Status.RUNNING, Status.QUEUED)


def test_p17_a_clock_that_jumps_by_an_hour_takes_no_lease_from_a_worker_that_is_well(alice, settings):
    hour = timedelta(hours=1)
    for jump in (-hour, hour):
        row = make_description(
            alice, status=Status.RUNNING, lease_token=f"{jump}", lease_until=timezone.now() + jump
        )
        process.leases.take(row.lease_token, row.pk)
        try:
            sweep()
            process.leases.extend()
            settings.HEARTBEAT_SECONDS = 0
            sweep()
        finally:
            process.leases.drop(row.lease_token)
        row.refresh_from_db()
        assert row.status == Status.RUNNING
        assert abs(row.lease_until - timezone.now()) < timedelta(seconds=40)


def test_p04_a_dead_run_is_queued_again_and_its_open_call_becomes_unknown(alice):
    row = make_description(alice, status=Status.RUNNING, lease_token="dead")
    call = make_attempt(row)
    assert hand_back({row.pk: "dead"})
    row.refresh_from_db()
    call.refresh_from_db()
    assert (row.status, row.lease_token) == (Status.QUEUED, "")
    assert (call.state, call.billed) == (Attempt.State.UNKNOWN, Attempt.Billed.UNKNOWN)
    assert "may have been billed" in call.error_message


def test_p13_a_run_that_lost_its_lease_changes_nothing(alice):
    row = make_description(alice, status=Status.RUNNING, lease_token="newer")
    assert not row.run_to("older", Status.DONE)
    row.refresh_from_db()
    assert row.status == Status.RUNNING


def test_at_the_start_of_the_only_process_everything_goes_back(alice):
    running = make_description(alice, status=Status.RUNNING, lease_token="one")
    cancelled = make_description(alice, status=Status.CANCELLED, lease_token="two")
    make_attempt(running)
    make_attempt(cancelled)
    assert hand_all_back()() == 2
    running.refresh_from_db()
    cancelled.refresh_from_db()
    assert (running.status, cancelled.status) == (Status.QUEUED, Status.CANCELLED)
    assert set(Attempt.objects.values_list("state", flat=True)) == {Attempt.State.UNKNOWN}


@pytest.mark.django_db(transaction=True)
def test_p12_of_many_that_reach_for_one_row_one_wins(alice):
    Endpoint.from_environment()
    rows = {make_description(alice, turn=turn).pk for turn in range(40)}

    def reach(_):
        try:
            run = process.claim()
            return run and run.description.pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(reach, range(60)))
    process.leases.held.clear()
    assert sorted(filter(None, taken)) == sorted(rows)


def test_a_claim_serves_all_threads_that_stand_in_line(alice):
    rows = [make_description(alice, turn=turn) for turn in range(6)]
    taken = claim_up_to(4)
    assert [run.description.pk for run in taken] == [row.pk for row in rows[:4]]
    assert len({run.token for run in taken}) == 4
    for run in taken:
        process.leases.drop(run.token)
        kept = Description.objects.get(pk=run.description.pk)
        assert (kept.status, kept.lease_token) == (Status.RUNNING, run.token)


@pytest.mark.slow
def test_one_persons_thousands_let_anothers_first_ask_pass(alice, bob):
    rows = [{"owner": alice, "question": "?", "model": "m", "turn": turn} for turn in range(5000)]
    Description.objects.bulk_create(Description(endpoint=Endpoint.default(), **row) for row in rows)
    for run in claim_up_to(64):
        process.leases.drop(run.token)
    single = make_description(bob, turn=next_turn(bob, Lane.INTERACTIVE))
    following = [run.description for run in claim_up_to(2)]
    process.leases.held.clear()
    assert single in following
