"""Cases E30, E35 and E36 of our own endpoint: what takes too long, too many calls, and a site that stops or dies in a call.

A site of its own, with little patience; the tests stop it and start it again, in their order.
"""

import json
import signal
import threading
import time

import pytest
import requests

from tests import wire
from tests.endpoint import ScriptedEndpoint, answer, error, hang, held
from tests.outside.cluster import QUICK, asking
from tests.outside.process import megabytes
from tests.outside.v1.world import PATH, World, fault
from tests.site import Site, until

pytestmark = pytest.mark.site
LITTLE = {
    "VISION_CALL_TIMEOUT": "6",
    "ENDPOINT_CONCURRENCY": "2",
    "GRACE_SECONDS": "2",
    "SQLITE_WAIT_SECONDS": "4",
}
IN_LINE = 8  # four times as many as at once


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with (
        ScriptedEndpoint() as endpoint,
        Site(tmp_path_factory.mktemp("ends"), **(QUICK | asking(endpoint) | LITTLE)) as site,
    ):
        world = World(site, endpoint)
        assert world.post("Warm?").ok  # the first call takes longer; what follows is timed
        yield world


def test_e30_what_takes_longer_than_a_whole_call_may_is_told_and_recorded_all_the_same(world):
    world.plays("Too long?", hang(2.0), answer("After all.", delay=4.3))
    began = time.monotonic()
    got = world.post("Too long?")
    fault(got, 504, "timeout")
    assert got.headers["x-should-retry"] == "false"
    assert 5.5 < time.monotonic() - began < 15
    row = world.ended("Too long?")
    assert row["id"] == int(got.headers["x-description-id"])
    assert (row["status"], row["error"]) == ("done", None)
    assert row["choices"][0]["content"] == "After all."
    assert row["usage"]["total_tokens"] == 21


def test_e35_more_calls_than_may_stand_in_line_are_told_to_come_later(world):
    gate = threading.Event()
    world.plays("Crowd?", held(gate, answer("In turn.")))
    calls = [world.later("Crowd?") for _ in range(IN_LINE + 4)]
    try:
        until(lambda: sum(call.done() for call in calls) == 4, "four are refused")
        models = requests.get(f"{world.site.url}/v1/models", headers=world.site.bearer, timeout=5)
        assert models.status_code == 200  # behind no call
    finally:
        gate.set()
    replies = [call.result() for call in calls]
    refused = [reply for reply in replies if reply.status_code != 200]
    assert len(refused) == 4
    for reply in refused:
        fault(reply, 429, "queue_full")
        assert int(reply.headers["retry-after"]) > 0
        assert "x-should-retry" not in reply.headers
    assert len(world.sent("Crowd?")) == IN_LINE


def test_bodies_of_calls_that_stand_in_line_take_no_memory(world):
    gate, body = threading.Event(), b" " * (30 * 2**20)
    world.plays("At work?", held(gate, answer()))
    under_way = [world.later("At work?") for _ in range(2)]
    until(lambda: len(world.sent("At work?")) == 2, "no thread is free")
    before = megabytes(world.site)
    calls = [world.threads.submit(world.send, body) for _ in range(IN_LINE + 2)]
    try:
        until(lambda: sum(call.done() for call in calls) == 4, "the line is full")
        assert megabytes(world.site) - before < 90
    finally:
        gate.set()
    assert [call.result().status_code for call in under_way] == [200] * 2
    assert sorted(call.result().status_code for call in calls) == [400] * 6 + [429] * 4


def test_e36_a_database_that_cannot_be_written_is_told_and_nothing_is_sent(world):
    with world.rows.locked():
        got = world.post("Locked?")
        fault(got, 503, "busy")
        assert int(got.headers["retry-after"]) > 0
    assert world.sent("Locked?") == []
    assert world.post("Open again?").status_code == 200


def test_e34_after_a_fault_of_the_sites_own_within_a_call_nobody_shall_repeat_it(world):
    world.plays("Fault midway?", error(500, "Perhaps billed.", headers={"retry-after": "1"}))
    call = world.later("Fault midway?")
    until(
        lambda: (world.found("Fault midway?") or {}).get("status") == "waiting", "it waits for its next try"
    )
    with world.limited('"many"'):  # what no form lets through
        got = call.result()
    fault(got, 500, "internal_error")
    assert got.headers["x-should-retry"] == "false"
    assert got.headers["x-description-id"]
    assert len(world.sent("Fault midway?")) == 1


def test_e36_a_call_whose_process_dies_fails_as_unknown_and_is_not_asked_again(world):
    gate = threading.Event()
    world.plays("Dying?", held(gate, answer("For nobody.")))
    token = {"Idempotency_Key": "dying-1"}
    call = world.later("Dying?", send=token)
    until(lambda: world.sent("Dying?"), "it is sent on")
    world.site.kill()
    with pytest.raises(requests.ConnectionError):
        call.result()
    gate.set()
    world.site.start()
    row = world.ended("Dying?")
    assert (row["status"], row["error"]["code"]) == ("failed", "connection_lost")
    (attempt,) = row["attempts"]
    assert (attempt["state"], attempt["billed"]) == ("unknown", "unknown")
    again = world.post("Dying?", send=token)
    fault(again, 502, "connection_lost")
    assert (again.headers["idempotent-replayed"], again.headers["x-should-retry"]) == ("true", "false")
    assert int(again.headers["x-description-id"]) == row["id"]
    assert len(world.sent("Dying?")) == 1


def test_e36_a_site_that_stops_ends_what_it_can_and_takes_no_more(world):
    ends, never = threading.Event(), threading.Event()
    world.plays("Ends in time?", held(ends, answer("In time.")))
    world.plays("Never ends?", held(never, answer("For nobody.")))
    in_time = world.later("Ends in time?")
    until(lambda: world.sent("Ends in time?"), "it is sent on")
    data = json.dumps(world.body("Late?")).encode()
    lines = [f"{name}: {value}" for name, value in world.headers().items()]
    lost = world.later("Never ends?")
    until(lambda: world.sent("Never ends?"), "it is sent on")
    with wire.connected(world.site) as late:
        begun = wire.head(f"POST {PATH}", *lines, f"Content-Length: {len(data)}")
        wire.sent(late, [begun, data[:9]])
        requests.get(f"{world.site.url}/healthz", timeout=10)  # what was sent before is read
        world.site.process.send_signal(signal.SIGTERM)
        until(lambda: is_closed(world.site), "it takes no connections any more")
        wire.sent(late, [data[9:]])
        told = wire.received(late)
    ends.set()
    assert (told.status, told.error["code"], told.error["type"]) == (503, "unavailable", "server_error")
    assert int(told.headers["retry-after"]) > 0
    assert in_time.result().json()["choices"][0]["message"]["content"] == "In time."
    told = fault(lost.result(), 503, "unavailable")
    assert "may have been billed" in told["message"]
    assert lost.result().headers["x-should-retry"] == "false"
    assert world.site.gone(15) == 0
    never.set()
    shown = "status, error_code FROM describer_description WHERE question"
    assert world.rows.rows(f"SELECT {shown} = 'Ends in time?'") == [("done", "")]
    assert world.rows.rows(f"SELECT {shown} = 'Never ends?'") == [("failed", "connection_lost")]
    assert world.rows.rows(f"SELECT {shown} = 'Late?'") == []
    states = world.rows.attempts()
    assert "sent" not in {state for of_one in states.values() for state in of_one}


def is_closed(site):
    try:
        wire.connected(site, 1).close()
    except OSError:
        return True
    return False
