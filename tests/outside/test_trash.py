"""A site that runs deletes by itself what was in the trash for its time: rows, words and files."""

import sqlite3
from contextlib import closing

import pytest
import requests

from tests.images.pictures import photo
from tests.site import Site, until

pytestmark = pytest.mark.site
WORD = "Zyxomma"


def tables_with(site, word):
    """The tables in which a word stands, in whatever column."""
    with closing(sqlite3.connect(site.data / "describer.sqlite3", timeout=20)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [name for name in names if any(word in str(row) for row in database.execute(f'SELECT * FROM "{name}"'))]  # fmt: skip


def pictures(site):
    return [path for path in (site.data / "media").rglob("*") if path.is_file()]


def test_what_was_in_the_trash_for_its_time_goes_by_itself_and_its_usage_stays(tmp_path):
    with Site(tmp_path) as site:
        number = site.finished(site.ask(photo(64, 48), question=f"{WORD}?")["id"])["id"]
        address = f"{site.url}/api/descriptions/{number}"
        usage = requests.get(f"{site.url}/api/usage", headers=site.bearer, timeout=10).json()
        assert requests.delete(address, headers=site.bearer, timeout=10).status_code == 204
        assert tables_with(site, WORD) and pictures(site)
        with closing(sqlite3.connect(site.data / "describer.sqlite3", timeout=20)) as database, database:
            database.execute("UPDATE describer_description SET trashed = datetime('now', '-61 minutes')")
        assert requests.get(address, headers=site.bearer, timeout=10).status_code == 404
        until(lambda: not (tables_with(site, WORD) or pictures(site)), "words and files are gone")
        assert requests.get(f"{site.url}/api/usage", headers=site.bearer, timeout=10).json() == usage
