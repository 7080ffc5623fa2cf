"""The database away, hanging or locked (P14, P15): pages say so, and what was paid is held until it is written."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.endpoint import ScriptedEndpoint, answer, held
from tests.images.pictures import photo
from tests.outside.cluster import QUICK, asking
from tests.outside.database import Database
from tests.site import Site, Worker, until

pytestmark = pytest.mark.site
PICTURE = photo(64, 48)


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted, cluster):
    folder = tmp_path_factory.mktemp("database")
    with cluster.site(folder, scripted, GRACE_SECONDS="1") as started, Worker(started) as worker:
        started.worker = worker
        until(lambda: requests.get(f"{started.url}/readyz", timeout=10).ok, "it is ready")
        yield started


def in_flight(site, scripted, question):
    """An ask whose call is at the endpoint: its id, and the gate that lets the reply go."""
    gate = threading.Event()
    scripted.then(held(gate, answer("Paid.", usage=(10, 5, 15))))
    number = site.ask(PICTURE, question=question)["id"]
    until(lambda: scripted.in_flight == 1, "the call is at the endpoint")
    return number, gate


def submitted(site, seconds=30):
    return requests.post(
        f"{site.url}/api/descriptions",
        headers=site.bearer,
        files={"image": ("picture.jpg", PICTURE)},
        data={"question": "Taken?"},
        timeout=seconds,
    )


@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_p15_while_the_database_is_away_pages_say_so_and_a_paid_reply_is_held(site, scripted, cluster, how):
    person = site.login()
    number, gate = in_flight(site, scripted, f"Database {how}?")
    with getattr(cluster.postgres, how)(), ThreadPoolExecutor() as pool:
        gate.set()
        replies = [
            pool.submit(person.get, f"{site.url}/history/", timeout=30),
            pool.submit(submitted, site),
            pool.submit(requests.get, f"{site.url}/readyz", timeout=10),
        ]
        assert requests.get(f"{site.url}/healthz", timeout=5).ok
        page, taken, ready = (reply.result() for reply in replies)
    assert (page.status_code, taken.status_code, ready.status_code) == (503, 503, 503)
    assert "The site is busy" in page.text
    assert "Describer" in page.text
    assert taken.json()["error"]["code"] == "busy"
    assert int(taken.headers["retry-after"]) > 0
    assert "database" in ready.json()["problems"]
    described = site.finished(number)
    assert [(one["state"], one["usage"]["total_tokens"]) for one in described["attempts"]] == [
        ("answered", 15)
    ]
    until(lambda: person.get(f"{site.url}/history/", timeout=30).ok, "pages are there again")
    assert site.finished(submitted(site).json()["id"])["status"] == "done"


def test_p06_p15_told_to_stop_while_the_database_hangs_a_worker_leaves_in_time(site, scripted, cluster):
    number, gate = in_flight(site, scripted, "Stopped?")
    with cluster.postgres.hanging():
        assert site.worker.stop(15) == 0
    gate.set()
    site.worker.start()
    assert [one["state"] for one in site.finished(number)["attempts"]] == ["unknown", "answered"]


def test_p14_while_sqlite_is_locked_asks_are_told_to_come_again_and_a_paid_reply_is_held(tmp_path, scripted):
    with Site(tmp_path, SQLITE_WAIT_SECONDS="1", **(QUICK | asking(scripted))) as site:
        person = site.login()
        number, gate = in_flight(site, scripted, "Locked?")
        with Database(site).locked():
            gate.set()
            refused = submitted(site)
            token = {"csrfmiddlewaretoken": person.cookies["csrftoken"]}
            page = person.post(f"{site.url}/descriptions/{number}/cancel/", data=token, timeout=30)
            assert person.get(f"{site.url}/history/", timeout=30).ok
            assert site.description(number)["status"] == "running"
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert (page.status_code, "The site is busy" in page.text) == (503, True)
        described = site.finished(number)
        assert [(one["state"], one["usage"]["total_tokens"]) for one in described["attempts"]] == [
            ("answered", 15)
        ]
        assert len([call for call in scripted.calls if "Locked?" in str(call.body)]) == 1
        assert site.finished(submitted(site).json()["id"])["status"] == "done"


@pytest.mark.parametrize("seconds", [0, 2])
def test_ff15_no_page_meets_a_dead_connection_once_the_database_is_back(site, cluster, seconds):
    person = site.login()
    paths = ("/", "/history/", "/usage/")

    def status(path):
        return person.get(site.url + path, timeout=30).status_code

    with ThreadPoolExecutor(12) as many:
        assert set(many.map(status, paths * 8)) == {200}  # so that the pool is full
    with cluster.postgres.stopped():
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            status("/history/")
    assert [status(path) for path in paths * 4] == [200] * 12
    with ThreadPoolExecutor(12) as many:
        assert set(many.map(status, paths * 8)) == {200}
