"""A database that takes no writes for longer than a lease lasts, and one that cannot hold a reply: paid once all the same."""

import threading
from contextlib import ExitStack

import psycopg
import pytest
import requests

from tests.endpoint import answer, held
from tests.images.pictures import photo
from tests.outside.cluster import QUICK, asking
from tests.outside.database import Database, read_only
from tests.site import Site, Worker, until

pytestmark = pytest.mark.site
PICTURE = photo(64, 48)
EXPIRED = """
    SELECT count(*) FROM describer_description WHERE lease_token <> '' AND lease_until < now() - interval '4 seconds'
"""
EXPIRED_SQLITE = """
    SELECT count(*) FROM describer_description
    WHERE lease_token <> '' AND julianday(lease_until) < julianday('now') - 4.0 / 86400
"""


def in_flight(site, endpoint, count):
    """So many asks whose calls are at the endpoint: their ids, and the gate that lets the replies go."""
    gate = threading.Event()
    endpoint.default = held(gate, answer("Paid.", usage=(10, 5, 15)))
    ids = [site.ask(PICTURE, question=f"Number {number}?")["id"] for number in range(count)]
    until(lambda: endpoint.in_flight == count, "all are at the endpoint")
    return ids, gate


def kept(site):
    return list((site.data / "held").glob("*/*.json"))


def paid_once(site, endpoint, ids):
    """Each ask is done, by one call."""
    described = [site.finished(number) for number in ids]
    assert {one["status"] for one in described} == {"done"}
    assert [[call["state"] for call in one["attempts"]] for one in described] == [["answered"]] * len(ids)
    assert len(endpoint.calls) == len(ids)
    assert Database(site).tokens() == (15 * len(ids), 15 * len(ids))
    until(lambda: not kept(site), "nothing is left on disk")


def test_ff01_ff11_two_workers_and_a_server_that_takes_no_writes_for_longer_than_a_lease(
    tmp_path, endpoint, cluster
):
    with cluster.site(tmp_path, endpoint, WORKER_CONCURRENCY="4") as site, ExitStack() as stack:
        workers = [stack.enter_context(Worker(site)) for _ in range(2)]
        ids, gate = in_flight(site, endpoint, 8)
        with read_only(site.environment["DATABASE_URL"]):
            gate.set()
            until(lambda: len(kept(site)) == 8, "all replies are held, on disk too")
            until(lambda: Database(site).rows(EXPIRED)[0][0] == 8, "all leases have run out")
        paid_once(site, endpoint, ids)
        assert all(any("a reply is held" in line for line in worker.log) for worker in workers)


def test_ff01_a_locked_sqlite_keeps_a_process_from_its_leases_and_it_takes_back_none(tmp_path, endpoint):
    with Site(tmp_path, SQLITE_WAIT_SECONDS="1", **(QUICK | asking(endpoint))) as site:
        ids, gate = in_flight(site, endpoint, 4)
        with Database(site).locked():
            gate.set()
            until(lambda: len(kept(site)) == 4, "all replies are held, on disk too")
            until(lambda: Database(site).rows(EXPIRED_SQLITE)[0][0] == 4, "all leases have run out")
        paid_once(site, endpoint, ids)


def test_ff01_a_kill_while_replies_are_held_loses_none(tmp_path, endpoint):
    with Site(tmp_path, SQLITE_WAIT_SECONDS="1", **(QUICK | asking(endpoint))) as site:
        ids, gate = in_flight(site, endpoint, 4)
        with Database(site).locked():
            gate.set()
            until(lambda: len(kept(site)) == 4, "all replies are held, on disk too")
            site.kill()
        site.start()
        paid_once(site, endpoint, ids)


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_ff01_a_worker_that_ends_while_replies_are_held_loses_none(tmp_path, endpoint, cluster, how):
    with cluster.site(tmp_path, endpoint, GRACE_SECONDS="1") as site:
        with Worker(site) as worker:
            ids, gate = in_flight(site, endpoint, 4)
            with read_only(site.environment["DATABASE_URL"]):
                gate.set()
                until(lambda: len(kept(site)) == 4, "all replies are held, on disk too")
                getattr(worker, how)()
        with Worker(site):
            paid_once(site, endpoint, ids)


def test_ff02_a_server_that_takes_no_writes_is_told_as_busy_in_words(tmp_path, endpoint, cluster):
    with cluster.site(tmp_path, endpoint) as site:
        person = site.login()
        number = site.ask(PICTURE)["id"]
        data = {"question": "Taken?", "csrfmiddlewaretoken": person.cookies["csrftoken"]}
        files = {"image": ("picture.jpg", PICTURE)}
        body = {"model": "scripted-model", "messages": [{"role": "user", "content": "Taken?"}]}
        with read_only(site.environment["DATABASE_URL"]):
            api = requests.post(
                f"{site.url}/api/descriptions", headers=site.bearer, files=files, data=data, timeout=30
            )
            page = person.post(f"{site.url}/", data=data, files=files, timeout=30)
            cancel = person.post(f"{site.url}/descriptions/{number}/cancel/", data=data, timeout=30)
            call = requests.post(
                f"{site.url}/v1/chat/completions", headers=site.bearer, json=body, timeout=30
            )
            assert person.get(f"{site.url}/history/", timeout=30).ok
        assert [reply.status_code for reply in (api, page, cancel, call)] == [503] * 4
        assert {api.json()["error"]["code"], call.json()["error"]["code"]} == {"busy"}
        assert "The site is busy" in page.text and "The site is busy" in cancel.text
        assert int(call.headers["retry-after"]) > 0
        assert endpoint.calls == []


def test_ff18_a_reply_in_letters_that_the_database_lacks_is_paid_once_and_kept(tmp_path, endpoint, cluster):
    with psycopg.connect(cluster.postgres.url(), autocommit=True) as server:
        server.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    url = cluster.postgres.url("latin")
    with cluster.site(tmp_path, endpoint, begun=False, DATABASE_URL=url) as site, Worker(site):
        endpoint.default = answer("A boat: 船.", usage=(10, 5, 15))
        described = site.finished(site.ask(PICTURE)["id"])
        assert (described["status"], described["choices"][0]["content"]) == ("done", "A boat: ?.")
        call = described["attempts"][0]
        assert (call["state"], call["billed"], call["error"]["code"]) == ("answered", "yes", "altered")
        assert len(endpoint.calls) == 1
        files = list((site.data / "held" / "refused").glob("*.json"))
        assert ["\\u8239" in file.read_text() for file in files] == [True]
