"""The broker is a doorbell: away, hanging, forgetful or repeating itself, it loses nothing and doubles nothing."""

import time

import pytest

from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import photo
from tests.site import Worker, until

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("distributed")]
PICTURE = photo(64, 48)


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted, cluster):
    """A site with two workers."""
    with (
        cluster.site(tmp_path_factory.mktemp("broker"), scripted) as started,
        Worker(started),
        Worker(started),
    ):
        until(lambda: started.login().get(f"{started.url}/readyz", timeout=10).ok, "it is ready")
        yield started


def asked(site, question):
    """A submitted ask, and the seconds that the submit took."""
    began = time.monotonic()
    made = site.ask(PICTURE, question=question)
    return made["id"], time.monotonic() - began


def calls_about(scripted, question):
    return len([call for call in scripted.calls if question in str(call.body["messages"])])


@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_p08_p09_asks_are_taken_while_the_broker_is_away_and_done_once_it_is_back(
    site, scripted, cluster, how
):
    assert site.bearer
    usual = asked(site, f"Usual {how}?")[1]
    with getattr(cluster.redis, how)():
        made = [asked(site, f"Broker {how} {number}?") for number in range(3)]
        page = site.login().get(f"{site.url}/descriptions/{made[0][0]}/", timeout=10)
        assert "Queued" in page.text
    assert max(seconds for _, seconds in made) < usual + 1
    assert [site.finished(number)["status"] for number, _ in made] == ["done"] * 3
    assert [calls_about(scripted, f"Broker {how} {number}?") for number in range(3)] == [1] * 3
