"""Long exports and whoever reads them slowly, over a real socket."""

import json
import sqlite3

import pytest

from tests import wire
from tests.images.pictures import photo
from tests.site import Site, until

pytestmark = pytest.mark.site

LONG = "Wörter " * 14_000
ROWS = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site with 12 MB of descriptions, whose endpoint is away, so that nothing moves."""
    away = {"VISION_BASE_URL": "http://127.0.0.1:9/v1", "VISION_MODEL": "m"}
    with Site(tmp_path_factory.mktemp("export"), **away) as started:
        response = started.session.post(
            f"{started.url}/api/descriptions/each",
            headers=started.bearer,
            files=[("image", ("picture.jpg", photo(64, 48)))] * ROWS,
            data={"question": LONG, "system_prompt": LONG},
            timeout=60,
        )
        assert response.status_code == 202, response.text
        started.rows = [item["id"] for item in response.json()["items"]]
        yield started


def export(site, path="/api/descriptions.jsonl"):
    return site.session.get(f"{site.url}{path}", headers=site.bearer, stream=True, timeout=30)


def begun(site):
    """A reader who takes the beginning of an export and no more."""
    reader = wire.connected(site)
    key = site.bearer["Authorization"]
    reader.sendall(
        f"GET /api/descriptions.jsonl HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n\r\n".encode()
    )
    assert reader.recv(1024).startswith(b"HTTP/1.1 200")
    return reader


def test_a_whole_export_comes_over_the_wire(site):
    with export(site) as reply:
        found = [json.loads(line) for line in reply.content.splitlines()]
    assert [one["id"] for one in found] == site.rows[::-1]
    assert {one["question"] for one in found} == {LONG}


def test_x28_slow_readers_hold_up_neither_pages_nor_the_database_nor_their_own_next_export(site):
    readers = [begun(site) for _ in range(4)]
    try:
        assert export(site).status_code == 429
        with site.login() as person:
            assert person.get(f"{site.url}/usage/", timeout=10).ok
        until(lambda: emptied(site), "no reader holds a transaction: the log can be emptied")
    finally:
        for reader in readers:
            reader.close()
    with until(lambda: accepted(site), "who hung up counts no longer") as reply:
        assert reply.content.count(b"\n") == ROWS


def emptied(site):
    with sqlite3.connect(site.data / "describer.sqlite3", timeout=1) as database:
        busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    database.close()
    return not busy


def accepted(site):
    reply = export(site)
    return reply if reply.ok else reply.close()
