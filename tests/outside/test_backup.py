"""A site that is asked things while it is backed up, moved to PostgreSQL, and back to SQLite."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
import requests

from describer.ops.archive import ArchiveError, checked
from tests.endpoint import ScriptedEndpoint, answer, error, held
from tests.images.pictures import photo
from tests.servers import S3Server, postgres_server
from tests.site import ROOT, Site, until

pytestmark = pytest.mark.site
SECRET = "sk-secret-that-is-in-no-backup"


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        released = threading.Event()
        endpoint.default = answer("As it was.", usage=(10, 5, 15), delay=0.2)
        endpoint.rule(lambda call: played(str(call.body["messages"]), released))
        yield endpoint
        released.set()


def played(asked, released):
    """How the endpoint answers, by the question."""
    if "Held?" in asked:
        return held(released, answer("Too late."))
    return error(400, "No.", code="no") if "Number 3 " in asked else None


@pytest.fixture(scope="module")
def variables(scripted):
    return {"VISION_BASE_URL": scripted.url, "VISION_MODEL": "m", "VISION_API_KEY": SECRET}


@contextmanager
def asked_on_and_on(site):
    """Four callers who ask again as soon as they were answered."""
    ended = threading.Event()

    def ask(caller):
        number = 0
        while not ended.is_set():
            number += 1
            asked = site.ask(photo(64 + caller, 48 + number % 5), question=f"Number {number} of {caller}?")
            site.finished(asked["id"])

    with ThreadPoolExecutor(4) as pool:
        callers = [pool.submit(ask, caller) for caller in range(4)]
        try:
            yield
        finally:
            ended.set()
        for caller in callers:
            caller.result()


@pytest.fixture(scope="module")
def old(tmp_path_factory, scripted, variables):
    """A site under load, and its backup."""
    with Site(tmp_path_factory.mktemp("old") / "data", **variables) as site:
        odd = site.finished(site.ask(photo(64, 48), question="Odd?")["id"])["id"]
        spoil(site, odd)
        site.held = site.ask(photo(64, 48), question="Held?")["id"]
        with asked_on_and_on(site):
            until(lambda: len(scripted.calls) > 12, "it is busy")
            site.archive = site.data.parent / "site.tar"
            site.said = site.manage("backup", str(site.archive))
            calls = len(scripted.calls)
            until(lambda: len(scripted.calls) > calls + 8, "it goes on")
        site.odd = odd
        yield site


def spoil(site, number):
    """What only SQLite takes: NUL in a text, half a character in JSON, a name that is too long."""
    with closing(sqlite3.connect(site.data / "describer.sqlite3", timeout=20)) as database, database:
        database.execute(
            "UPDATE describer_description SET question = 'N' || char(0) || 'UL' WHERE id = ?", [number]
        )
        raw = r'{"a": "\u0000 \ud800"}'
        database.execute("UPDATE describer_attempt SET raw_usage = ? WHERE description = ?", [raw, number])
        long = "long" * 100 + ".jpg"
        database.execute(
            "UPDATE describer_descriptionimage SET name = ? WHERE description_id = ?", [long, number]
        )


@pytest.fixture(scope="module")
def moved(old, tmp_path_factory, variables):
    """The same site on PostgreSQL, with its pictures in a bucket."""
    with postgres_server() as postgres, S3Server() as bucket:
        there = {"DATABASE_URL": postgres} | bucket.variables | variables
        site = Site(tmp_path_factory.mktemp("new") / "data", admin=False, **there)
        site.said = site.manage("restore", str(old.archive))
        with site:
            site.key = old.key
            yield site


@pytest.fixture(scope="module")
def again(moved):
    """The backup of the moved site."""
    path = moved.data.parent / "again.tar"
    moved.manage("backup", str(path))
    return path


def contents(path):
    """What an archive holds: counts, sums, numbers, and each file's hash."""
    manifest = checked(path)
    files = {}
    with tarfile.open(path) as tar:
        for info in tar:
            if info.name.startswith("index/"):
                lines = gzip.decompress(tar.extractfile(info).read()).splitlines()
                files |= {one["name"]: one["sha256"] for one in map(json.loads, lines)}
    kept = {name: sha256 for name, sha256 in files.items() if name.startswith("files/")}
    return manifest.rows, manifest.ledger.sums, manifest.numbers, kept


def test_p21_a_backup_under_load_is_whole_and_of_one_moment(old):
    manifest = checked(old.archive)
    assert "is whole: 1 people" in old.said
    assert manifest.under_way >= 1
    assert manifest.gone == manifest.changed == 0
    latest = requests.get(f"{old.url}/api/descriptions?limit=1", headers=old.bearer, timeout=10).json()[
        "items"
    ]
    assert latest[0]["id"] > manifest.numbers["describer.description"]


def test_x29_neither_the_endpoints_key_nor_the_sites_secret_is_in_it(old):
    secrets = [SECRET.encode(), (old.data / "secret_key").read_bytes(), old.key.encode()]
    with tarfile.open(old.archive) as tar:
        for info in tar:
            data = tar.extractfile(info).read()
            text = gzip.decompress(data) if info.name.endswith(".gz") else data
            assert not [one for one in secrets if one in text], info.name


def test_moved_to_postgresql_and_a_bucket_all_counts_hashes_and_sums_are_the_same(old, moved, again):
    assert contents(again) == contents(old.archive)
    person = moved.login()
    page = person.get(f"{moved.url}/history/", timeout=10)
    assert page.status_code == 200
    assert "As it was." in page.text
    assert (
        "under way when the backup was made"
        in person.get(f"{moved.url}/history/?state=failed", timeout=10).text
    )
    assert person.get(f"{moved.url}/usage/", timeout=10).status_code == 200


def test_p22_nothing_that_was_under_way_is_sent_again(old, moved):
    failed = listed(moved, "failed")
    restored = [one["id"] for one in failed if one["error"]["code"] == "restored"]
    assert len(restored) == checked(old.archive).under_way
    assert not any(listed(moved, status) for status in ("queued", "waiting", "running"))
    described = moved.description(old.held)
    assert described["error"]["code"] == "restored"
    assert [(one["state"], one["billed"]) for one in described["attempts"]] == [("unknown", "unknown")]


def listed(site, status):
    """Descriptions of a status, the newest hundred."""
    address = f"{site.url}/api/descriptions?limit=100&status={status}"
    return requests.get(address, headers=site.bearer, timeout=10).json()["items"]


def test_what_only_sqlite_took_is_readable_on_postgresql(old, moved):
    described = moved.description(old.odd)
    assert described["question"] == "N\ufffdUL"
    assert described["images"][0]["name"].startswith("longlong")
    assert moved.login().get(f"{moved.url}/descriptions/{old.odd}/", timeout=10).status_code == 200


def test_a_new_ask_after_the_move_has_a_number_of_its_own(moved):
    described = moved.finished(moved.ask(photo(64, 48), question="New?")["id"])
    assert described["status"] == "done"
    assert len(described["attempts"]) == 1


def test_and_back_to_sqlite_and_files(again, tmp_path, variables):
    back = Site(tmp_path / "back", admin=False, **variables)
    back.manage("restore", str(again))
    back.manage("backup", str(tmp_path / "back.tar"))
    assert contents(tmp_path / "back.tar") == contents(again)


@pytest.fixture(scope="module")
def stuck(old):
    """The old site with a pipe in the place of a picture: whoever reads it waits for ever."""
    os.mkfifo(old.data / "media" / "originals" / "pipe")
    with closing(sqlite3.connect(old.data / "describer.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE describer_image SET original = 'originals/pipe' WHERE id = 5")
    return old


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(stuck, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: killed(stuck, tmp_path, number), (signal.SIGKILL, signal.SIGTERM)))


def killed(stuck, folder, number):
    path = folder / f"{number.name}.tar"
    command = [sys.executable, "manage.py", "backup", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env=stuck.environment)
    until(lambda: list(folder.glob(f"{path.name}.unfinished-*")), "it has begun")
    process.send_signal(number)
    assert process.wait(20) in (-number, 128 + number)
    assert not path.exists()
    for left in folder.glob(f"{path.name}*"):
        assert number == signal.SIGKILL
        with pytest.raises(ArchiveError):
            checked(left)
