"""The engine's own tests once more, on PostgreSQL."""

import os
import subprocess
import sys

import pytest

from tests.servers import postgres_server
from tests.site import ROOT

pytestmark = pytest.mark.site
FOLDERS = (
    "tests/engine",
    "tests/db",
    "tests/ledger",
    "tests/media/test_intake.py",
    "tests/webhooks",
    "tests/management/test_fill.py",
    "tests/management/test_prices.py",
    "tests/api/test_prices.py",
)
# Connections of threads that a test has ended may be open yet; the database goes with its cluster.
QUIET = ("-W", "ignore::ResourceWarning", "--reuse-db")


def test_the_engine_does_the_same_on_postgresql():
    with postgres_server() as url:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DATA_DIR"))
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-n",
            "0",
            *QUIET,
            *FOLDERS,
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment | {"TESTS_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    assert done.returncode == 0, done.stdout
