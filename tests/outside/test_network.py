"""The network towards the endpoint: names that nobody knows, an endpoint that is gone for a while, or refuses all."""

import socket
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime

import pytest
import requests

from tests.endpoint import ScriptedEndpoint, rate_limited
from tests.images.pictures import photo
from tests.outside.cluster import QUICK, asking
from tests.outside.database import Database
from tests.servers import free_port
from tests.site import Site, until

pytestmark = pytest.mark.site
PICTURE = photo(64, 48)
NAMESERVER = "127.0.0.77"
ELSEWHERE = (
    'mount --bind "$0" /etc/resolv.conf && exec "$@"'  # in a mount namespace of its own, which takes root
)


@pytest.fixture(scope="module")
def port():
    """Where the endpoint listens, when it does."""
    return free_port()


@pytest.fixture(scope="module")
def site(tmp_path_factory, port):
    with Site(tmp_path_factory.mktemp("site"), **(QUICK | asking(f"http://127.0.0.1:{port}/v1"))) as started:
        yield started


def submit(site, count, what):
    assert site.bearer
    with ThreadPoolExecutor(8) as pool:
        return [made["id"] for made in pool.map(lambda n: site.ask(PICTURE, f"{what} {n:02}?"), range(count))]


def test_n01_a_name_that_takes_long_to_look_up_costs_no_lease_and_is_told(tmp_path):
    resolver = tmp_path / "resolv.conf"
    resolver.write_text(f"nameserver {NAMESERVER}\noptions timeout:3 attempts:2\n")
    variables = asking("http://endpoint.test/v1") | QUICK
    with (
        closing(socket.socket(type=socket.SOCK_DGRAM)) as silent,
        Site(tmp_path / "data", **variables) as site,
    ):
        silent.bind((NAMESERVER, 53))
        site.kill()
        site.within = ["unshare", "--mount", "sh", "-c", ELSEWHERE, str(resolver)]
        site.start()
        number = site.ask(PICTURE)["id"]
        until(lambda: site.description(number)["status"] == "running", "it looks the name up")
        assert requests.get(f"{site.url}/readyz", timeout=10).ok
        described = until(lambda: is_waiting(site, number), "the lookup ends")
        attempt = described["attempts"][0]
        sent, told = (datetime.fromisoformat(attempt[name]) for name in ("sent_at", "answered_at"))
        assert (told - sent).total_seconds() > float(QUICK["LEASE_SECONDS"]) + 2 * float(
            QUICK["HEARTBEAT_SECONDS"]
        )
        assert "endpoint.test" in attempt["error"]["message"]
        assert [(one["state"], one["billed"]) for one in described["attempts"]] == [("refused", "no")]


def is_waiting(site, number):
    described = site.description(number)
    return described if described["status"] == "waiting" else None


def test_n08_n41_asks_outlast_an_endpoint_that_is_gone_and_what_was_refused_is_free(site, port):
    numbers = submit(site, 12, "Gone")
    tried = "SELECT count(*) FROM describer_attempt WHERE state = 'refused' AND number >= 2"
    until(lambda: Database(site).rows(tried)[0][0] >= 3, "some were tried again in vain")
    assert Database(site).rows("SELECT max(tries) FROM describer_description") == [(0,)]
    with ScriptedEndpoint(port=port) as again:
        attempts = [site.finished(number)["attempts"] for number in numbers]
        assert len(again.calls) == len(numbers)
    assert {one[-1]["state"] for one in attempts} == {"answered"}
    before = [attempt for one in attempts for attempt in one[:-1]]
    assert {(one["state"], one["billed"], one["error"]["code"]) for one in before} == {
        ("refused", "no", "connection_failed")
    }


def test_n42_all_are_refused_for_a_while_and_none_comes_too_soon_too_often_or_all_at_once(site, port):
    times = defaultdict(list)

    def refuses(call):
        times[str(call.body["messages"])].append(call.at)
        began = min(at for one in times.values() for at in one)
        return rate_limited(1) if call.at < began + 1.5 else None

    with ScriptedEndpoint(port=port) as endpoint:
        endpoint.rule(refuses)
        numbers = submit(site, 24, "Refused")
        assert {site.finished(number)["status"] for number in numbers} == {"done"}
    assert max(len(calls) for calls in times.values()) <= 5
    gaps = [later - first for calls in times.values() for first, later in zip(calls, calls[1:], strict=False)]
    assert min(gaps) >= 1
    after = sorted(calls[1] for calls in times.values() if len(calls) > 1)
    assert not after or max(len([one for one in after if at <= one < at + 0.05]) for at in after) < 12
