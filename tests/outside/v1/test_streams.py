"""Cases E27 and E28 of our own endpoint: a stream comes as the contract says, whatever the endpoint's is like."""

import threading

import pytest

from tests.endpoint import answer, chunks, sse
from tests.outside.v1.world import ROLELESS, TOP, USAGE, WITH_USAGE, chunk, events, finished, paused, text_of
from tests.steps import encoded

pytestmark = pytest.mark.site


def test_e27_a_stream_comes_as_the_contract_says(world):
    world.plays("Stream?", sse(*chunks("Two boats.")))
    got = world.streamed("Stream?", **WITH_USAGE)
    assert got.status_code == 200
    assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (got.headers["cache-control"], got.headers["x-accel-buffering"]) == ("no-store", "no")
    assert got.headers["x-request-id"] and got.headers["access-control-allow-origin"] == "*"
    found = events(got.text)
    assert found == chunks("Two boats.")
    row = world.row(got)
    assert (row["status"], row["usage"]) == ("done", USAGE | {"estimated": False})
    assert row["choices"][0]["content"] == "Two boats."
    assert row["parameters"] == {"stream": True, **WITH_USAGE}
    sent = world.sent("Stream?")[0]
    assert "text/event-stream" in sent.headers["accept"]


def test_e27_o22_usage_is_always_asked_for_and_seen_by_those_who_asked(world):
    for options in ({}, {"stream_options": None}, {"stream_options": {"include_usage": False, "x": 1}}):
        question = f"Usage {len(str(options))}?"
        world.plays(question, sse(*chunks("Two boats.")))
        got = world.streamed(question, **options)
        found = events(got.text)
        assert found == [one for one in chunks("Two boats.") if one == "[DONE]" or one["choices"]]
        kept = {"x": 1} if "x" in str(options) else {}
        assert world.sent(question)[0].body["stream_options"] == kept | {"include_usage": True}
        assert world.row(got)["usage"]["total_tokens"] == 21


CRLF = b"".join(b"data: " + encoded(one) + b"\r\n\r\n" for one in ROLELESS[:3]) + b"data: [DONE]\r\n\r\n"
STREAMS = {
    "role missing": ROLELESS,
    "comments and pings": (b": OPENROUTER PROCESSING\n\n", b":\n\n", b"data: : ping\n\n", b"data:\n\n", b"event: ping\n\n", b"id: 7\nretry: 3\n\n", *ROLELESS),
    "CRLF": (CRLF,),
    "torn": tuple(CRLF[place : place + 1] for place in range(len(CRLF))),
    "no [DONE]": ROLELESS[:3],
    "no finish": (*ROLELESS[:2], "[DONE]"),
    "filter results first": (TOP | {"choices": [], "prompt_filter_results": [{}]}, *ROLELESS),
    "empty deltas": (chunk({"role": "assistant", "content": None}), chunk({"content": ""}), chunk({}), *ROLELESS),
    "lines of one event": (b'data: {"id": "chatcmpl-9", "object": "chat.completion.chunk",\ndata: "created": 7, "model": "scripted-model", "choices": [{"index": 0, "delta": {"content": "Two boats."}}]}\n\n', finished(), "[DONE]"),
    "usage in many chunks": (chunk({"content": "Two "}, usage={**USAGE, "completion_tokens": 1}), chunk({"content": "boats."}, usage=USAGE), finished(usage=USAGE), TOP | {"choices": [], "usage": USAGE}, "[DONE]"),
    "usage on the finish": (*ROLELESS[:2], finished(usage=USAGE), "[DONE]"),
    "no id": ({**ROLELESS[0], "id": ""}, {**ROLELESS[1], "id": None}, {key: value for key, value in finished().items() if key not in ("id", "object", "created")}, "[DONE]"),
    "ids that change": ({**ROLELESS[0], "id": "a"}, {**ROLELESS[1], "id": "b"}, finished(id="c"), "[DONE]"),
    "after the end": (*ROLELESS, chunk({"content": "More."}), "[DONE]"),
    "reasoning": (chunk({"reasoning_content": "Hm."}), *ROLELESS),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_e27_e28_a_stream_of_any_kind_comes_out_well_formed(world, name):
    world.plays(f"{name}?", sse(*STREAMS[name]))
    got = world.streamed(f"{name}?", **WITH_USAGE)
    assert got.status_code == 200, got.text
    assert not [line for line in got.text.split("\n") if line and not line.startswith("data: ")]
    *found, usage, done = events(got.text)
    assert (text_of(found), done) == ("Two boats.", "[DONE]")
    ids = {one["id"] for one in (*found, usage)}
    assert len(ids) == 1 and "" not in ids and None not in ids
    assert {one["object"] for one in (*found, usage)} == {"chat.completion.chunk"}
    assert all(type(one["created"]) is int for one in (*found, usage))
    assert found[0]["choices"][0]["delta"]["role"] == "assistant"
    assert all(one.get("usage") is None for one in found)
    assert usage["choices"] == []
    reported = "usage" in name
    assert usage["usage"] == USAGE if reported else usage["usage"]["estimated"] is True
    row = world.row(got)
    assert (row["status"], row["choices"][0]["content"]) == ("done", "Two boats.")
    assert row["usage"] == USAGE | {"estimated": False} if reported else row["usage"] == usage["usage"]
    if name == "no id":
        assert ids == {f"chatcmpl-{row['id']}"}
    if name != "no finish":
        assert found[-1]["choices"][0]["finish_reason"] == "stop"


def test_i24_one_json_in_place_of_a_stream_becomes_one(world):
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    world.plays("Whole?", answer("Two boats.", n=2, tool_calls=calls))
    got = world.streamed("Whole?", **WITH_USAGE)
    *found, usage, done = events(got.text)
    assert (done, usage["usage"], usage["choices"]) == ("[DONE]", USAGE, [])
    assert [one["choices"][0]["index"] for one in found] == [0, 0, 1, 1]
    assert found[0]["choices"][0]["delta"] == {
        "role": "assistant",
        "content": "Two boats.",
        "tool_calls": [{"index": 0, **calls[0]}],
    }
    assert [one["choices"][0]["finish_reason"] for one in found] == [None, "stop", None, "stop"]
    assert {one["object"] for one in found} == {"chat.completion.chunk"}
    assert len(world.row(got)["choices"]) == 2


def test_i62_i64_answers_between_each_other_and_tool_calls_in_pieces_pass(world):
    def piece(at, **function):
        return {"index": at, "function": function}

    given = [
        chunk({"role": "assistant", "content": "A"}, 0), chunk({"role": "assistant", "content": "B"}, 1), chunk({"content": "a"}, 0),
        chunk({"content": "b"}, 1), chunk({"tool_calls": [{"id": "c1", "type": "function", **piece(0, name="f", arguments="")}]}, 1),
        chunk({"tool_calls": [piece(0, arguments='{"a"')]}, 1), chunk({"tool_calls": [piece(0, arguments=": 1}")]}, 1),
        chunk({}, 0, "stop"), chunk({}, 1, "tool_calls"), "[DONE]",
    ]  # fmt: skip
    world.plays("Between?", sse(*given))
    got = world.streamed("Between?", n=2)
    assert events(got.text) == given
    first, second = world.row(got)["choices"]
    assert (first["content"], second["content"], first["finish_reason"]) == ("Aa", "Bb", "stop")
    assert second["tool_calls"] == [
        {"id": "c1", "index": 0, "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    ]


def test_e27_words_go_on_as_soon_as_they_come(world):
    gate = threading.Event()
    world.plays("Soon?", paused(gate, *ROLELESS))
    got = world.begun("Soon?")
    lines = got.iter_lines(chunk_size=1, decode_unicode=True)
    assert "Two " in next(lines)
    row = world.row(got)
    assert (row["status"], row["usage"]) == ("running", None)
    gate.set()
    assert [line for line in lines if line][-1] == "data: [DONE]"
