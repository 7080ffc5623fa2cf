"""An endpoint's chunks on their way to our own caller."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from describer.chat.completion import Usage
from describer.chat.relay import Relay, completed
from describer.chat.stream import assembled
from tests.steps import chunks, completion, event

TOP = {"id": "c-1", "object": "chat.completion.chunk", "created": 7, "model": "m"}
STREAM = b": hello\n\n" + b"".join(map(event, chunks("Zwei Boote \u2014 \u4e2d \U0001f600.")))


def chunk(delta, **more):
    return TOP | {"choices": [{"index": 0, "delta": delta, "finish_reason": None} | more]}


class Heard(list[bytes]):
    """What a caller hears."""

    def relay(self, *pieces, usage=True, key=""):
        relay = Relay(self.append, name="ours", usage=usage)
        relay.restart(key)
        for piece in pieces:
            relay.feed(piece)
        relay.feed(b"", last=True)
        return relay

    @property
    def events(self):
        frames = b"".join(self).decode().split("\n\n")
        assert frames.pop() == ""
        return [frame[6:] if frame == "data: [DONE]" else json.loads(frame.removeprefix("data: ")) for frame in frames]  # fmt: skip


def relayed(*given_chunks, **options):
    """The events of a whole stream, finished as the thread of a call does it."""
    heard = Heard()
    relay = heard.relay(*map(event, given_chunks), **options)
    body = relay.assembly.body()
    relay.finish(body, body.get("usage"))
    return heard.events


def test_a_good_stream_passes_as_it_came():
    assert relayed(*chunks("Two boats.")) == chunks("Two boats.")
    assert relayed(*chunks("Two boats."), usage=False) == [*chunks("Two boats.")[:-2], "[DONE]"]


@settings(deadline=None)
@given(st.sets(st.integers(1, len(STREAM) - 1), max_size=12))
def test_any_split_of_a_stream_gives_the_same_frames(places):
    cuts = [0, *sorted(places), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]
    whole, split = Heard(), Heard()
    first, second = whole.relay(STREAM), split.relay(*pieces)
    assert b"".join(split) == b"".join(whole)
    assert second.assembly.body() == first.assembly.body() == assembled(STREAM).body()


@settings(deadline=None)
@given(st.lists(st.sampled_from([chunk({"role": "assistant"}), chunk({"content": "a"}), chunk({}), {"choices": []}, {}, {"usage": {}}, "[DONE]", {"error": {"message": "x"}}, "ping", b"\n", b"data:\n\n", {"choices": [7, {}]}, {"choices": [{"delta": 7, "index": "x"}]}, {"choices": [{"text": "a"}]}, {"id": 7, "created": "x", "choices": [{"delta": {"content": "b"}, "index": 3}]}]), max_size=8))  # fmt: skip
def test_whatever_comes_what_goes_on_is_well_formed(given_chunks):
    heard = Heard()
    heard.relay(*map(event, given_chunks))
    seen = set()
    for one in heard.events:
        assert one["object"] == "chat.completion.chunk"
        assert isinstance(one["id"], str) and one["id"] and type(one["created"]) is int
        for choice in one["choices"]:
            assert isinstance(choice["delta"], dict)
            assert choice["index"] in seen or choice["delta"]["role"]
            seen.add(choice["index"])
    assert len({one["id"] for one in heard.events}) <= 1


def test_nothing_goes_on_before_the_first_words():
    heard = Heard()
    relay = heard.relay(event(chunk({"role": "assistant"})), event(chunk({"content": ""})))
    assert (heard, relay.begun, relay.heard) == ([], False, True)
    relay.feed(event(chunk({"content": "a"})))
    assert relay.begun and len(heard) == 3


def test_another_call_begins_anew():
    heard = Heard()
    relay = heard.relay(event(chunk({"role": "assistant"})))
    relay.restart("")
    relay.feed(event(chunk({"content": "a"}) | {"id": "c-2"}))
    (only,) = heard.events
    assert (only["id"], only["choices"][0]["delta"]) == ("c-2", {"role": "assistant", "content": "a"})


def test_the_endpoints_key_goes_to_nobody():
    heard = Heard()
    relay = heard.relay(event(chunk({"content": "It is sk-secret-key."})), key="sk-secret-key")
    assert b"sk-secret-key" not in b"".join(heard)
    assert "sk-secret-key" not in json.dumps(relay.assembly.body())


def test_tool_calls_and_thoughts_are_words_too():
    for delta in ({"tool_calls": [{"index": 0}]}, {"reasoning_content": "Hm."}, {"refusal": "No."}):
        heard = Heard()
        assert heard.relay(event(chunk(delta))).begun
    assert Heard().relay(event(chunk({}, finish_reason="stop"))).begun


def test_what_comes_in_one_piece_goes_on_as_chunks():
    heard = Heard()
    relay = Relay(heard.append, name="ours", usage=True)
    body = completion("Two boats.", n=2)
    relay.finish(body, body["usage"])
    *found, usage, done = heard.events
    assert [one["choices"][0]["index"] for one in found] == [0, 0, 1, 1]
    assert [one["choices"][0]["finish_reason"] for one in found] == [None, "stop", None, "stop"]
    assert (usage["choices"], usage["usage"], done) == ([], body["usage"], "[DONE]")
    assert all("usage" not in one for one in found)


def test_a_failure_ends_without_done():
    heard = Heard()
    heard.relay(event(chunk({"content": "a"}))).fail({"message": "Gone."})
    assert heard.events[-1] == {"error": {"message": "Gone."}}


def test_a_body_is_filled_in_and_else_left_as_it_is():
    body = completion("x") | {"citations": [1]}
    assert completed(body, name="ours", estimate=None) == body
    bare = {"choices": body["choices"], "id": "", "usage": None}
    filled = completed(
        bare, name="ours", estimate=Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
    )
    assert (filled["id"], filled["object"], type(filled["created"])) == ("ours", "chat.completion", int)
    assert filled["usage"]["total_tokens"] == 3 and filled["usage"]["estimated"] is True
    assert bare["usage"] is None
