"""For whoever watches the site: alive, and able to do its work."""

import pytest

from describer import upkeep
from describer.models import Worker
from describer.ops.monitoring import checks

pytestmark = pytest.mark.django_db(transaction=True)


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
