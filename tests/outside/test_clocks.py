"""A site on a machine whose clock is set while asks wait."""

import shutil
import time
from copy import copy

import pytest

from tests.endpoint import ScriptedEndpoint, rate_limited
from tests.images.pictures import photo
from tests.outside.clocks import MachineClock
from tests.outside.cluster import asking
from tests.site import Site, Worker, until

pytestmark = [
    pytest.mark.site,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("cc"), reason="no compiler for a clock of the test's own"),
]


@pytest.fixture(scope="module")
def endpoint():
    with ScriptedEndpoint() as started:
        yield started


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    return MachineClock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def site(tmp_path_factory, endpoint, machine):
    with Site(tmp_path_factory.mktemp("clocks"), **asking(endpoint), **machine.variables) as started:
        yield started


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_ff03_a_clock_that_is_set_while_asks_wait_neither_keeps_nor_hurries_them(
    site, endpoint, machine, seconds
):
    before = len(endpoint.calls)
    endpoint.then(rate_limited(6))
    first = site.ask(photo(64 + seconds // 3600, 48))["id"]
    until(lambda: site.description(first)["status"] == "waiting", "it waits")
    began = time.monotonic()
    machine.set(seconds)
    second = site.ask(photo(66 + seconds // 3600, 48))["id"]
    assert site.finished(first, 30)["status"] == "done"
    assert time.monotonic() - began > 4
    assert site.finished(second, 30)["status"] == "done"
    assert len(endpoint.calls) - before == 3
    machine.set(0)


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_ff03_a_workers_clock_that_is_an_hour_wrong_changes_no_wait(cluster, tmp_path, endpoint, seconds):
    wrong = MachineClock(tmp_path)
    wrong.set(seconds)
    before = len(endpoint.calls)
    endpoint.then(*[rate_limited(2)] * 3)
    with cluster.site(tmp_path / "data", endpoint) as site:
        elsewhere = copy(site)
        elsewhere.environment = site.environment | wrong.variables
        with Worker(elsewhere):
            began = time.monotonic()
            assert site.finished(site.ask(photo(64, 48))["id"], 60)["status"] == "done"
    assert time.monotonic() - began > 5
    assert len(endpoint.calls) - before == 4
