"""What a site keeps on its disk: for its user alone, and after an orderly stop the database file by itself is all of it."""

import shutil
import sqlite3
import stat
from contextlib import closing

import pytest

from tests.images.pictures import photo
from tests.site import Site

pytestmark = pytest.mark.site
NAME = "describer.sqlite3"
ASKS = 5


def open_to_others(data):
    """What other users of the machine may do anything with."""
    return [path for path in (data, *data.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site that runs, in a folder that was open to all before: as an earlier version left it."""
    data = tmp_path_factory.mktemp("kept") / "data"
    with Site(data) as site:
        site.finished(site.ask(photo(64, 48))["id"])
        assert site.stop() == 0
        for path in (data, *data.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        site.start()
        for number in range(ASKS):
            site.finished(site.ask(photo(64, 49 + number))["id"])
        yield site


def test_fe13_nobody_else_may_look_into_what_it_keeps_old_or_new(site):
    there = {path.name for path in site.data.iterdir()}
    assert {NAME, f"{NAME}-wal", "secret_key", "media", "static", "lock"} <= there
    assert open_to_others(site.data) == []


def test_fe13_a_backup_is_its_users_alone(site, tmp_path):
    site.manage("backup", str(tmp_path / "b.tar"))
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600


def test_ff07_after_an_orderly_stop_the_database_file_alone_holds_every_row(site, tmp_path):
    assert site.stop() == 0
    assert [path.name for path in site.data.glob(f"{NAME}*")] == [NAME]
    shutil.copy2(site.data / NAME, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        ((done,),) = copy.execute("SELECT count(*) FROM describer_description WHERE status = 'done'")
        assert done == ASKS + 1
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
