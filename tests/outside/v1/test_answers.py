"""Cases E1, E20, E26 to E35 and E39 of our own endpoint: what comes back, whole or as a stream, and what is recorded.

What takes seconds (a wait of the contract, tries used up) begins with the first test, in threads, and is looked at in its
own.
"""

import json
import socket
import threading
import time
from dataclasses import replace

import pytest
import requests

from describer.api.v1.errors import STATUS
from tests import wire
from tests.endpoint import (
    answer,
    big,
    chunks,
    close_silently,
    completion,
    cut_json,
    error,
    held,
    html,
    raw,
    redirect,
    reply,
    short_body,
    sse,
)
from tests.gallery import picture
from tests.images.pictures import photo
from tests.outside.people import SECRET
from tests.outside.v1.world import MODEL, NO_MORE, PATH, data_url, events, fault, said
from tests.site import until
from tests.steps import encoded

pytestmark = pytest.mark.site
TOP = {"id": "chatcmpl-9", "object": "chat.completion.chunk", "created": 7, "model": MODEL}
USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
WITH_USAGE = {"stream_options": {"include_usage": True}}


def chunk(delta, index=0, finish_reason=None, **more):
    return TOP | {"choices": [{"index": index, "delta": delta, "finish_reason": finish_reason}]} | more


def finished(**more):
    return chunk({}, finish_reason="stop", **more)


@pytest.fixture(scope="module", autouse=True)
def slow(world, gallery):
    """Calls that take their time, begun together: a long wait in a stream and out of one, and an endpoint that is away."""
    gates = {question: threading.Event() for question in ("Patience?", "Patience, then a fault?")}
    answers = [sse(*chunks("At last.")), error(500, "No.", headers=NO_MORE)]
    for (question, gate), step in zip(gates.items(), answers, strict=True):
        world.plays(question, held(gate, step))
    world.plays("Patience without a stream?", held(gates["Patience?"], answer("At last.")))
    world.plays("Away?", close_silently())
    world.plays("Away in a stream?", close_silently())
    streams = {
        question: world.threads.submit(patient, world, question, gate) for question, gate in gates.items()
    }
    links = [gallery.shows(f"/slow-{place}.jpg", slowly(picture(photo(64, 48)), 6)) for place in (1, 2)]
    return streams | {
        "links": world.later("Links that take their time?", *links, stream=True),
        "whole": world.later("Patience without a stream?"),
        "away": world.later("Away?"),
        "away in a stream": world.later("Away in a stream?", stream=True),
    }


def slowly(step, seconds):
    return replace(step, delay=seconds)


def patient(world, question, gate):
    """The reply to a stream whose endpoint waits for the first comment, after how many seconds its headers came, and its text."""
    began = time.monotonic()
    reply = world.post(question, stream=True, send={"stream": True})
    headers = time.monotonic() - began
    pieces = []
    for piece in reply.iter_content(1):
        pieces.append(piece)
        if b"".join(pieces) == b": waiting\n":
            gate.set()
    gate.set()
    return reply, headers, b"".join(pieces).decode()


def told(world, question, **body):
    """The whole reply to a streamed call."""
    return world.post(question, stream=True, **body)


def text_of(found):
    return "".join(
        choice["delta"].get("content") or "" for one in found if one != "[DONE]" for choice in one["choices"]
    )


def test_e01_the_endpoints_body_comes_back_as_it_was(world):
    body = completion("Two boats.", (10, 2, 12), model="other/model-2026") | {
        "system_fingerprint": "fp", "citations": [1, {"a": None}], "service_tier": None, "created": 1.5, "x": "\u00e9\u4e2d\U0001f600",
    }  # fmt: skip
    body["choices"][0]["logprobs"] = None
    body["choices"][0]["message"]["refusal"] = None
    body["usage"]["prompt_tokens_details"] = {"cached_tokens": 3, "image_tokens": None}
    world.plays("Unchanged?", reply(200, body))
    got = world.post("Unchanged?")
    assert (got.status_code, got.headers["content-type"]) == (200, "application/json")
    assert got.json() == body
    assert "\u4e2d".encode() in got.content
    assert got.headers["content-length"] == str(len(got.content))


def test_e01_what_the_contract_requires_is_filled_in(world):
    body = completion("Two boats.", None)
    for name in ("id", "object", "created"):
        del body[name]
    world.plays("Bare?", reply(200, body))
    got = world.post("Bare?", data_url(photo(64, 48)))
    number = got.headers["x-description-id"]
    assert got.json()["id"] == f"chatcmpl-{number}"
    assert got.json()["object"] == "chat.completion"
    assert abs(got.json()["created"] - time.time()) < 60
    usage = got.json()["usage"]
    assert usage["estimated"] is True and usage["total_tokens"] > 0
    row = world.row(got)
    assert row["usage"] == usage | {"estimated": True}
    assert row["attempts"][0]["usage"] is None


def test_e01_an_answer_without_words_comes_as_it_came(world):
    for number, body in enumerate((completion(""), completion(None), completion("", finish_reason="content_filter"), completion("x") | {"choices": []})):  # fmt: skip
        world.plays(f"Empty {number}?", reply(200, body))
        got = world.post(f"Empty {number}?")
        assert (got.status_code, got.json()) == (200, body)
        row = world.row(got)
        assert row["status"] == "failed"
        assert row["error"]["code"] in ("empty_answer", "content_filtered")
        assert row["attempts"][0]["billed"] == "yes"
        assert row["usage"]["total_tokens"] == 21


def test_e01_a_stream_that_nobody_asked_for_is_put_together(world):
    world.plays("Streamed all the same?", sse(*chunks("Two boats.")))
    got = world.post("Streamed all the same?")
    assert got.headers["content-type"] == "application/json"
    assert got.json()["choices"][0]["message"]["content"] == "Two boats."
    assert got.json()["object"] == "chat.completion"


def test_e01_tool_calls_refusals_and_several_answers_come_through(world):
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]
    world.plays("Tools?", answer(None, tool_calls=calls, finish_reason="tool_calls"))
    got = world.post("Tools?")
    assert got.json()["choices"][0]["message"] == {"role": "assistant", "content": None, "tool_calls": calls}
    assert world.row(got)["choices"][0]["tool_calls"] == calls
    world.plays("Declined?", answer(None, refusal="No."))
    assert world.post("Declined?").json()["choices"][0]["message"]["refusal"] == "No."
    world.plays("Three?", answer(n=3))
    got = world.post("Three?", n=3)
    assert [choice["index"] for choice in got.json()["choices"]] == [0, 1, 2]
    assert len(world.row(got)["choices"]) == 3


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
    first, *others = (told(world, "Again in a stream?", send=token, **WITH_USAGE) for _ in range(6))
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


def test_e27_a_stream_comes_as_the_contract_says(world):
    world.plays("Stream?", sse(*chunks("Two boats.")))
    got = told(world, "Stream?", **WITH_USAGE)
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
        got = told(world, question, **options)
        found = events(got.text)
        assert found == [one for one in chunks("Two boats.") if one == "[DONE]" or one["choices"]]
        kept = {"x": 1} if "x" in str(options) else {}
        assert world.sent(question)[0].body["stream_options"] == kept | {"include_usage": True}
        assert world.row(got)["usage"]["total_tokens"] == 21


def test_o22_an_endpoint_that_refuses_stream_options_is_asked_without_and_that_is_remembered(world):
    refusal = error(400, "Unrecognized request argument supplied: stream_options", param="stream_options")
    world.plays("No options?", refusal, sse(*chunks("Two boats.", usage=None)))
    with world.learning():
        got = told(world, "No options?", **WITH_USAGE)
        found = events(got.text)
        assert (text_of(found), found[-1]) == ("Two boats.", "[DONE]")
        assert found[-2]["choices"] == [] and found[-2]["usage"]["estimated"] is True
        first, second = world.sent("No options?")
        assert "stream_options" in first.body and "stream_options" not in second.body
        row = world.row(got)
        assert row["usage"] == found[-2]["usage"]
        assert [attempt["state"] for attempt in row["attempts"]] == ["refused", "answered"]
        world.plays("Options again?", sse(*chunks("x", usage=None)))
        told(world, "Options again?")
        assert ["stream_options" in call.body for call in world.sent("Options again?")] == [False]


def test_o24_beside_stream_options_nothing_of_the_callers_is_left_out(world):
    refusal = error(
        400, "scripted does not support parameters: ['stream_options', 'temperature'], for model=m"
    )
    world.plays("Two refused?", refusal, sse(*chunks("Two boats.", usage=None)))
    with world.learning():
        assert told(world, "Two refused?", temperature=0.5).ok
        first, second = world.sent("Two refused?")
        assert "stream_options" in first.body and "stream_options" not in second.body
        assert second.body["temperature"] == 0.5


def test_o23_max_tokens_is_renamed_once_and_that_is_remembered(world):
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    world.plays("Renamed?", error(400, words, "unsupported_parameter", param="max_tokens"), answer())
    with world.learning():
        got = world.post("Renamed?", max_tokens=77)
        assert got.status_code == 200
        bodies = [call.body for call in world.sent("Renamed?")]
        assert [(body.get("max_tokens"), body.get("max_completion_tokens")) for body in bodies] == [
            (77, None),
            (None, 77),
        ]
        row = world.row(got)
        assert row["parameters"] == {"max_tokens": 77}
        assert row["attempts"][1]["changed"] == [
            {"kind": "renamed", "param": "max_tokens", "to": "max_completion_tokens"}
        ]
        assert world.post("Renamed again?", max_tokens=8).ok
        (call,) = world.sent("Renamed again?")
        assert (call.body.get("max_tokens"), call.body["max_completion_tokens"]) == (None, 8)
        assert world.post("Both of them?", max_tokens=8, max_completion_tokens=9).ok
        (call,) = world.sent("Both of them?")
        assert (call.body.get("max_tokens"), call.body["max_completion_tokens"]) == (8, 9)


def test_o24_any_other_refused_parameter_goes_back_to_the_caller(world):
    words = "`temperature` is deprecated for this model."
    world.plays("Deprecated?", error(400, words, "unsupported_parameter", param="temperature"))
    got = world.post("Deprecated?", temperature=0.5)
    told_of = fault(got, 400, "unsupported_parameter", "temperature")
    assert words in told_of["message"]
    assert got.headers["x-should-retry"] == "false"
    assert len(world.sent("Deprecated?")) == 1


ROLELESS = (chunk({"content": "Two "}), chunk({"content": "boats."}), finished(), "[DONE]")
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
    got = told(world, f"{name}?", **WITH_USAGE)
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
    got = told(world, "Whole?", **WITH_USAGE)
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
    got = told(world, "Between?", n=2)
    assert events(got.text) == given
    first, second = world.row(got)["choices"]
    assert (first["content"], second["content"], first["finish_reason"]) == ("Aa", "Bb", "stop")
    assert second["tool_calls"] == [
        {"id": "c1", "index": 0, "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    ]


def test_e27_words_go_on_as_soon_as_they_come(world):
    gate = threading.Event()
    rest = b"".join(map(framed, ROLELESS[1:]))

    def play(wire, call):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        wire.send(framed(ROLELESS[0]))
        while not gate.wait(0.02) and not wire.closing.is_set():
            pass
        wire.send(rest)
        wire.close()

    world.plays("Soon?", stepped(play))
    got = world.post("Soon?", stream=True, send={"stream": True})
    lines = got.iter_lines(chunk_size=1, decode_unicode=True)
    assert "Two " in next(lines)
    row = world.row(got)
    assert (row["status"], row["usage"]) == ("running", None)
    gate.set()
    assert [line for line in lines if line][-1] == "data: [DONE]"


def framed(one):
    return b"data: " + encoded(one) + b"\n\n"


def stepped(play):
    return type(raw())("stepped", play)


@pytest.mark.parametrize(
    ("name", "step", "code"),
    [
        ("cut", lambda: sse(chunk({"content": "Two "})), "stream_cut"),
        ("torn off", lambda: short_stream(chunk({"content": "Two "})), "stream_cut"),
        ("error midway", lambda: sse(chunk({"content": "Two "}), {"error": {"message": "Gone.", "code": 502}}), "endpoint_error"),
        ("error in words", lambda: sse(chunk({"content": "Two "}), b"event: error\ndata: Overloaded\n\n"), None),
        ("limit midway", lambda: sse(chunk({"content": "Two "}), {"error": {"message": "Rate limit reached.", "code": 429}}), "rate_limited"),
    ],
)  # fmt: skip
def test_e31_what_breaks_off_ends_with_an_error_and_without_done(world, name, step, code):
    world.plays(f"{name}?", step())
    got = told(world, f"{name}?")
    assert got.status_code == 200
    *found, last = events(got.text)
    assert text_of(found) == "Two "
    assert sorted(last) == ["error"] and sorted(last["error"]) == ["code", "message", "param", "type"]
    assert code is None or last["error"]["code"] == code
    assert last["error"]["message"]
    row = world.row(got)
    assert (row["status"], row["choices"][0]["content"]) == ("failed", "Two ")
    assert row["error"]["code"] == last["error"]["code"]
    assert [attempt["billed"] for attempt in row["attempts"]] == ["unknown"]
    assert len(world.sent(f"{name}?")) == 1
    world.calm()


def short_stream(*given):
    """A stream whose connection is gone before its last chunk."""
    body = b"".join(f"{len(framed(one)):x}\r\n".encode() + framed(one) + b"\r\n" for one in given)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return raw(head + body)


def test_e29_a_fault_before_the_first_words_is_told_by_its_status(world):
    world.plays("Early?", error(400, "No.", "invalid_value", param="messages"))
    fault(told(world, "Early?"), 400, "invalid_value", "messages")
    world.plays(
        "Early frame?", sse(chunk({"role": "assistant"}), {"error": {"message": "Bad picture.", "code": 400}})
    )
    got = told(world, "Early frame?")
    assert (got.status_code, got.headers["content-type"]) == (400, "application/json")
    fault(told(world, "Early?", temperature=9), 400, "invalid_value", "temperature")


def test_e29_a_first_try_that_failed_before_any_words_is_not_seen(world):
    world.plays(
        "Second try?", sse(chunk({"role": "assistant"}), b": and gone\n\n"), sse(*chunks("Two boats."))
    )
    got = told(world, "Second try?")
    found = events(got.text)
    assert (text_of(found), found[-1]) == ("Two boats.", "[DONE]")
    assert sum("role" in one["choices"][0]["delta"] for one in found[:-1]) == 1
    assert [attempt["state"] for attempt in world.row(got)["attempts"]] == ["unknown", "answered"]


FAILURES = {
    "connection_failed": (lambda: error(407, "Proxy.", headers=NO_MORE), 502),
    "timeout": (lambda: error(504, "Late.", headers=NO_MORE), 504),
    "rate_limited": (lambda: error(429, "Slower.", headers={"Retry-After": "7200"}), 429),
    "overloaded": (lambda: error(503, "Busy.", headers=NO_MORE), 503),
    "endpoint_error": (lambda: error(500, "Fault.", headers=NO_MORE), 502),
    "no_credit": (lambda: error(402, "Pay."), 429),
    "bad_key": (lambda: error(401, f"Key {SECRET}?"), 502),
    "forbidden": (lambda: error(403, "Not you."), 502),
    "model_not_found": (lambda: error(404, "No such model.", "model_not_found"), 404),
    "unsupported_parameter": (lambda: error(400, "Unsupported parameter: 'top_k'."), 400),
    "context_too_long": (lambda: error(400, "This model's maximum context length is 8192 tokens."), 400),
    "image_rejected": (lambda: error(400, "Error while downloading image."), 400),
    "too_large": (lambda: error(413, "Too large."), 413),
    "content_filtered": (lambda: error(400, "Filtered.", "content_filter"), 400),
    "bad_request": (lambda: error(422, "Odd."), 400),
    "bad_answer": (lambda: html(200, "Welcome"), 502),
    "redirected": (lambda: redirect("http://127.0.0.1:1/"), 502),
}  # fmt: skip
NOT_THEIRS = ("bad_answer", "redirected")  # say what they saw instead of the endpoint's words


def test_e33_no_code_is_left_out():
    elsewhere = {
        "connection_lost",
        "stream_cut",
        "empty_answer",
        "cancelled",
    }  # each in a test of its own here
    assert set(FAILURES) | elsewhere | {"image_missing"} == set(STATUS)


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("code", FAILURES)
def test_e33_n11_n12_n14_n15_each_failure_of_the_endpoint_has_its_status_and_its_words(world, code, streams):
    step, status = FAILURES[code]
    question = f"{code} {streams}?"
    world.plays(question, step())
    try:
        got = world.post(question, **({"stream": True} if streams else {}))
    finally:
        world.calm()
    row = world.row(got)
    assert (row["status"], row["error"]["code"]) == ("failed", code)
    kind = "insufficient_quota" if code == "no_credit" else "server_error" if status >= 500 else ""
    kind = "invalid_request_error" if status == 413 else kind
    passed_on = {"content_filtered": "content_filter"}.get(code, code)
    param = {"unsupported_parameter": "top_k"}.get(code)
    message = fault(got, status, passed_on, param, kind)["message"]
    assert message == row["error"]["message"]
    assert code in NOT_THEIRS or "The endpoint said: " in message
    assert SECRET not in message
    assert got.headers["x-should-retry"] == "false"
    assert ("retry-after" in got.headers) == (status == 429)
    if code == "rate_limited":
        assert got.headers["retry-after"] == "7200" and "2 hours" in message
    assert len(world.sent(question)) == 1


def test_e33_an_endpoint_that_is_paused_is_tried_all_the_same(world):
    world.plays("Key refused?", error(401, "No."))
    try:
        world.post("Key refused?")
        assert (
            world.rows.rows("SELECT paused_code FROM describer_endpoint WHERE is_default")[0][0] == "bad_key"
        )
        assert world.post("Still tried?").status_code == 200
        assert world.rows.rows("SELECT paused_code FROM describer_endpoint WHERE is_default")[0][0] == ""
    finally:
        world.calm()


@pytest.mark.parametrize("step", [cut_json, lambda: big(33 * 2**20), lambda: reply(200, '{"choices":' + "[" * 5000)], ids=["cut", "big", "deep"])  # fmt: skip
def test_i26_i66_an_answer_that_cannot_be_read_is_said_and_not_asked_again(world, step):
    question = f"Unreadable {step}?"
    world.plays(question, step())
    got = world.post(question)
    fault(got, 502, "bad_answer")
    assert got.headers["x-should-retry"] == "false"
    assert world.row(got)["attempts"][0]["billed"] == "unknown"
    assert len(world.sent(question)) == 1


def test_i26_a_short_body_is_asked_again(world):
    world.plays("Short?", short_body(), answer("Whole."))
    got = world.post("Short?")
    assert got.json()["choices"][0]["message"]["content"] == "Whole."
    assert [attempt["billed"] for attempt in world.row(got)["attempts"]] == ["unknown", "yes"]


def test_e35_a_keys_rate_limit_is_told_and_recorded_without_an_attempt(world):
    """Budgets, the other half of this row, do not exist yet."""
    key = world.key(name="two a minute", asks_per_minute=1)
    until(lambda: time.time() % 60 < 55, "the minute is young")
    assert world.post("Rate?", send={"key": key}).status_code == 200
    for streams in (False, True):
        got = world.post("Rate again?", data_url(photo(64, 48)), send={"key": key}, **({"stream": True} if streams else {}))  # fmt: skip
        fault(got, 429, "rate_limit_exceeded")
        assert 1 <= int(got.headers["retry-after"]) <= 60
        assert "x-should-retry" not in got.headers
        row = world.row(got)
        assert (row["status"], row["error"]["code"], row["attempts"]) == ("failed", "rate_limit_exceeded", [])
        assert len(row["images"]) == 1
    assert world.sent("Rate again?") == []


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


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_e32_a_caller_who_goes_away_is_paid_for_and_recorded(world, streams):
    gate, question = threading.Event(), f"Gone {streams}?"
    step = sse(*chunks("For nobody.")) if streams else answer("For nobody.")
    world.plays(question, held(gate, step))
    for _ in hung_up(world, question, **({"stream": True} if streams else {})):
        until(lambda: world.sent(question), "it is sent on")
    gate.set()
    row = world.ended(question)
    assert (row["status"], row["choices"][0]["content"]) == ("done", "For nobody.")
    assert (row["usage"]["total_tokens"], row["attempts"][0]["billed"]) == (21, "yes")
    until(lambda: world.site.description(row["id"])["client_gone"], "it is noted that they are gone")


def test_e32_a_caller_who_goes_away_midway_in_a_stream(world):
    gate = threading.Event()

    def play(wire, call):
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        wire.send(framed(ROLELESS[0]))
        while not gate.wait(0.02) and not wire.closing.is_set():
            pass
        wire.send(b"".join(map(framed, (*ROLELESS[1:3], TOP | {"choices": [], "usage": USAGE}, "[DONE]"))))
        wire.close()

    world.plays("Gone midway?", stepped(play))
    with world.post("Gone midway?", stream=True, send={"stream": True}) as got:
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


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_a_call_that_is_cancelled_while_it_is_under_way_is_answered_in_words(world, streams):
    gate, question = threading.Event(), f"Cancelled {streams}?"
    world.plays(question, held(gate, answer("Too late.")))
    call = world.later(question, **({"stream": True} if streams else {}))
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


def test_e39_each_call_is_a_description_as_any_other(world):
    world.plays("Which harbour?", answer("Two boats.", (100, 7, 107)))
    key = world.key(name="of a script")
    messages = [
        said("Be brief.", role="system"),
        said("In English.", role="developer"),
        said("What is it?", data_url(photo(64, 48))),
        said("A harbour.", role="assistant"),
        said("Which harbour?", data_url(photo(70, 50))),
    ]
    got = world.post("", messages=messages, temperature=0.2, foo=[1], send={"key": key})
    row = world.row(got)
    (key_id,) = world.rows.rows("SELECT id FROM describer_apikey WHERE name = 'of a script'")[0]
    assert (row["via"], row["key"], row["owner"], row["status"]) == ("endpoint", key_id, "admin", "done")
    assert (row["question"], row["system_prompt"]) == ("Which harbour?", "Be brief.\n\nIn English.")
    assert (row["model"], row["parameters"]) == (MODEL, {"temperature": 0.2, "foo": [1]})
    assert [(image["width"], image["height"]) for image in row["images"]] == [(64, 48), (70, 50)]
    assert row["choices"][0]["content"] == "Two boats."
    (attempt,) = row["attempts"]
    assert (attempt["state"], attempt["billed"], attempt["http_status"]) == ("answered", "yes", 200)
    assert attempt["request_id"] == "req-scripted"
    usage = got.json()["usage"]
    assert {name: row["usage"][name] for name in usage} == usage
    assert {name: attempt["usage"][name] for name in usage} == usage
    before, after = world.rows.tokens()
    assert before == after
    with world.site.login() as person:
        history = person.get(f"{world.site.url}/history/", timeout=10).text
        assert f"/descriptions/{row['id']}/" in history
        page = person.get(f"{world.site.url}/descriptions/{row['id']}/", timeout=10)
        assert page.ok and "Two boats." in page.text


@pytest.mark.parametrize("way", ["api", "page"])
def test_asking_again_sends_the_messages_of_all_turns_as_they_were(world, way):
    last = f"And by {way}?"
    messages = [
        said("Be brief.", role="system"),
        said("What is it?", data_url(photo(64, 48))),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "7"},
        said(last, data_url(photo(70, 50)), data_url(photo(64, 48))),
    ]  # fmt: skip
    parameters = {"temperature": 1, "stop": '["END"]', "foo": {"a": [None, 1]}, "empty": ""}
    number = int(told(world, "", messages=messages, **parameters).headers["x-description-id"])
    if way == "api":
        address = f"{world.site.url}/api/descriptions/{number}/again"
        again = requests.post(address, headers=world.site.bearer, timeout=10).json()["id"]
    else:
        with world.site.login() as person:
            headers = {"X-CSRFToken": person.cookies["csrftoken"], "Referer": world.site.url}
            reply = person.post(f"{world.site.url}/descriptions/{number}/again/", headers=headers, timeout=10)
            again = max(row[0] for row in world.rows.rows("SELECT id FROM describer_description"))
            assert reply.ok and again > number
    row = world.site.finished(again)
    assert (row["status"], row["via"]) == ("done", way)
    first, second = world.sent(last)
    assert second.body["messages"] == first.body["messages"]
    assert {name: second.body[name] for name in parameters} == parameters
    assert "stream" not in second.body and "stream_options" not in second.body


def test_e29_a_long_wait_in_a_stream_is_filled_with_comments(slow):
    reply, headers, text = slow["Patience?"].result()
    assert reply.status_code == 200
    assert reply.headers["x-description-id"]
    assert 9 < headers < 15
    assert text.startswith(": waiting\ndata: ")
    found = events(text)
    assert (text_of(found), found[-1]) == ("At last.", "[DONE]")


def test_e29_e31_a_failure_after_a_long_wait_is_a_frame(slow):
    reply, _, text = slow["Patience, then a fault?"].result()
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    (last,) = events(text)
    assert last["error"]["code"] == "endpoint_error"


def test_e29_a_stream_whose_pictures_are_long_in_coming_is_one(slow):
    found = events(slow["links"].result().text)
    assert (text_of(found), found[-1]) == ("A picture.", "[DONE]")


def test_e30_a_call_that_takes_long_is_held(slow):
    reply = slow["whole"].result()
    assert reply.json()["choices"][0]["message"]["content"] == "At last."


@pytest.mark.parametrize("which", ["away", "away in a stream"])
def test_e34_when_our_own_tries_are_used_up_nobody_shall_repeat_them(world, slow, which):
    reply = slow[which].result()
    if reply.status_code == 200:  # its headers had to go after ten seconds
        (last,) = events(reply.text)
        assert last["error"]["code"] == "connection_lost"
    else:
        message = fault(reply, 502, "connection_lost")["message"]
        assert reply.headers["x-should-retry"] == "false"
        assert "tried 5 times" in message
    attempts = world.row(reply)["attempts"]
    assert [attempt["billed"] for attempt in attempts] == ["unknown"] * 5
