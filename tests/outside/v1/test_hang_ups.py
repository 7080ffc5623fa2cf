"""Case E32 of our own endpoint: callers who go away, and calls that others cancel or delete."""

import json
import socket
import threading

import pytest
import requests

from tests import wire
from tests.endpoint import answer, chunks, held, sse
from tests.outside.v1.world import PATH, ROLELESS, TOP, USAGE, WHOLE_AND_STREAM, fault, paused
from tests.site import until

pytestmark = pytest.mark.site


def hung_up(world, question, **body):
    """Send a call and go away once it reached the site."""
    data = json.dumps(world.body(question, **body)).encode()
    lines = [f"{name}: {value}" for name, value in world.headers().items()]
    with wire.connected(world.site) as connection:
        wire.sent(connection, [wire.head(f"POST {PATH}", *lines, f"Content-Length: {len(data)}"), data])
        until(lambda: world.found(question), "the site has it")
        yield connection
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):  # until the site has seen it, and hangs up as well
            pass


@WHOLE_AND_STREAM
def test_e32_a_caller_who_goes_away_is_paid_for_and_recorded(world, body):
    gate, question = threading.Event(), f"Gone {len(body)}?"
    step = sse(*chunks("For nobody.")) if body else answer("For nobody.")
    world.plays(question, held(gate, step))
    for _ in hung_up(world, question, **body):
        until(lambda: world.sent(question), "it is sent on")
    gate.set()
    row = world.ended(question)
    assert (row["status"], row["choices"][0]["content"]) == ("done", "For nobody.")
    assert (row["usage"]["total_tokens"], row["attempts"][0]["billed"]) == (21, "yes")
    until(lambda: world.site.description(row["id"])["client_gone"], "it is noted that they are gone")


def test_e32_a_caller_who_goes_away_midway_in_a_stream(world):
    gate = threading.Event()
    usage = TOP | {"choices": [], "usage": USAGE}
    world.plays("Gone midway?", paused(gate, *ROLELESS[:3], usage, "[DONE]"))
    with world.begun("Gone midway?") as got:
        assert "Two " in next(got.iter_lines(chunk_size=1, decode_unicode=True))
    row = world.row(got)
    gate.set()
    row = world.site.finished(row["id"])
    assert (row["status"], row["choices"][0]["content"]) == ("done", "Two boats.")
    assert row["usage"]["total_tokens"] == 21
    until(lambda: world.site.description(row["id"])["client_gone"], "it is noted that they are gone")


def test_e32_what_was_not_sent_yet_is_cancelled(world):
    gate = threading.Event()
    world.plays("Before it?", held(gate, answer()))
    with world.limited(1):
        first = world.later("Before it?")
        until(lambda: world.sent("Before it?"), "the only call is under way")
        for _ in hung_up(world, "Waiting?"):
            until(lambda: world.found("Waiting?")["status"] == "waiting", "it waits")
        row = world.ended("Waiting?")
        assert (row["status"], row["attempts"]) == ("cancelled", [])
        gate.set()
        assert first.result().status_code == 200
    assert world.sent("Waiting?") == []


@WHOLE_AND_STREAM
def test_a_call_that_is_cancelled_while_it_is_under_way_is_answered_in_words(world, body):
    gate, question = threading.Event(), f"Cancelled {len(body)}?"
    world.plays(question, held(gate, answer("Too late.")))
    call = world.later(question, **body)
    until(lambda: world.sent(question), "it is sent on")
    number = world.found(question)["id"]
    address = f"{world.site.url}/api/descriptions/{number}/cancel"
    assert requests.post(address, headers=world.site.bearer, timeout=10).json()["status"] == "cancelled"
    gate.set()
    got = call.result()
    message = fault(got, 400, "cancelled")["message"]
    assert "cancelled" in message
    assert got.headers["x-should-retry"] == "false"
    row = world.row(got)
    assert (row["status"], row["attempts"][0]["usage"]["total_tokens"]) == ("cancelled", 21)


def deleted(world, question):
    address = f"{world.site.url}/api/descriptions/{world.found(question)['id']}"
    assert requests.delete(address, headers=world.site.bearer, timeout=10).status_code == 204


def test_a_call_that_is_deleted_is_answered_in_words_and_not_repeated(world):
    gate = threading.Event()
    world.plays("Deleted?", held(gate, answer("For nobody.")))
    with world.limited(1):
        call = world.later("Deleted?")
        until(lambda: world.sent("Deleted?"), "it is sent on")
        waits = world.later("Deleted while it waits?")
        until(lambda: world.found("Deleted while it waits?"), "another waits")
        deleted(world, "Deleted while it waits?")
        fault(waits.result(), 400, "cancelled")  # before there is room for it
        deleted(world, "Deleted?")
        gate.set()
        got = call.result()
        fault(got, 400, "cancelled")
        assert got.headers["x-should-retry"] == "false"
    assert world.sent("Deleted while it waits?") == []


def test_a_call_that_is_cancelled_on_its_page_while_it_waits_is_answered_and_never_sent(world):
    gate = threading.Event()
    world.plays("In its way?", held(gate, answer()))
    with world.limited(1), world.site.login() as person:
        first = world.later("In its way?")
        until(lambda: world.sent("In its way?"), "the only call is under way")
        call = world.later("Cancelled on its page?")
        until(lambda: (world.found("Cancelled on its page?") or {}).get("status") == "waiting", "it waits")
        number = world.found("Cancelled on its page?")["id"]
        headers = {"X-CSRFToken": person.cookies["csrftoken"], "Referer": world.site.url}
        assert person.post(f"{world.site.url}/descriptions/{number}/cancel/", headers=headers, timeout=10).ok
        fault(call.result(), 400, "cancelled")
        gate.set()
        first.result()
    assert world.sent("Cancelled on its page?") == []
