"""Cases E29, E31 and E33 of our own endpoint: what breaks off, and each failure of the endpoint."""

import pytest

from describer.api.v1.errors import STATUS
from tests.endpoint import answer, big, chunks, cut_json, error, html, raw, redirect, reply, short_body, sse
from tests.outside.people import SECRET
from tests.outside.v1.world import MIB, NO_MORE, WHOLE_AND_STREAM, chunk, events, fault, framed, text_of

pytestmark = pytest.mark.site
OPENAI = {  # FB10: where OpenAI has a word for it, scripts are told that one
    "no_credit": "insufficient_quota",
    "rate_limited": "rate_limit_exceeded",
    "context_too_long": "context_length_exceeded",
    "content_filtered": "content_filter",
}


@pytest.mark.parametrize(
    ("name", "step", "code"),
    [
        ("cut", lambda: sse(chunk({"content": "Two "})), "stream_cut"),
        ("torn off", lambda: short_stream(chunk({"content": "Two "})), "stream_cut"),
        ("error midway", lambda: sse(chunk({"content": "Two "}), {"error": {"message": "Gone.", "code": 502}}), "endpoint_error"),
        ("error in words", lambda: sse(chunk({"content": "Two "}), b"event: error\ndata: Overloaded\n\n"), None),
        ("broken chunk (FD01)", lambda: sse(chunk({"content": "Two "}), b'data: {"choices": [{"delta": {"con\n\n', chunk({"content": "boats."})), "bad_answer"),
        ("limit midway", lambda: sse(chunk({"content": "Two "}), {"error": {"message": "Rate limit reached.", "code": 429}}), "rate_limited"),
    ],
)  # fmt: skip
def test_e31_what_breaks_off_ends_with_an_error_and_without_done(world, name, step, code):
    world.plays(f"{name}?", step())
    got = world.streamed(f"{name}?")
    assert got.status_code == 200
    *found, last = events(got.text)
    assert text_of(found) == "Two "
    assert sorted(last) == ["error"] and sorted(last["error"]) == ["code", "message", "param", "type"]
    assert code is None or last["error"]["code"] == OPENAI.get(code, code)
    assert last["error"]["message"]
    row = world.row(got)
    assert (row["status"], row["choices"][0]["content"]) == ("failed", "Two ")
    assert OPENAI.get(row["error"]["code"], row["error"]["code"]) == last["error"]["code"]
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
    fault(world.streamed("Early?"), 400, "invalid_value", "messages")
    world.plays(
        "Early frame?", sse(chunk({"role": "assistant"}), {"error": {"message": "Bad picture.", "code": 400}})
    )
    got = world.streamed("Early frame?")
    assert (got.status_code, got.headers["content-type"]) == (400, "application/json")
    fault(world.streamed("Early?", temperature=9), 400, "invalid_value", "temperature")


def test_e29_a_first_try_that_failed_before_any_words_is_not_seen(world):
    world.plays(
        "Second try?", sse(chunk({"role": "assistant"}), b": and gone\n\n"), sse(*chunks("Two boats."))
    )
    got = world.streamed("Second try?")
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
    "too_many_images": (lambda: error(400, "At most 1 image(s) may be provided in one request."), 400),
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
        "out_of_handles",
        "not_stored",
    }  # each in a test of its own
    assert set(FAILURES) | elsewhere | {"image_missing"} == set(STATUS)


@WHOLE_AND_STREAM
@pytest.mark.parametrize("code", FAILURES)
def test_e33_fb10_n11_n12_n14_n15_each_failure_of_the_endpoint_has_its_status_and_its_words(
    world, code, body
):
    step, status = FAILURES[code]
    question = f"{code} {len(body)}?"
    world.plays(question, step())
    try:
        got = world.post(question, **body)
    finally:
        world.calm()
    row = world.row(got)
    assert (row["status"], row["error"]["code"]) == ("failed", code)
    kind = {"no_credit": "insufficient_quota"}.get(code, "")
    passed_on = OPENAI.get(code, code)
    param = {"unsupported_parameter": "top_k"}.get(code)
    message = fault(got, status, passed_on, param, kind)["message"]
    assert message == row["error"]["message"]
    assert code in NOT_THEIRS or "The endpoint said: " in message
    assert SECRET not in message
    assert got.headers["x-should-retry"] == "false"
    assert got.headers["x-error-code"] == code
    assert ("retry-after" in got.headers) == (status == 429)
    if code == "rate_limited":
        assert got.headers["retry-after"] == "7200" and "2 hours" in message
    assert len(world.sent(question)) == 1


def test_e33_an_endpoint_that_is_paused_is_tried_all_the_same(world):
    world.plays("Key refused?", error(401, "No."))
    try:
        world.post("Key refused?")
        assert world.default("paused_code") == "bad_key"
        assert world.post("Still tried?").status_code == 200
        assert world.default("paused_code") == ""
    finally:
        world.calm()


@pytest.mark.parametrize("step", [cut_json, lambda: big(33 * MIB), lambda: reply(200, '{"choices":' + "[" * 5000)], ids=["cut", "big", "deep"])  # fmt: skip
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
