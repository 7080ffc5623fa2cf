"""Workers tell of themselves, wait for a database of another version, and outlive one that is away."""

import logging
import threading

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from describer import __version__, tasks, upkeep
from describer.db import version
from describer.engine.queue import process
from describer.engine.queue.rounds import Round
from describer.models import Description, Worker
from tests.rows import make_description
from tests.site import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def later(db):
    """The database has had a migration that this program does not know."""
    rows = MigrationRecorder.Migration.objects
    row = rows.create(app="describer", name="9999_later")
    yield row
    rows.filter(pk=row.pk).delete()
    upkeep.behind.look()


def test_a_heartbeat_is_one_update_of_the_workers_row(django_assert_num_queries, settings):
    settings.WORKER_CONCURRENCY = 7
    upkeep.beat()
    first = Worker.objects.get()
    assert (first.name, first.version, first.slots, first.running) == (upkeep.NAME, __version__, 7, 0)
    process.leases.take("token", 1)
    # Leases, the worker's row, and which migrations there are (2); PostgreSQL looks first which leases nobody writes.
    with django_assert_num_queries({"sqlite": 4, "postgresql": 6}[connection.vendor]):
        upkeep.beat()
    process.leases.drop("token")
    second = Worker.objects.get()
    assert (second.running, second.started) == (1, first.started)
    assert second.beat > first.beat
    assert Worker.objects.alive().exists()


def test_workers_that_are_gone_for_a_day_are_forgotten(settings, sandbox):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    Worker.tell("old:1")
    Worker.objects.update(beat="2026-01-01T00:00Z")
    Worker.tell("young:1")
    upkeep.tidy()
    assert [worker.name for worker in Worker.objects.all()] == ["young:1"]


def test_an_embedded_site_knows_no_worker_but_itself(sandbox):
    Worker.tell("before:1")
    upkeep.beat()
    upkeep.tidy()
    assert [worker.name for worker in Worker.objects.all()] == [upkeep.NAME]


def test_p20_beside_a_newer_database_nothing_is_taken_and_the_migration_is_named(
    later, alice, sandbox, caplog
):
    row = make_description(alice)
    upkeep.beat()
    tasks.work()
    assert Description.objects.get(pk=row.pk).status == "queued"
    assert "9999_later, which this version does not know" in caplog.text
    later.delete()
    upkeep.beat()
    assert upkeep.behind.how == ""


def test_p20_a_worker_waits_for_an_older_database(later, caplog, monkeypatch):
    monkeypatch.setattr(upkeep, "BEHIND_SECONDS", 0.01)
    waiting = threading.Thread(target=upkeep.wait_for_database)
    waiting.start()
    until(lambda: "9999_later" in caplog.text, "it says why it waits")
    assert waiting.is_alive()
    later.delete()
    waiting.join(10)
    assert not waiting.is_alive()
    assert caplog.text.count("9999_later") == 1


def test_p20_a_missing_migration_is_named(db):
    rows = MigrationRecorder.Migration.objects.filter(app="describer")
    last = rows.order_by("name").last()
    rows.filter(pk=last.pk).delete()
    assert version.mismatch() == f"the database lacks {last.name}; `manage.py up` makes it"
    rows.create(app="describer", name=last.name)
    assert version.mismatch() == ""


def test_p15_a_database_that_is_away_ends_no_round_and_costs_one_line_each_time(settings, caplog):
    settings.SWEEP_SECONDS = 0.01
    beats = []

    def lose() -> None:
        beats.append(1)
        raise OperationalError("the connection is closed")

    rounds = Round("heartbeat", {lose: 0.01})
    with caplog.at_level(logging.WARNING):
        rounds.start()
        until(lambda: len(beats) > 3, "it goes on")
        rounds.ended.set()
        rounds.join(10)
    assert "lose waits for the database: the connection is closed" in caplog.text
    assert "Traceback" not in caplog.text
