"""For whoever watches the site: alive, and able to do its work."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from describer import upkeep
from describer.management.doctor.examine import the_workers
from describer.management.doctor.findings import WRONG
from describer.management.doctor.keeping import the_storage
from describer.models import Worker
from describer.ops.monitoring import checks

pytestmark = pytest.mark.django_db(transaction=True)
READ_ONLY = {"sqlite": "PRAGMA query_only = {}", "postgresql": "SET default_transaction_read_only = {}"}


def problems(client):
    reply = client.get("/readyz")
    assert reply.status_code == (503 if reply.json()["problems"] else 200)
    assert reply.json()["ready"] == (reply.status_code == 200)
    return reply.json()["problems"]


def test_healthz_is_plain(client):
    reply = client.get("/healthz")
    assert (reply.status_code, reply.content) == (200, b"ok\n")
    assert client.post("/healthz").status_code == 405


def test_with_a_worker_all_is_ready(client, alice):
    upkeep.beat()
    assert problems(client) == {}


def test_without_a_worker_it_says_so(client, alice):
    assert problems(client) == {"worker": "none has had a heartbeat lately"}
    upkeep.beat()
    upkeep.sign_off()
    assert problems(client) == {"worker": "none has had a heartbeat lately"}


def test_a_worker_that_had_no_heartbeat_for_a_quarter_of_a_minute_is_not_alive(client, alice):
    upkeep.beat()
    Worker.objects.update(beat="2026-01-01T00:00Z")
    assert "worker" in problems(client)


def test_a_broker_that_is_away_is_said(client, alice, settings):
    upkeep.beat()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert problems(client) == {"broker": "cannot be reached"}


def test_a_folder_that_is_not_there_is_said(client, alice, settings, tmp_path):
    upkeep.beat()
    settings.DATA_DIR = tmp_path / "gone"
    assert problems(client) == {"storage": "cannot be written", "disk": "could not be looked at"}


def test_u71_a_full_disk_is_said(client, alice, monkeypatch):
    upkeep.beat()
    monkeypatch.setattr(checks, "LEAST_FREE", 2**80)
    assert problems(client) == {"disk": "is full"}


def test_both_answer_before_there_is_any_account(client):
    assert client.get("/healthz").status_code == 200
    assert set(problems(client)) == {"worker"}


def placed(folder):
    """A folder of pictures that cannot be written: a file lies in its place, which stops root, too."""
    path = Path(default_storage.path(folder))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


@pytest.mark.parametrize("folder", ["originals", "thumbnails", "sent"])
def test_ff21_a_folder_of_pictures_that_cannot_be_written_is_said_by_readyz_and_doctor(client, alice, folder):
    upkeep.beat()
    path = placed(folder)
    assert problems(client) == {"storage": "cannot be written and read: Not a directory"}
    assert [one.what for one in the_storage() if one.mark == WRONG][0].endswith("Not a directory")
    path.unlink()
    assert problems(client) == {}


def test_ff21_looking_leaves_no_file_and_is_not_done_for_each_question(client, alice):
    upkeep.beat()
    assert problems(client) == {}
    folder = Path(default_storage.path(""))
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    before = folder.stat().st_ctime_ns, sorted(path.stat().st_mtime_ns for path in folder.rglob("*"))
    for _ in range(20):
        assert problems(client) == {}
    assert before == (
        folder.stat().st_ctime_ns,
        sorted(path.stat().st_mtime_ns for path in folder.rglob("*")),
    )


def test_ff21_a_database_that_takes_no_writes_is_said(client, alice):
    upkeep.beat()
    with connection.cursor() as cursor:
        cursor.execute(READ_ONLY[connection.vendor].format("on"))
    try:
        assert checks.database() == "takes no writes now"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(READ_ONLY[connection.vendor].format("off"))
    assert problems(client) == {}


def test_ff21_a_database_of_another_version_is_said_and_its_worker_takes_nothing(client, alice):
    recorder = MigrationRecorder(connection)
    recorder.record_applied("describer", "9999_newer")
    upkeep.beat()
    try:
        told = problems(client)
        assert "9999_newer" in told["migrations"]
        assert told["worker"].startswith("none takes asks")
        assert any(one.mark == WRONG and "another version" in one.what for one in the_workers())
    finally:
        recorder.record_unapplied("describer", "9999_newer")
        upkeep.beat()
    assert problems(client) == {}
