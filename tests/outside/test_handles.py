"""A site that may open 128 files and sockets, and is asked for more than that at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import photo
from tests.outside.cluster import QUICK, asking
from tests.site import Site, until

pytestmark = [pytest.mark.site, pytest.mark.slow]
ASKS, STREAMS = 64, 100


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with ScriptedEndpoint() as endpoint:
        endpoint.delay = 0.5
        started = Site(tmp_path_factory.mktemp("handles"), **QUICK, **asking(endpoint))
        started.within = ["prlimit", "--nofile=128:128"]
        with started:
            yield started


def answers(site):
    """Whether the site answers. A connection may still find no handle, and is cut off."""
    try:
        return requests.get(f"{site.url}/healthz", timeout=10).ok
    except requests.ConnectionError:
        return False


def test_ff04_with_128_handles_nothing_is_called_missing_and_nothing_is_500(site):
    person, seen, ids, opened = site.login(), Counter(), [], []
    began = threading.Barrier(ASKS + STREAMS)

    def stream():
        began.wait()
        try:
            reply = requests.get(f"{site.url}/live/", cookies=person.cookies, stream=True, timeout=60)
        except requests.ConnectionError:
            return
        opened.append(reply)
        seen[reply.status_code] += 1

    def ask(number):
        files = {"image": ("boat.jpg", photo(64 + number, 48))}
        began.wait()
        try:
            reply = requests.post(
                f"{site.url}/api/descriptions",
                headers=site.bearer,
                files=files,
                data={"question": "What?"},
                timeout=60,
            )
        except requests.ConnectionError:
            return
        seen[reply.status_code] += 1
        if reply.ok:
            ids.append(reply.json()["id"])
        else:
            assert reply.json()["error"]["message"]

    site.bearer  # noqa: B018  its key is made before the crowd comes
    with ThreadPoolExecutor(ASKS + STREAMS) as crowd:
        asked = [crowd.submit(ask, number) for number in range(ASKS)] + [
            crowd.submit(stream) for _ in range(STREAMS)
        ]
    for one in asked:
        one.result()
    assert set(seen) <= {200, 202, 503}
    assert ids
    for reply in opened:
        reply.close()
    until(lambda: answers(site), "it answers again")
    ended = [site.finished(number, 120) for number in ids]
    assert [one["status"] for one in ended] == ["done"] * len(ids), ended
