"""One person's many calls and pages beside another's one (FE06)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests

from tests.endpoint import answer, held
from tests.outside.people import EVE
from tests.outside.v1.world import asked, fault, world_of_people
from tests.site import until

pytestmark = pytest.mark.site
PLACES, SHARE = 4, 3
VARIABLES = {
    "ENDPOINT_CONCURRENCY": str(PLACES),
    "LIVE_STREAMS_PER_PERSON": "3",
    "LIVE_STREAMS": "5",
    "UPLOAD_SILENCE_SECONDS": "5",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with world_of_people(tmp_path_factory.mktemp("shares"), **VARIABLES) as opened:
        assert opened.post("Warm?").ok
        yield opened


def of_eve(world, question, **body):
    key = world.people["eve"]["Authorization"].partition(" ")[2]
    return world.post(question, send={"key": key}, **body)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_fe06_anothers_call_is_served_while_one_person_has_all_that_one_may(world, stream):
    gate, question = threading.Event(), f"Mine, {stream}?"
    world.plays(question, held(gate, answer("At last.")))
    mine = [world.later(question) for _ in range(16)]
    try:
        until(lambda: len(world.sent(question)) == SHARE, "as many are asked as one person may have")
        for number in range(3):
            assert of_eve(world, f"Hers, {stream} {number}?", stream=stream).status_code == 200
        assert len(world.sent(question)) == SHARE
        fault(world.post("One too many?"), 429, "queue_full")
    finally:
        gate.set()
    assert {call.result().status_code for call in mine} == {200}


def test_fe06_a_limit_of_calls_in_flight_is_shared_as_well_and_its_places_go_in_turn(world):
    gate = threading.Event()
    world.plays("Limited, mine?", held(gate, answer("At last.")))
    world.plays("Limited, hers?", answer("Quick.", delay=0.1))
    with world.limited(PLACES):
        mine = [world.later("Limited, mine?") for _ in range(12)]
        try:
            until(
                lambda: len(world.sent("Limited, mine?")) == SHARE, "as many are asked as one person may have"
            )
            for _ in range(2):
                assert of_eve(world, "Limited, hers?").status_code == 200
            assert len(world.sent("Limited, mine?")) == SHARE
        finally:
            gate.set()
        assert {call.result().status_code for call in mine} == {200}


def test_fe06_with_a_single_place_people_take_turns(world):
    gate = threading.Event()
    world.plays("Single, mine?", held(gate, answer("Mine.")))
    waiting = (
        "SELECT count(*) FROM describer_description WHERE status = 'waiting' AND question LIKE 'Single%'"
    )
    with world.limited(1), ThreadPoolExecutor() as threads:
        mine = [world.later("Single, mine?") for _ in range(3)]
        until(lambda: world.rows.rows(waiting) == [(2,)], "all of mine but one wait")
        hers = threads.submit(of_eve, world, "Single, hers?")
        until(lambda: world.rows.rows(waiting) == [(3,)], "hers waits, too")
        gate.set()
        assert {call.result().status_code for call in [*mine, hers]} == {200}
    order = [asked(call) for call in world.endpoint.calls if asked(call).startswith("Single")]
    assert order[-1] == "Single, mine?"
    assert order.count("Single, hers?") == 1


def opened(world, person):
    return person.get(f"{world.site.url}/live/", stream=True, timeout=10)


def test_fe06_one_persons_live_streams_leave_room_for_others(world):
    mine, hers = world.site.login(), world.site.login(**EVE)
    with ExitStack() as stack:
        streams = [stack.enter_context(opened(world, mine)) for _ in range(3)]
        assert {stream.status_code for stream in streams} == {200}
        refused = stack.enter_context(opened(world, mine))
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert "of yours" in refused.text
        assert {stack.enter_context(opened(world, hers)).status_code for _ in range(2)} == {200}
        assert stack.enter_context(opened(world, hers)).status_code == 503
    began = time.monotonic()
    with requests.Session() as session:
        session.cookies.update(mine.cookies)

        def open_again():
            with opened(world, session) as stream:
                return stream.status_code == 200

        until(open_again, "what was closed is free again", 40)
    assert time.monotonic() - began < 40
