"""Case E20 of our own endpoint: the same Idempotency-Key is the same description."""

import threading

import pytest

from tests.endpoint import answer, chunks, cut_json, error, held, sse
from tests.gallery import picture
from tests.images.pictures import photo
from tests.outside.v1.world import USAGE, WITH_USAGE, events, fault, text_of
from tests.site import until

pytestmark = pytest.mark.site


def test_e20_the_same_key_and_body_is_the_same_description(world):
    gate = threading.Event()
    world.plays("Once?", held(gate, answer("Once.")))
    token = {"Idempotency_Key": "order-1"}
    first, second = (world.later("Once?", send=token) for _ in range(2))
    until(lambda: world.found("Once?"), "it is there")
    world.endpoint.wait_for_calls(1)
    gate.set()
    answers = [first.result(), second.result(), world.post("Once?", send=token)]
    assert [reply.status_code for reply in answers] == [200] * 3
    assert len({reply.headers["x-description-id"] for reply in answers}) == 1
    assert len({reply.text for reply in answers}) == 1
    assert [reply.headers.get("idempotent-replayed") for reply in answers].count("true") == 2
    assert answers[2].headers["idempotent-replayed"] == "true"
    assert len(world.sent("Once?")) == 1
    changed = world.post("Once?", send=token, temperature=1)
    fault(changed, 422, "idempotency_key_reused")
    other = world.post("Once?", send=token | {"key": world.person("token-of-another")})
    assert "idempotent-replayed" not in other.headers
    too_long = world.post("Once?", send={"Idempotency_Key": "x" * 256})
    fault(too_long, 400, "invalid_value", "Idempotency-Key")


def test_e20_a_stream_is_given_again_as_a_stream(world):
    world.plays("Again in a stream?", sse(*chunks("Two boats.")))
    token = {"Idempotency_Key": "order-2"}
    first, *others = (world.streamed("Again in a stream?", send=token, **WITH_USAGE) for _ in range(6))
    for again in others:
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["x-description-id"] == first.headers["x-description-id"]
        found = events(again.text)
        assert (text_of(found), found[-1]) == ("Two boats.", "[DONE]")
        assert found[-2]["usage"] == USAGE
        assert found[0]["choices"][0]["delta"]["role"] == "assistant"
        assert len({one["id"] for one in found[:-1]} | {events(first.text)[0]["id"]}) == 1
    assert len(world.sent("Again in a stream?")) == 1


def test_e20_a_link_is_not_followed_again(world, gallery):
    link, token = gallery.shows("/once.jpg", picture(photo(80, 60))), {"Idempotency_Key": "order-5"}
    first = world.post("Link once?", link, send=token)
    gallery.shows("/once.jpg", error(404, "Gone."))
    again = world.post("Link once?", link, send=token)
    assert (again.status_code, again.text) == (200, first.text)
    assert again.headers["idempotent-replayed"] == "true"
    assert [call.path for call in gallery.calls].count("/once.jpg") == 1


def test_e20_what_failed_for_nothing_is_asked_anew_and_what_was_paid_is_not(world):
    world.plays("Anew?", error(400, "No."), answer("Now."))
    token = {"Idempotency_Key": "order-3"}
    failed = world.post("Anew?", send=token)
    assert failed.status_code == 400
    now = world.post("Anew?", send=token)
    assert (now.status_code, now.json()["choices"][0]["message"]["content"]) == (200, "Now.")
    assert now.headers["x-description-id"] != failed.headers["x-description-id"]
    assert "idempotent-replayed" not in now.headers
    world.plays("Paid?", cut_json(), answer("Never."))
    token = {"Idempotency_Key": "order-4"}
    paid = [world.post("Paid?", send=token) for _ in range(2)]
    for one in paid:
        fault(one, 502, "bad_answer")
        assert one.headers["x-should-retry"] == "false"
    assert paid[1].headers["idempotent-replayed"] == "true"
    assert len(world.sent("Paid?")) == 1
