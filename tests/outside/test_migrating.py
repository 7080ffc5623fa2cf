"""A migration that is killed at its very end, before its line is written, leaves nothing that the next start would meet."""

import signal
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest

from tests.outside.database import Database
from tests.site import ROOT, until

pytestmark = pytest.mark.site
HELD = 77
# Whoever writes this line of django_migrations waits for a lock that a test holds.
HOLD = """
CREATE OR REPLACE FUNCTION hold() RETURNS trigger AS $$
BEGIN
    IF NEW.app = 'describer' AND NEW.name = '{name}' THEN PERFORM pg_advisory_xact_lock({held}); END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE OR REPLACE TRIGGER hold BEFORE INSERT ON django_migrations FOR EACH ROW EXECUTE FUNCTION hold();
"""


def migrate(site, *more):
    return subprocess.Popen([sys.executable, "manage.py", "migrate", *more], cwd=ROOT, env=site.environment)


def test_ff22_migrations_that_were_killed_before_their_line_are_made_by_the_next_start(cluster, tmp_path):
    site = cluster.site(tmp_path / "data", "http://127.0.0.1:9/v1", begun=False)
    rows = Database(site)
    assert migrate(site, "contenttypes").wait(60) == 0
    with closing(psycopg.connect(rows.url, autocommit=True)) as beside:
        for name in ("0001_first", "0005_webhooks"):
            beside.execute(f"SELECT pg_advisory_lock({HELD})")
            beside.execute(HOLD.format(name=name, held=HELD))
            process = migrate(site)
            until(lambda: rows.waiters(), f"{name} is at its line", 60)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            beside.execute(f"SELECT pg_advisory_unlock({HELD})")
    assert migrate(site).wait(60) == 0
    names = [name for (name,) in rows.rows("SELECT name FROM django_migrations WHERE app = 'describer'")]
    assert len(names) == len(set(names)) >= 5
