"""Several processes that start at once on a fresh data folder and an empty database: each waits its turn, and all are up."""

import subprocess
import sys
from contextlib import ExitStack

import pytest

from tests.outside.database import Database
from tests.site import ROOT, Site, Worker

pytestmark = pytest.mark.site
WEBS = 3
COMMANDS = (["migrate", "--verbosity", "0"], ["doctor"], ["usage"])


@pytest.fixture(params=["postgresql", "sqlite"])
def sites(request, cluster, tmp_path):
    """Web processes that share a fresh folder and an empty database."""
    first = cluster.site(tmp_path / "data", "http://127.0.0.1:9/v1", begun=False)
    if request.param == "sqlite":
        del first.environment["DATABASE_URL"]
    webs = [Site(first.data, begun=False) for _ in range(WEBS)]
    for web in webs:
        web.environment = first.environment
    return webs


def beside(site, command):
    """A command that is started now; it may find nothing yet, and says so without a traceback."""
    arguments = [sys.executable, "manage.py", *command]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(arguments, cwd=ROOT, env=site.environment, **pipes)


def test_ff12_all_that_start_at_once_on_nothing_are_up_with_one_admin(sites):
    with ExitStack() as stack:
        commands = [stack.enter_context(beside(sites[0], command)) for command in COMMANDS]
        worker = stack.enter_context(Worker(sites[0]))
        for site in sites:
            site.begin()
            stack.push(site)
        for site in sites:
            site.heard()
        said = [command.communicate(timeout=60)[0] for command in commands]
        assert not [
            text
            for text in [*said, *worker.log, *(line for site in sites for line in site.log)]
            if "Traceback" in text
        ]
        assert commands[0].returncode == 0, said[0]
        rows = Database(sites[0])
        assert rows.rows("SELECT username FROM describer_user") == [("admin",)]
        assert rows.rows("SELECT name FROM describer_endpoint") == [("endpoint",)]
        person = sites[-1].login()
        assert person.get(f"{sites[0].url}/", timeout=10).ok, "one secret signs the sessions of all"
