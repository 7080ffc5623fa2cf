"""What whoever watches the site is told, and when: a database that hangs, workers and databases of other versions."""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import requests

from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import photo
from tests.outside.process import threads
from tests.site import Worker, until

pytestmark = pytest.mark.site
LATER = "9999_later"
TOKEN = "token-of-metrics"


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted, cluster):
    with cluster.site(
        tmp_path_factory.mktemp("watched"), scripted, LOG_FORMAT="json", METRICS_TOKEN=TOKEN
    ) as started:
        yield started


@pytest.fixture(scope="module")
def worker(site):
    with Worker(site) as started:
        until(lambda: requests.get(f"{site.url}/readyz", timeout=10).ok, "it is ready")
        yield started


@pytest.fixture
def rows(site):
    """A connection to the site's database."""
    with psycopg.connect(site.environment["DATABASE_URL"], autocommit=True) as connection:
        yield connection


def asked(site, path):
    """Status, body and seconds of a request."""
    began = time.monotonic()
    reply = requests.get(site.url + path, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    return reply.status_code, reply.text, time.monotonic() - began


def lines(process):
    """What it logged, as objects."""
    return [json.loads(line) for line in list(process.log) if line.startswith("{")]


def test_figures_of_a_process_that_serves_pages_are_those_of_the_workers(site, worker):
    number = site.finished(site.ask(photo(64, 48))["id"])["id"]
    text = asked(site, "/metrics")[1]
    assert 'describer_attempts_total{endpoint="endpoint",error="",state="answered"} 1.0' in text
    assert "describer_workers 1.0" in text and "describer_worker_slots 64.0" in text
    told = until(
        lambda: [line for line in lines(worker) if line.get("description") == number],
        "the worker's log names it",
    )
    assert {line["logger"] for line in told} == {"describer.engine.record"}


def test_the_doctor_finds_nothing_wrong(site, worker):
    found = site.manage("doctor")  # its exit status is 0
    assert "ok     database: PostgreSQL " in found
    assert re.search(r"ok     workers: \S+, version ", found)


def test_while_the_database_hangs_whoever_watches_is_answered_in_time(site, worker, cluster):
    assert site.bearer
    with ThreadPoolExecutor(16) as people:
        with cluster.postgres.hanging():
            pages = [people.submit(asked, site, "/login/?next=/history/") for _ in range(2)]
            pages += [people.submit(site.session.get, f"{site.url}/api/descriptions", headers=site.bearer)]
            before = threads(site)
            status, body, seconds = asked(site, "/readyz")
            assert (status, seconds < 6) == (503, True)
            # Whichever comes first: the time of the check, or a page that found out that the server is silent.
            assert json.loads(body)["problems"]["database"] in (
                "does not answer in time",
                "cannot be reached",
            )
            assert "broker" not in json.loads(body)["problems"]
            many = list(people.map(lambda path: asked(site, path), ["/readyz", "/metrics"] * 6))
            assert [status for status, _, _ in many] == [503] * 12
            assert max(seconds for _, _, seconds in many) < 6
            assert asked(site, "/healthz")[0] == 200
            assert threads(site) <= before + 10
        for page in pages:
            page.result()
    until(lambda: asked(site, "/readyz")[0] == 200, "it is ready again")


def test_p20_workers_take_nothing_beside_a_database_of_another_version(site, worker, rows):
    added = "INSERT INTO django_migrations (app, name, applied) VALUES ('describer', %s, now())"
    rows.execute(added, [LATER])
    until(lambda: LATER in "".join(worker.log), "the running worker says which migration it does not know")
    with Worker(site) as late:
        until(lambda: LATER in "".join(late.log), "the starting one, too")
        number = site.ask(photo(64, 48), question="Of which version?")["id"]
        assert late.process.poll() is None
        assert site.description(number)["status"] == "queued"
        rows.execute("DELETE FROM django_migrations WHERE name = %s", [LATER])
        assert site.finished(number)["status"] == "done"
        until(lambda: len(told_of(rows)) == 2, "both tell of themselves")
    until(lambda: len(told_of(rows)) == 1, "one that ended in order is off the list")


def told_of(rows):
    return rows.execute("SELECT name FROM describer_worker").fetchall()


def test_p19_of_two_that_migrate_at_once_one_waits_and_goes_on_where_the_other_was_killed(
    tmp_path, scripted, cluster
):
    first = cluster.site(tmp_path, scripted, begun=False)
    second = cluster.site(tmp_path, scripted, begun=False, DATABASE_URL=first.environment["DATABASE_URL"])
    blocker = psycopg.connect(first.environment["DATABASE_URL"])
    with blocker, psycopg.connect(first.environment["DATABASE_URL"], autocommit=True) as rows:
        blocker.execute("CREATE TABLE describer_worker (id int)")  # the second migration waits for it
        with started(first):
            until(lambda: waits(rows, "transactionid"), "the first is within a migration")
            with started(second):
                until(lambda: "waiting for it" in "".join(second.log), "the second says that it waits")
                first.kill()
                assert second.process.poll() is None
                blocker.rollback()
                until(lambda: second.log and "Describer is at" in "".join(second.log), "the second is there")
        applied = rows.execute("SELECT count(*) FROM django_migrations WHERE app = 'describer'").fetchone()
        assert applied == (len(list(Path("describer/migrations").glob("0*.py"))),)


def waits(rows, kind):
    held = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = %s"
    return rows.execute(held, [kind]).fetchone()


class started:
    """A site that is starting, for as long as the block lasts."""

    def __init__(self, site):
        self.site = site
        self.thread = threading.Thread(target=self._start, daemon=True)

    def _start(self):
        with suppress(Exception):  # it is killed
            self.site.start()

    def __enter__(self):
        self.thread.start()
        until(lambda: hasattr(self.site, "process"), "it is started")

    def __exit__(self, *_):
        if self.site.process.poll() is None:
            self.site.kill()
        self.thread.join(10)
