"""Event streams put together (I6, I51 to I60, I62 to I65)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from describer.chat.events import Events
from describer.chat.schema import read_completion
from tests.chat.conftest import Line, assemble
from tests.endpoint import chunks, completion, event, held_open, raw, reply, sse


def chunk(delta: Any = None, reason: str | None = None, index: int = 0, **top: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": index, "delta": delta or {}, "finish_reason": reason}], **top}


def text_of(*events: Any) -> str:
    return b"".join(map(event, events)).decode()


def test_i06_the_last_usage_that_is_not_null_counts() -> None:
    events = [
        chunk({"content": "a"}, usage={"prompt_tokens": 9, "completion_tokens": count}) for count in (1, 2, 3)
    ]
    body = assemble(text_of(*events, chunk({}, "stop", usage=None), "[DONE]"))

    assert body["usage"] == {"prompt_tokens": 9, "completion_tokens": 3}


def test_i51_comments_and_pings_are_left_out(line: Line) -> None:
    noise = [b": OPENROUTER PROCESSING\n\n", b":\n\n", b"data: : ping\n\n", b"event: ping\ndata:\n\n"]
    events = [one for pair in zip(chunks("A big brown dog."), noise * 2, strict=False) for one in pair]

    assert line.ask(sse(*events, *chunks("x")[-1:])).completion.choices[0].content == "A big brown dog."


@given(st.data())
def test_i52_pieces_may_cut_lines_and_characters_anywhere(data: st.DataObject) -> None:
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    whole = text_of(*chunks("Ein schöner 🐕, 犬.")).replace("\n", end).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    events = Events()
    pieces = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    found = [one for piece in pieces for one in events.feed(piece)] + list(events.feed(b"", last=True))

    assert found == list(Events().feed(whole, last=True))
    assert len(found) == len(chunks("Ein schöner 🐕, 犬."))


def test_i53_data_over_several_lines_is_joined() -> None:
    spread = json.dumps(chunk({"content": "A dog."}, "stop"), indent=1).replace("\n", "\ndata: ")

    assert assemble(f"data: {spread}\n\n")["choices"][0]["message"]["content"] == "A dog."


def test_events_without_blank_lines_between_are_read_one_by_one() -> None:
    text = text_of(*chunks("A big dog.")).replace("\n\n", "\n")

    assert assemble(text)["choices"][0]["message"]["content"] == "A big dog."


def test_i54_deltas_without_content_add_nothing() -> None:
    body = assemble(
        text_of(chunk({"role": "assistant"}), chunk({"content": None}), chunk({"content": "A"}, "stop"))
    )

    assert body["choices"][0]["message"] == {"role": "assistant", "content": "A"}


def test_i55_i63_chunks_without_choices_are_no_answer() -> None:
    first = {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
    last = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}
    body = assemble(text_of(first, chunk({"content": "A"}, "stop"), last, "[DONE]"))

    assert len(body["choices"]) == 1
    assert body["usage"]["total_tokens"] == 3


def test_i56_usage_and_reason_beside_the_last_text() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    last = [chunk({"content": " dog"}, "stop", usage=usage), chunk({}, "stop"), chunk({}, None)]
    found = read_completion(assemble(text_of(chunk({"content": "A"}), *last)))

    assert (found.choices[0].content, found.choices[0].finish_reason) == ("A dog", "stop")
    assert found.usage is not None


@pytest.mark.parametrize("end", [[chunk({}, "stop")], ["[DONE]"], [chunk({}, "stop"), "[DONE]"]])
def test_i57_i58_a_finish_or_done_is_the_end(line: Line, end: list[Any]) -> None:
    assert line.ask(sse(chunk({"content": "A dog."}), *end)).completion.choices[0].content == "A dog."


def test_i59_an_end_without_finish_and_without_done(line: Line) -> None:
    found = line.fail(sse(chunk({"content": "A do"})))

    assert (found.code, found.retryable, found.billed) == ("stream_cut", False, "unknown")
    assert found.reply is not None
    assert found.reply.completion.choices[0].content == "A do"


def test_i59_with_several_choices_each_must_finish(line: Line) -> None:
    events = [chunk({"content": "a"}, "stop", 0), chunk({"content": "b"}, None, 1)]

    assert line.fail(sse(*events)).code == "stream_cut"


def test_i59_before_any_text_it_is_a_lost_connection(line: Line) -> None:
    found = line.fail(sse(chunk({"role": "assistant"})))

    assert (found.code, found.retryable, found.billed) == ("connection_lost", True, "unknown")


ERROR = {"error": {"message": "Slow down.", "code": 429}}


def test_i60_an_error_before_any_text_goes_by_its_code(line: Line) -> None:
    found = line.fail(sse(chunk({"role": "assistant"}), ERROR))

    assert (found.code, found.retryable, found.billed) == ("rate_limited", True, "no")


def test_i60_an_error_after_some_text_keeps_it_and_is_not_asked_again(line: Line) -> None:
    found = line.fail(sse(chunk({"content": "A do"}), ERROR))

    assert (found.code, found.retryable, found.billed) == ("rate_limited", False, "unknown")
    assert found.words == "Slow down."
    assert found.reply is not None
    assert found.reply.completion.choices[0].content == "A do"


def test_i60_an_error_event_of_another_kind(line: Line) -> None:
    told = (
        b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}\n\n'
    )

    assert line.fail(sse(told)).code == "overloaded"
    assert line.fail(sse(b"event: error\ndata: it broke\n\n")).words == "it broke"


def test_i59_a_stream_cut_after_text_keeps_the_text(line: Line) -> None:
    pieces = b"".join(map(event, chunks("A dog in the")[:4]))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    found = line.fail(raw(head, f"{len(pieces):x}\r\n".encode() + pieces + b"\r\n"))

    assert (found.code, found.retryable, found.billed) == ("stream_cut", False, "unknown")
    assert found.reply is not None
    assert found.reply.completion.choices[0].content == "A dog in "


def test_i57_a_stream_cut_after_its_finish_is_whole(line: Line) -> None:
    pieces = b"".join(map(event, chunks("A dog.")[:-1]))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert (
        line.ask(raw(head, f"{len(pieces):x}\r\n".encode() + pieces)).completion.choices[0].content
        == "A dog."
    )


def test_i61_a_stream_that_falls_silent_before_any_text_may_be_asked_again(line: Line) -> None:
    found = line.within(between_bytes=0.2).fail(sse(chunks("A dog.")[0], b": ping\n\n", interval=2))

    assert (found.code, found.retryable, found.billed) == ("timeout", True, "unknown")
    assert found.reply is None


def test_i51_a_comment_restarts_the_clock_between_bytes(line: Line) -> None:
    waiting = [b": waiting\n\n"] * 5
    found = line.within(between_bytes=0.25).ask(sse(*waiting, *chunks("A dog."), interval=0.1))

    assert found.completion.choices[0].content == "A dog."


def test_i61_a_timeout_after_text_is_not_asked_again(line: Line) -> None:
    found = line.within(whole_call=0.5).fail(
        sse(*chunks("A big dog.")[:3], *[b": ping\n\n"] * 20, interval=0.1)
    )

    assert (found.code, found.retryable, found.billed) == ("timeout", False, "unknown")
    assert found.reply is not None
    assert found.reply.completion.choices[0].content == "A big "


def test_i62_choices_come_apart_by_index() -> None:
    mixed = [
        chunk({"content": text}, None, index)
        for text, index in (("A ", 1), ("B ", 0), ("dog", 1), ("cat", 0))
    ]
    found = read_completion(assemble(text_of(*mixed, "[DONE]")))

    assert [(one.index, one.content) for one in found.choices] == [(0, "B cat"), (1, "A dog")]


@pytest.mark.parametrize("names", [("index", "id"), ("index",), ("id",)])
def test_i64_tool_calls_come_in_pieces(names: tuple[str, ...]) -> None:
    def piece(number: int, arguments: str, **function: str) -> dict[str, Any]:
        place = {name: {"index": number, "id": f"call-{number}"}[name] for name in names}
        return chunk({"tool_calls": [{**place, "function": {"arguments": arguments, **function}}]})

    events = [piece(0, "", name="zoom"), piece(0, '{"x"'), piece(1, "{}", name="turn"), piece(0, ": 1}")]
    calls = read_completion(assemble(text_of(*events, "[DONE]"))).choices[0].tool_calls

    told = [(call["function"]["name"], call["function"]["arguments"]) for call in calls]
    assert told == [("zoom", '{"x": 1}'), ("turn", "{}")]


def test_i64_arguments_without_a_place_belong_to_the_last_call() -> None:
    events = [chunk({"tool_calls": [{"id": "1", "function": {"name": "zoom", "arguments": "{"}}]}),
              chunk({"tool_calls": [{"function": {"arguments": "}"}}]})]  # fmt: skip
    message = assemble(text_of(*events))["choices"][0]["message"]

    assert message["tool_calls"] == [{"id": "1", "function": {"name": "zoom", "arguments": "{}"}}]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_i65_thought_is_kept_apart(field: str) -> None:
    events = [chunk({field: "First "}), chunk({field: "I look."}), chunk({"content": "A dog."}, "stop")]
    choice = read_completion(assemble(text_of(*events))).choices[0]

    assert (choice.content, choice.reasoning) == ("A dog.", "First I look.")


def test_r11_a_long_stream_costs_time_in_proportion() -> None:
    few = "".join(f'data: {{"choices":[{{"delta":{{"content":"{"x" * 1000}"}}}}]}}\n\n' for _ in range(5000))

    assert len(assemble(few)["choices"][0]["message"]["content"]) == 5_000_000


BROKEN = [
    b'{"choices": [{"delta": {"content": "big',
    b"{'choices': []}",
    b'  {"choices":[}',
]


@pytest.mark.parametrize("piece", BROKEN)
def test_fd01_a_chunk_that_cannot_be_read_ends_the_stream_and_what_came_is_kept(
    line: Line, piece: bytes
) -> None:
    first, *rest = chunks("A big dog.")
    error = line.fail(sse(first, chunk({"content": "A "}), b"data: " + piece + b"\n\n", *rest))
    assert (error.code, error.billed, error.retryable) == ("bad_answer", "unknown", False)
    assert error.reply and (error.reply.completion.choices[0].content or "").endswith("A ")


def test_fd01_a_broken_chunk_before_any_words_is_a_bad_answer_too(line: Line) -> None:
    error = line.fail(sse(b'data: {"choices": [\n\n', *chunks("A dog.")))
    assert (error.code, error.billed, error.http_status) == ("bad_answer", "unknown", 200)


def test_fd01_a_last_chunk_without_its_end_is_a_stream_that_was_cut(line: Line) -> None:
    error = line.fail(sse(chunk({"content": "A "}), b'data: {"choices": [{"delta'))
    assert error.code == "stream_cut"


@pytest.mark.parametrize(
    "noise", [b"data: ping\n\n", b"data: \n\n", b": {\n\n", b"data: null\n\n", b"data: [1]\n\n"]
)
def test_fd01_pings_and_blanks_are_passed_over(line: Line, noise: bytes) -> None:
    first, *rest = chunks("A big dog.")
    assert line.ask(sse(first, noise, *rest)).completion.choices[0].content == "A big dog."


USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def test_fb06_usage_is_read_where_groq_and_relays_have_it(line: Line) -> None:
    *most, last, done = chunks("A dog.", usage=None)
    last = {**last, "x_groq": {"id": "r", "usage": USAGE}}
    for step in (
        sse(*most, last, done),
        reply(200, {**completion("A dog.", usage=None), "x_groq": {"usage": USAGE}}),
        reply(200, {"choices": [{**completion("A dog.")["choices"][0], "usage": USAGE}]}),
    ):
        usage = line.ask(step).completion.usage
        assert usage and usage.counts == USAGE


def test_fb09_done_ends_the_call_though_the_connection_stays_open(line: Line) -> None:
    frames = text_of(*chunks("A dog."), "[DONE]").encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = f"{len(frames):x}\r\n".encode() + frames + b"\r\n"
    reply = line.ask(held_open(head + body))
    assert reply.completion.choices[0].content == "A dog."
    assert reply.seconds < 5, "the endpoint would have left it open for a minute"
