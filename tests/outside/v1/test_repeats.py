"""Calls that clients make again although the first may have been paid: each is shown beside the other (FD05)."""

import threading

import pytest
import requests

from tests.endpoint import answer, cut_json, error, held
from tests.outside.v1.world import fault
from tests.site import until

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def owner(world):
    with world.site.login() as person:
        yield person


def page(world, owner, reply):
    number = reply.headers["x-description-id"]
    text = owner.get(f"{world.site.url}/descriptions/{number}/", timeout=10).text
    return int(number), " ".join(text.split())


def shown(number):
    return f'<a href="/descriptions/{number}/">description {number}</a>'


def test_fd05_a_call_that_comes_again_after_one_that_may_have_been_paid_is_shown_beside_it(world, owner):
    world.plays("Repeated?", cut_json(), answer("Two boats."))
    first, second = world.post("Repeated?"), world.post("Repeated?")
    fault(first, 502, "bad_answer")
    assert second.status_code == 200
    (first_id, told), (second_id, beside) = page(world, owner, first), page(world, owner, second)
    assert f"Asked again as {shown(second_id)}: the same body with the same key." in told
    assert f"Repeats {shown(first_id)}, whose call may have been billed." in beside
    assert "Repeats" not in told and "Asked again" not in beside


@pytest.mark.parametrize("what", ["body", "key", "free", "answered", "late"])
def test_fd05_what_is_no_repeat_is_not_called_one(world, owner, what):
    question = f"No repeat by {what}?"
    steps = {"free": error(400, "No."), "answered": answer("Two boats.")}
    world.plays(question, steps.get(what) or cut_json(), answer("Two boats."))
    first = world.post(question)
    if what == "late":
        number = first.headers["x-description-id"]
        moved = "datetime(finished, '-2 minutes')"
        world.rows.do(f"UPDATE describer_description SET finished = {moved} WHERE id = {number}")
    send = {"key": world.site.new_key("another")} if what == "key" else {}
    second = world.post(question, send=send, **({"temperature": 1} if what == "body" else {}))
    for reply in (first, second):
        assert "Asked again as" not in page(world, owner, reply)[1]
        assert "whose call may" not in page(world, owner, reply)[1]


def test_fd05_whoever_hangs_up_and_calls_again_sees_it_too(world, owner):
    gate = threading.Event()
    world.plays("Hung up?", held(gate, answer("For nobody.")), answer("For somebody."))
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{world.site.url}/v1/chat/completions",
            json=world.body("Hung up?"),
            headers=world.headers(),
            timeout=1,
        )
    first = world.found("Hung up?")["id"]
    second = requests.post(
        f"{world.site.url}/v1/chat/completions",
        json=world.body("Hung up?"),
        headers=world.headers(),
        timeout=30,
    )
    gate.set()
    until(lambda: world.site.description(first)["client_gone"], "it is known that the caller is gone")
    assert f"Repeats {shown(first)}" in page(world, owner, second)[1]
