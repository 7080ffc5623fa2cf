"""The gate: a "later" seen by one ask slows all asks of that endpoint, and the admin's limits."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from describer.db.clock import clock
from describer.db.statements import bound
from describer.engine import queue
from describer.engine.queue import gate, process
from describer.engine.queue.claim import claim_up_to
from describer.engine.queue.sweep import sweep
from describer.models import Attempt, Description, Endpoint, Status
from describer.models.endpoint import WIDE
from describer.models.statements import (
    COUNT_CALLS,
    COUNT_OPEN_CALLS,
    COUNT_RUNNING,
    SUM_TOKENS,
    select_next_of,
)
from tests.rows import make_attempt, make_description

State = Attempt.State


@pytest.fixture
def scripted(db):
    """An endpoint that is no sandbox."""
    Endpoint.from_environment()
    return Endpoint.objects.create(name="scripted", base_url="http://127.0.0.1:9/v1", default_model="m")


@pytest.fixture(autouse=True)
def nothing_held():
    yield
    process.leases.held.clear()


def rows(owner, endpoint, count, **values):
    return [make_description(owner, endpoint=endpoint, **values) for _ in range(count)]


def running(owner, endpoint, count):
    """Runs under way, each with its call sent."""
    values = {"status": Status.RUNNING, "lease_until": Now() + timedelta(minutes=1)}
    made = [make_description(owner, endpoint=endpoint, lease_token=f"t{n}", **values) for n in range(count)]
    return [make_attempt(one) for one in made]


def fresh(endpoint):
    return Endpoint.objects.get(pk=endpoint.pk)


def open_now(endpoint):
    Endpoint.objects.filter(pk=endpoint.pk).update(gate_opens=None)


def claimed(most=100):
    return len(claim_up_to(most))


def test_a_wide_gate_lets_all_through(alice, scripted):
    rows(alice, scripted, 5)
    assert claimed() == 5


def test_a_refusal_shuts_the_gate_for_as_long_as_told(alice, scripted):
    calls = running(alice, scripted, 4)
    gate.narrow(scripted, calls[0], 30)
    rows(alice, scripted, 5)
    assert claimed() == 0
    open_now(scripted)
    assert claimed() == 0, "four are under way, two may be"


def test_a_gate_halves_once_for_each_storm(alice, scripted):
    calls = running(alice, scripted, 64)
    for call in calls:
        gate.narrow(scripted, call, 1)
    assert fresh(scripted).gate_width == 32
    later = make_attempt(make_description(alice, endpoint=scripted), sent=clock.now())
    gate.narrow(scripted, later, 1)
    assert fresh(scripted).gate_width == 16


def test_a_gate_never_shuts_for_good(alice, scripted):
    for _ in range(10):
        gate.narrow(scripted, make_attempt(make_description(alice, endpoint=scripted), sent=clock.now()), 0)
    open_now(scripted)
    assert fresh(scripted).gate_width == 1
    assert claimed() == 1


def test_answers_widen_it_by_one_up_to_the_threshold_and_by_one_a_round_beyond(alice, scripted):
    gate.narrow(scripted, running(alice, scripted, 64)[0], 1)
    for _ in range(3):
        gate.narrow(scripted, make_attempt(make_description(alice, endpoint=scripted), sent=clock.now()), 1)
    narrow = fresh(scripted)
    assert (narrow.gate_width, narrow.gate_threshold) == (4, 32)
    for _ in range(28):
        queue.widen(fresh(scripted))
    assert fresh(scripted).gate_width == 32
    for _ in range(33):
        queue.widen(fresh(scripted))
    assert 32.9 < fresh(scripted).gate_width < 33.1


def test_a_longer_retry_after_is_not_shortened_by_a_shorter_one(alice, scripted):
    calls = running(alice, scripted, 2)
    gate.narrow(scripted, calls[0], 60)
    gate.narrow(scripted, calls[1], 1)
    assert (fresh(scripted).gate_opens - timezone.now()).total_seconds() > 50


def test_a_gate_is_wide_again_ten_minutes_after_the_last_refusal(alice, scripted, settings):
    gate.narrow(scripted, running(alice, scripted, 8)[0], 1)
    assert gate.forget_storms() == 0
    settings.STORM_SECONDS = -1
    assert gate.forget_storms() == 1
    assert {name: getattr(fresh(scripted), name) for name in WIDE} == WIDE


def test_asks_behind_a_shut_gate_hold_up_no_other_endpoint(alice, scripted):
    gate.narrow(scripted, running(alice, scripted, 2)[0], 60)
    rows(alice, scripted, 3)
    open_row = make_description(alice, turn=9)
    taken = claim_up_to(10)
    assert [run.description for run in taken] == [open_row]


def test_no_more_calls_are_under_way_than_the_admin_allows(alice, scripted):
    Endpoint.objects.filter(pk=scripted.pk).update(settings={"max_in_flight": 3})
    rows(alice, scripted, 5)
    assert claimed() == 3
    assert claimed() == 0


def test_requests_a_minute_count_what_was_sent_and_what_is_about_to_be(alice, scripted):
    Endpoint.objects.filter(pk=scripted.pk).update(settings={"requests_per_minute": 10})
    done = make_description(alice, endpoint=scripted, status=Status.DONE)
    for number in range(6):
        make_attempt(done, number=number + 1, state=State.ANSWERED)
    make_attempt(done, number=99, state=State.ANSWERED, sent=timezone.now() - timedelta(seconds=61))
    rows(alice, scripted, 9)
    assert claimed() == 4
    assert claimed() == 0


def test_tokens_a_minute_take_a_call_under_way_as_an_average_one(alice, scripted):
    Endpoint.objects.filter(pk=scripted.pk).update(settings={"tokens_per_minute": 1000})
    rows(alice, scripted, 9)
    done = make_description(alice, endpoint=scripted, status=Status.DONE)
    for number in range(5):
        make_attempt(done, number=number + 1, state=State.ANSWERED, total_tokens=100)
    assert claimed() == 5
    assert claimed() == 0


def test_the_sweep_rings_only_for_what_the_gate_lets_through(alice, scripted):
    gate.narrow(scripted, running(alice, scripted, 8)[0], 60)
    rows(alice, scripted, 20)
    assert bells(sweep) == 0
    Endpoint.objects.filter(pk=scripted.pk).update(gate_opens=None, gate_width=11)
    assert bells(sweep) == 3


def test_the_sweep_rings_for_others_than_those_that_lie_first_behind_a_shut_gate(alice, scripted):
    gate.narrow(scripted, running(alice, scripted, 2)[0], 60)
    rows(alice, scripted, process.leases.idle_slots())
    make_description(alice, turn=9)
    assert bells(sweep) == 1


@pytest.fixture
def built(monkeypatch):
    """The statements that Django builds from query sets."""
    statements, build = [], SQLCompiler.as_sql

    def counted(self, *args, **options):
        statements.append(self.query.model.__name__)
        return build(self, *args, **options)

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    return statements


@pytest.mark.parametrize(
    "limits", [{}, {"max_in_flight": 50}, {"requests_per_minute": 900, "tokens_per_minute": 10**6}]
)
def test_ff10_a_claim_behind_a_narrow_gate_builds_no_statement_anew(alice, scripted, limits, built):
    Endpoint.objects.filter(pk=scripted.pk).update(settings=limits)
    make_attempt(rows(alice, scripted, 1)[0], state=State.ANSWERED, total_tokens=5)
    gate.narrow(scripted, running(alice, scripted, 64)[0], 0)
    running_now = Description.objects.filter(status=Status.RUNNING)
    running_now.exclude(pk=running_now.first().pk).update(lease_token="", status=Status.DONE)
    open_now(scripted)
    rows(alice, scripted, 3)
    assert claimed(1) == 1
    narrow = fresh(scripted)
    queue.widen(narrow)
    built.clear()
    assert claimed(1) == 1
    queue.widen(narrow)
    assert built == []


def test_ff10_what_a_narrow_gate_looks_at_lies_in_an_index(db, scripted):
    scripted_by_name = {"name": scripted.name, "after": timezone.now(), "before": timezone.now()}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "description_next_of" in plan(select_next_of(64), endpoint=scripted.pk)
    assert "description_lease" in plan(COUNT_RUNNING, endpoint=scripted.pk)
    assert "attempt_open" in plan(COUNT_OPEN_CALLS, **scripted_by_name)
    for statement in (COUNT_CALLS, SUM_TOKENS):
        assert "attempt_sent" in plan(statement, **scripted_by_name)


def plan(statement, **values):
    """How the database goes about a statement."""
    sql, params, _ = statement.compiled(connection)
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}", bound(params, values, connection))
        return str(cursor.fetchall())


def bells(work):
    """How many task messages lie in the broker because of `work`."""
    channel = current_app.broker_connection().default_channel
    channel.queue_purge(current_app.conf.task_default_queue)
    work()
    return channel.queue_purge(current_app.conf.task_default_queue)
