"""Replies that unfold to far more than their bytes: what they cost is measured in a process of its own."""

import gzip
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.chat.conftest import Line
from tests.endpoint import ScriptedEndpoint, Step, answer, completion, raw, reply, sse
from tests.steps import chunk, event

MIB = 2**20
SIZE = 24 * MIB
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def filled(unit: bytes, size: int = SIZE) -> bytes:
    return unit * (size // len(unit))


def whole(**message: str) -> Step:
    """A good answer with one more field, which is spelt out as JSON."""
    ((name, text),) = message.items()
    fields: dict[str, Any] = {name: "#"}
    body = json.dumps(completion("A dog.", **fields)).encode()
    return reply(200, body.replace(b'"#"', text.encode()))


def listed(unit: str, **more: str) -> Step:
    return whole(**{more.get("name", "extra"): "[" + filled(unit.encode()).decode() + "1]"})


def streamed(*pieces: bytes) -> Step:
    return raw(STREAM, *pieces, DONE)


def delta(**fields: Any) -> bytes:
    return event(chunk(fields))


WHOLE: dict[str, Step] = {
    "lists": listed("[],"),
    "objects": listed('{"a":1},'),
    "tool calls": listed('{"id":"a","function":{"name":"f","arguments":"{}"}},', name="tool_calls"),
    "thoughts": listed('{"type":"reasoning.text","text":"a"},', name="reasoning_details"),
    "choices": reply(200, b'{"choices":[' + filled(b'{"message":{"content":"a"}},') + b"{}]}"),
    "usage": reply(
        200, b'{"choices":[{"message":{"content":"a"}}],"usage":{"x":[' + filled(b"{},") + b"1]}}"
    ),
    "as much as passes": reply(200, json.dumps(completion("x" * (13 * MIB), extra=[{}] * 100_000))),
    "an emoji": reply(200, completion("\U0001f600" + "x" * (8 * MIB - 2000))),
    "escapes": reply(200, b'{"choices":[{"message":{"content":"' + filled(b"\\n", 13 * MIB) + b'"}}]}'),
    "a number": whole(extra="1" * (13 * MIB)),
    "brackets": reply(200, b"[" * SIZE),
    "packed": reply(200, gzip.compress(b"[" + filled(b"[],", 60 * MIB)), {"Content-Encoding": "gzip"}),
}
ERRORS: dict[str, Step] = {
    "words of pictures": reply(400, filled(b"image ")),
    "dots": reply(500, filled(b"the model is . ")),
    "underscores": reply(400, filled(b"image_url_")),
    "JSON": reply(400, b'{"error":{"message":"' + filled(b"image.") + b'"}}'),
    "lists": reply(429, b'{"error":{"message":"Slow down.","x":[' + filled(b"[],") + b"1]}}"),
    "tags": reply(502, b"<html>" + filled(b"<title>a")),
    "blanks": reply(400, filled(b" ")),
    "headers": raw(b"HTTP/1.1 400 No\r\n" + b"".join(b"Set-Cookie: a=" + b"expires=;" * 7000 + b"\r\n" for _ in range(90)) + b"\r\n"),
    "interim replies": raw(b"HTTP/1.1 102 Processing\r\n\r\n" * 100_000),
}  # fmt: skip
STREAMED: dict[str, Step] = {
    "empty events": streamed(filled(b"data: {}\n\n")),
    "lines": streamed(filled(b"data:\n")),
    "comments": streamed(filled(b":\n")),
    "small pieces": streamed(filled(delta(content="ab"), 8 * MIB)),
    "tool calls in one": streamed(b'data: {"choices":[{"delta":{"tool_calls":[' + filled(b'{"index":1},') + b"{}]}}]}\n\n"),
    "tool calls": streamed(*(delta(tool_calls=[{"index": at, "function": {"arguments": "a"}}]) for at in range(20_000))),
    "thoughts": streamed(filled(delta(reasoning_details=[{"a": 1}] * 50))),
    "ever new fields": streamed(*(delta(**{f"k{at}": [1, 2]}) for at in range(50_000))),
    "long words": streamed(*([delta(content="x" * 60_000)] * 400)),
    "a line": streamed(b"data: " + b"x" * SIZE),
    "wide letters": streamed(delta(content="\U0001f600"), *([delta(content="x" * 60_000)] * 130)),
    "a wide letter": streamed(delta(content="\U0001f600" + "x" * (7 * MIB))),
}  # fmt: skip


def costs(steps: dict[str, Step], relayed: bool) -> dict[str, Any]:
    """What each of these replies cost a process that read them one after another."""
    with ScriptedEndpoint() as endpoint:
        skipped = [answer()] * (0 if not relayed else len(steps))
        endpoint.then(answer(), *skipped, *steps.values())
        command = [sys.executable, "-m", "tests.chat.hostile", endpoint.url, str(len(steps))]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    lines = told[len(steps) :] if relayed else told[: len(steps)]
    return dict(zip(steps, map(json.loads, lines), strict=True))


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "relayed"),
    [(WHOLE, False), (ERRORS, False), (STREAMED, False), (STREAMED, True)],
    ids=["whole", "errors", "streams", "relayed"],
)
def test_fe01_no_reply_costs_more_than_a_hundred_mebibytes_or_holds_others_up_by_a_second(
    steps: dict[str, Step], relayed: bool
) -> None:
    found = costs(steps, relayed)
    assert {name: cost for name, cost in found.items() if cost["mib"] > 100 or cost["wait"] > 1} == {}


@pytest.mark.parametrize("name", ["lists", "objects", "tool calls", "choices", "usage", "brackets", "packed"])
def test_fe01_what_unfolds_to_too_much_cannot_be_read_and_may_be_billed(line: Line, name: str) -> None:
    found = line.fail(WHOLE[name])
    assert (found.code, found.billed, found.retryable) == ("bad_answer", "unknown", False)
    assert "values" in found.message or "larger than" in found.message


def test_fe01_a_long_answer_full_of_commas_is_an_answer(line: Line) -> None:
    text = '[{"a": [1, 2]}, "b"],' * 100_000
    assert line.ask(reply(200, completion(text))).completion.choices[0].content == text
    assert line.ask(sse(*[chunk({"content": text[:1000]})] * 200, "[DONE]")).completion.choices[0].content


def test_fe01_as_many_answers_as_can_be_asked_for_may_be_long(line: Line) -> None:
    found = line.ask(reply(200, completion("A line of answer.\n" * 5_000, n=128)))
    assert len(found.completion.choices) == 128


def test_fe01_of_an_error_without_end_the_first_words_are_told(line: Line) -> None:
    found = line.fail(reply(400, b"The prompt is too long. " + filled(b"image, [")))
    assert (found.code, found.billed) == ("context_too_long", "no")
    assert "The prompt is too long." in found.message and len(found.message) < 800


def test_fe01_a_stream_that_grows_too_large_keeps_what_had_come(line: Line) -> None:
    found = line.fail(streamed(delta(content="A dog."), filled(delta(reasoning_details=[{"a": 1}] * 50))))
    assert (found.code, found.billed) == ("stream_cut", "unknown")
    assert found.reply and found.reply.completion.choices[0].content == "A dog."


def test_fe01_a_list_of_models_without_end_is_no_list(line: Line) -> None:
    line.endpoint.models_step = reply(200, b'{"data":[' + filled(b'{"id":"a"},') + b"{}]}")
    with pytest.raises(Exception, match="bad_answer"):
        line.client.models(line.target)
