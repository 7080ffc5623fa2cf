"""The broker is a doorbell: away, hanging, forgetful or repeating itself, it loses nothing and doubles nothing."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
import redis

from tests.endpoint import ScriptedEndpoint, answer, held
from tests.images.pictures import photo
from tests.outside.database import Database
from tests.site import Worker, until

pytestmark = pytest.mark.site
PICTURE = photo(64, 48)
QUEUE = "describer"


@pytest.fixture(scope="module")
def scripted():
    with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def site(tmp_path_factory, scripted, cluster):
    with cluster.site(tmp_path_factory.mktemp("broker"), scripted) as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def workers(site):
    """Two of them, both alive."""
    with Worker(site) as first, Worker(site) as second:
        alive = "SELECT count(*) FROM describer_worker"
        until(lambda: Database(site).rows(alive)[0][0] == 2, "both workers are alive")
        yield first, second


@contextmanager
def paused(*processes):
    """Stopped as a machine is that sleeps."""
    for one in processes:
        one.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for one in processes:
            one.signal(signal.SIGCONT)


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


def test_p10_p11_messages_that_are_lost_or_come_again_later_lose_and_double_nothing(site, scripted, workers):
    with closing(redis.Redis.from_url(site.environment["REDIS_URL"])) as broker:
        with paused(*workers):
            numbers = []

            def messages():
                numbers.append(asked(site, f"Lost {len(numbers)}?")[0])
                return broker.lrange(QUEUE, 0, -1)

            rung = until(messages, "bells wait that no worker has begun to read")
            broker.flushall()
        assert {site.finished(number)["status"] for number in numbers} == {"done"}
        broker.lpush(QUEUE, *rung * 50)
        until(lambda: not broker.llen(QUEUE), "every message is taken")
    assert [calls_about(scripted, f"Lost {number}?") for number in range(len(numbers))] == [1] * len(numbers)


def test_p12_of_two_workers_one_takes_each_row(site, scripted):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: asked(site, f"Whose {number:02}?")[0], range(40)))
    assert [len(site.finished(number)["attempts"]) for number in made] == [1] * 40
    assert [calls_about(scripted, f"Whose {number:02}?") for number in range(40)] == [1] * 40


def test_p13_a_worker_that_sleeps_past_its_lease_changes_nothing_but_what_its_call_came_to(
    site, scripted, workers
):
    first, second = workers
    gate = threading.Event()
    with paused(second):
        scripted.then(held(gate, answer("Late.", usage=(10, 5, 15))), answer("In time.", usage=(10, 6, 16)))
        number = asked(site, "Asleep?")[0]
        until(lambda: calls_about(scripted, "Asleep?") == 1, "the first worker's call is at the endpoint")
        first.signal(signal.SIGSTOP)
    with paused(first):
        described = site.finished(number)
        assert [one["state"] for one in described["attempts"]] == ["unknown", "answered"]
        gate.set()
    until(lambda: Database(site).attempts()[number] == ["answered", "answered"], "the late reply is kept")
    described = site.description(number)
    assert described["choices"][0]["content"] == "In time."
    assert described["usage"]["total_tokens"] == 16
    assert [one["usage"]["total_tokens"] for one in described["attempts"]] == [15, 16]
    assert len(set(Database(site).tokens())) == 1
