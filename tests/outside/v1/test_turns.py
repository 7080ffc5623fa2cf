"""Calls at our own endpoint whose turn does not come: the gate before the endpoint is shut, or narrow (FD07)."""

import threading
import time

import pytest

from tests.endpoint import ScriptedEndpoint, answer, chunks, close_silently, error, held, sse
from tests.outside.cluster import QUICK, asking
from tests.outside.v1.world import World, events, fault, text_of
from tests.site import Site, until

pytestmark = pytest.mark.site
WAIT = 2
LIMITS = {"ENDPOINT_WAIT_SECONDS": str(WAIT), "VISION_MAX_IN_FLIGHT": "1", "PERSON_SHARE_PERCENT": "100"}
LATER = error(429, "Slower.", headers={"Retry-After": "90"})


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with (
        ScriptedEndpoint() as endpoint,
        Site(tmp_path_factory.mktemp("turns"), **(QUICK | asking(endpoint) | LIMITS)) as site,
    ):
        world = World(site, endpoint)
        assert world.post("Warm?").ok  # the first call takes longer; what follows is timed
        yield world


@pytest.fixture
def world(opened):
    yield opened
    opened.calm()


def timed(world, question, **body):
    began = time.monotonic()
    reply = world.post(question, **body)
    return reply, time.monotonic() - began


def test_fd07_a_call_that_would_wait_longer_than_it_may_is_told_at_once_when(world):
    world.plays("Shut?", LATER)
    for calls in (1, 1):  # the second finds the gate shut and is not sent
        reply, seconds = timed(world, "Shut?")
        told = fault(reply, 429, "rate_limit_exceeded")
        assert "at most: ask again later, or for a stream" in told["message"]
        assert 60 < int(reply.headers["retry-after"]) <= 91
        assert "x-should-retry" not in reply.headers
        assert seconds < WAIT
        assert len(world.sent("Shut?")) == calls
    row = world.row(reply)
    assert (row["status"], row["error"]["code"], row["attempts"]) == ("failed", "rate_limited", [])


def test_fd07_a_stream_waits_on_and_hears_it(world):
    world.plays("Shuts it?", LATER)
    fault(world.post("Shuts it?"), 429, "rate_limit_exceeded")
    world.plays("Streams?", sse(*chunks("At last.")))
    stream = world.later("Streams?", stream=True)
    until(lambda: (world.found("Streams?") or {}).get("status") == "waiting", "it waits")
    began = time.monotonic()
    until(
        lambda: time.monotonic() - began > WAIT + 0.5, "it has waited longer than a call without a stream may"
    )
    assert not stream.done()
    world.calm()
    assert text_of(events(stream.result().text)) == "At last."


def test_fd07_where_nobody_knows_how_long_it_takes_its_patience_is_waited_out(world):
    gate = threading.Event()
    world.plays("Holds the place?", held(gate, answer("In its turn.")))
    first = world.later("Holds the place?")
    until(lambda: world.sent("Holds the place?"), "it is under way")
    try:
        reply, seconds = timed(world, "No place?")
        fault(reply, 429, "rate_limit_exceeded")
        assert WAIT - 0.1 < seconds < WAIT + 5
        assert int(reply.headers["retry-after"]) > 0
        assert "x-should-retry" not in reply.headers
        assert world.sent("No place?") == []
    finally:
        gate.set()
    assert first.result().status_code == 200
    assert world.post("No place?").status_code == 200


def test_fd07_sdks_shall_not_repeat_what_may_have_been_paid_before(world):
    world.plays("Paid before?", close_silently(), LATER)
    reply, _ = timed(world, "Paid before?")
    fault(reply, 429, "rate_limit_exceeded")
    assert reply.headers["x-should-retry"] == "false"
    assert [attempt["billed"] for attempt in world.row(reply)["attempts"]] == ["unknown", "no"]


def test_fd07_the_same_key_asks_anew_what_was_told_to_come_later(world):
    world.plays("Same key?", LATER, answer("Now."))
    token = {"Idempotency_Key": "later-1"}
    fault(world.post("Same key?", send=token), 429, "rate_limit_exceeded")
    world.calm()
    again = world.post("Same key?", send=token)
    assert (again.status_code, again.json()["choices"][0]["message"]["content"]) == (200, "Now.")
