"""A Redis that answers and refuses, or in which others write: workers go on, and no bell is left to lie for ever."""

import json
import subprocess
import sys
from contextlib import closing

import pytest
import redis
import requests

from tests.endpoint import ScriptedEndpoint
from tests.images.pictures import photo
from tests.outside.database import Database
from tests.servers import Redis, free_port
from tests.site import ROOT, Worker, until

pytestmark = [pytest.mark.site, pytest.mark.slow]
PICTURE = photo(64, 48)
QUEUE, LIVE = "describer", "describer.live"


@pytest.fixture(scope="module")
def own_redis():
    with Redis() as started:
        yield started


@pytest.fixture(scope="module")
def broker(own_redis):
    with closing(redis.Redis.from_url(own_redis.url())) as client:
        yield client


@pytest.fixture(scope="module")
def site(tmp_path_factory, cluster, own_redis):
    with ScriptedEndpoint() as endpoint:
        folder = tmp_path_factory.mktemp("refuses")
        with cluster.site(folder, endpoint, REDIS_URL=own_redis.url()) as started:
            yield started


@pytest.fixture(scope="module")
def worker(site):
    with Worker(site) as started:
        alive = "SELECT count(*) FROM describer_worker"
        until(lambda: Database(site).rows(alive)[0][0] == 1, "the worker is alive")
        yield started


def out_of_memory(broker, own_redis):
    broker.config_set("maxmemory-policy", "noeviction")
    broker.config_set("maxmemory", "1")
    yield
    broker.config_set("maxmemory", "0")


def read_only(broker, own_redis):
    broker.execute_command("REPLICAOF", "127.0.0.1", free_port())
    broker.config_set("replica-serve-stale-data", "yes")
    yield
    broker.execute_command("REPLICAOF", "NO", "ONE")


def unable_to_save(broker, own_redis):
    folder = own_redis.folder / "dump.rdb" / "x"
    folder.mkdir(parents=True)
    broker.config_set("save", "1 1")
    broker.bgsave()
    until(lambda: broker.info("persistence")["rdb_last_bgsave_status"] == "err", "it could not save")
    yield
    broker.config_set("save", "")
    folder.rmdir()
    folder.parent.rmdir()


def locked(broker, own_redis):
    broker.config_set("requirepass", "secret")
    broker.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    yield
    broker.config_set("requirepass", "")


@pytest.mark.parametrize("refusing", [out_of_memory, read_only, unable_to_save, locked])
def test_ff20_a_redis_that_refuses_ends_no_worker_and_readyz_tells(site, worker, broker, own_redis, refusing):
    steps = refusing(broker, own_redis)
    next(steps)
    problems = until(lambda: requests.get(f"{site.url}/readyz", timeout=10).json()["problems"], "it tells")
    assert set(problems) == {"broker"}
    row = site.ask(PICTURE, question=refusing.__name__)
    until(
        lambda: any("refuses" in line or "to the broker" in line for line in worker.log), "the worker says so"
    )
    assert next(steps, None) is None
    assert site.finished(row["id"])["status"] == "done"
    assert worker.process.poll() is None
    assert requests.get(f"{site.url}/readyz", timeout=10).ok
    assert sum("the broker is away" in line for line in worker.log) <= 2


def test_ff20_bells_that_nobody_hears_are_few_and_have_an_end(site, worker, broker):
    worker.stop()
    broker.lpush(QUEUE, *[b"bell"] * 1500)
    rows = [site.ask(PICTURE, question=f"Few {number}?")["id"] for number in range(3)]
    assert broker.llen(QUEUE) <= 1503
    assert 0 < broker.ttl(QUEUE) <= 3600
    worker.start()
    assert {site.finished(row)["status"] for row in rows} == {"done"}
    until(lambda: broker.llen(QUEUE) == 0, "all that lay there is passed over", 60)


BELL = {
    "body": "W10=",
    "content-encoding": "utf-8",
    "content-type": "application/json",
    "headers": {},
    "properties": {},
}
GARBAGE = [
    b"",
    b"\xff\xfe\x00binary",
    b"no json",
    b"17",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"[]",
    b'"text"',
    b"{}",
    json.dumps(BELL).encode(),
    json.dumps(BELL | {"headers": {"task": "of.others", "id": "1"}}).encode(),
    json.dumps(BELL | {"headers": {"task": "describer.work", "id": 5, "eta": "soon"}}).encode(),
    json.dumps({"task": "describer.work", "id": "1", "args": []}).encode(),
    b"x" * 5_000_000,
]


def test_fe17_garbage_in_the_queue_is_passed_over_and_the_worker_goes_on_hearing(site, worker, broker):
    for one in GARBAGE:
        broker.lpush(QUEUE, one)
    until(lambda: broker.llen(QUEUE) == 0, "all of it was taken")
    assert site.finished(site.ask(PICTURE, question="After garbage?")["id"])["status"] == "done"
    assert worker.process.poll() is None
    assert sum("passed over" in line for line in worker.log) <= 2
    assert max(map(len, worker.log)) < 5000


@pytest.mark.parametrize("key", [QUEUE, f"_kombu.binding.{QUEUE}", "unacked", "unacked_index"])
def test_fe17_a_key_of_ours_of_another_type_is_taken_away(site, worker, broker, key):
    if key.startswith("_kombu"):
        worker.stop()  # read at its start alone
    broker.delete(key)
    broker.set(key, "a string")
    if key.startswith("_kombu"):
        worker.start()
    assert site.finished(site.ask(PICTURE, question=f"{key}?")["id"])["status"] == "done"
    until(lambda: broker.type(key) != b"string", "the string is gone")
    assert worker.process.poll() is None


def test_fe17_live_pages_go_on_whatever_is_published(site, worker, broker):
    person = site.login()
    with person.get(f"{site.url}/live/", stream=True, timeout=30) as stream:
        lines = stream.iter_lines()
        assert next(lines)
        owner = Database(site).rows("SELECT min(id) FROM describer_user")[0][0]
        foreign = [[owner, {"id": "x"}], [owner, {"id": 1, "status": "odd"}], {"a": 1}, [owner], [[], {}]]
        for one in [*GARBAGE, *(json.dumps(one).encode() for one in foreign)]:
            broker.publish(LIVE, one)
        row = site.ask(PICTURE, question="Live?")["id"]
        told = next(json.loads(line[6:]) for line in lines if line.startswith(b"data: "))
    assert told["id"] == row


@pytest.mark.parametrize("options", [["-P", "processes"], ["-P", "solo"], ["--autoscale", "4,1"]])
def test_ff20_a_pool_that_would_pay_again_and_again_is_refused_in_words(site, options):
    command = [sys.executable, "-m", "celery", "-A", "vision_site", "worker", *options]
    done = subprocess.run(command, cwd=ROOT, env=site.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "The worker cannot start: asks run in threads" in done.stderr
    assert "Traceback" not in done.stderr


def test_ff20_the_number_of_threads_may_be_given_to_celery(site, worker):
    worker.stop()
    command = [sys.executable, "-m", "celery", "-A", "vision_site", "worker", "-c", "2"]
    few = subprocess.Popen(command, cwd=ROOT, env=site.environment, stderr=subprocess.DEVNULL)
    try:
        slots = "SELECT slots FROM describer_worker"
        until(
            lambda: [row[0] for row in Database(site).rows(slots)] == [2], "it says that it takes two at once"
        )
        rows = [site.ask(PICTURE, question=f"Two {number}?")["id"] for number in range(5)]
        assert {site.finished(row)["status"] for row in rows} == {"done"}
    finally:
        few.terminate()
        few.wait(30)
        worker.start()
