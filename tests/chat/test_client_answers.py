"""What good and odd answers come to (I1 to I24, O26)."""

from typing import Any

import pytest

from describer.chat.errors import BadAnswer, ContentFiltered, EmptyAnswer
from describer.chat.schema import Usage
from tests.chat.conftest import KEY, Line
from tests.endpoint import answer, chunks, completion, html, reply, sse


def with_usage(**usage: Any) -> Any:
    return reply(200, {**completion(usage=None), "usage": usage})


def usage_of(line: Line, step: Any) -> Usage:
    usage = line.ask(step).completion.usage
    assert usage is not None
    return usage


def test_the_seeds_answer_is_read_whole(line: Line) -> None:
    reply = line.ask(answer("\n\nThe image shows a boardwalk.", usage=(9, 12, 21)), model="claude-sonnet-4")
    found = reply.completion

    assert (found.id, found.object, found.created) == ("chatcmpl-123", "chat.completion", 1677652288)
    assert found.model == "claude-sonnet-4"
    assert found.choices[0].content == "\n\nThe image shows a boardwalk."
    assert found.choices[0].finish_reason == "stop"
    assert found.usage == Usage(9, 12, 21)
    assert (reply.http_status, reply.request_id) == (200, "req-scripted")
    assert 0 < reply.seconds < 5


@pytest.mark.parametrize(
    "reason",
    [
        "RECITATION",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "content_filter: PROHIBITED_CONTENT",
        "FinishReason.SAFETY",
        "refusal",
        "MODEL_ARMOR",
    ],
)
def test_fa08_an_answer_that_a_filter_took_away_is_told_as_filtered(line: Line, reason: str) -> None:
    error = line.fail(answer(None, finish_reason=reason))
    assert (type(error), error.billed) == (ContentFiltered, "yes")


def test_fa07_an_endpoint_that_breaks_off_at_once_is_told_so(line: Line) -> None:
    error = line.fail(answer(None, finish_reason="insufficient_system_resource"))
    assert isinstance(error, EmptyAnswer) and "broke off" in error.message


@pytest.mark.parametrize(
    "content", ["hm\n</think>\n", "<Thinking>hm", "◁think▷hm◁/think▷", "<think>a</think><|im_end|>"]
)
def test_fa02_a_thought_alone_is_an_empty_answer(line: Line, content: str) -> None:
    error = line.fail(answer(content))
    assert isinstance(error, EmptyAnswer) and "It thought" in error.message


def test_o26_headers(line: Line) -> None:
    line.ask()

    headers = line.endpoint.calls[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"
    assert headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("Describer/")
    assert "cookie" not in headers


def test_o26_without_a_key_there_is_no_authorization(line: Line) -> None:
    line.within(api_key="").ask()

    assert "authorization" not in line.endpoint.calls[0].headers


def test_o26_json_is_utf8_and_not_escaped(line: Line) -> None:
    line.ask(messages=[{"role": "user", "content": "Что это? 猫"}])

    assert "Что это? 猫".encode() in line.endpoint.calls[0].raw


def test_o22_a_stream_is_accepted_when_it_is_asked_for(line: Line) -> None:
    line.ask(stream=True)

    assert "text/event-stream" in line.endpoint.calls[0].headers["accept"]


@pytest.mark.parametrize("usage", [None, "some", [], {}, {"prompt_tokens": None}])
def test_i01_n32_n33_missing_usage_is_not_reported(line: Line, usage: Any) -> None:
    body = completion(usage=None)

    assert line.ask(reply(200, body)).completion.usage is None
    assert line.ask(reply(200, {**body, "usage": usage})).completion.usage is None


def test_i02_details_are_kept_and_never_added(line: Line) -> None:
    details = {"cached_tokens": 800, "image_tokens": None, "audio_tokens": 0, "odd": 1}
    usage = usage_of(
        line,
        with_usage(
            prompt_tokens=1000, completion_tokens=50, total_tokens=1050, prompt_tokens_details=details,
            completion_tokens_details={"reasoning_tokens": 30},
        ),
    )  # fmt: skip

    assert (usage.prompt_tokens, usage.total_tokens) == (1000, 1050)
    assert (usage.cached_tokens, usage.reasoning_tokens) == (800, 30)
    assert usage.details["prompt_tokens_details"] == details


def test_i03_a_total_beyond_the_sum_is_kept_and_priced_as_output(line: Line) -> None:
    usage = usage_of(line, answer(usage=(100, 20, 400)))

    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 20, 400)
    assert usage.output_tokens == 300


def test_i04_zeros_are_kept_and_told_apart_from_nothing(line: Line) -> None:
    usage = usage_of(line, answer(usage=(0, 0, 0)))

    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (0, 0, 0)
    assert usage.is_zero


def test_i05_own_fields_of_usage_are_kept(line: Line) -> None:
    usage = usage_of(line, with_usage(prompt_tokens=1, completion_tokens=2, total_tokens=3, cost=0.0012))

    assert usage.details == {"cost": 0.0012}


@pytest.mark.parametrize(
    ("value", "read"),
    [(12, 12), (12.0, 12), ("12", 12), (12.5, None), (-1, None), (True, None), (10**12, None), ([], None)],
)
def test_r02_numbers_are_converted_where_nothing_is_lost(line: Line, value: Any, read: int | None) -> None:
    usage = usage_of(line, with_usage(prompt_tokens=value, completion_tokens=5))

    assert usage.prompt_tokens == read
    assert usage.total_tokens == (None if read is None else read + 5)


@pytest.mark.parametrize("content", [None, "", " \n\t", "\u200b", 7, {}])
def test_i07_a_blank_answer_is_empty_yet_paid(line: Line, content: Any) -> None:
    error = line.fail(answer(content))

    assert isinstance(error, EmptyAnswer)
    assert error.message == "The model sent nothing back."
    assert (error.retryable, error.billed) == (False, "yes")
    assert error.reply is not None
    assert error.reply.completion.usage == Usage(9, 12, 21)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_i08_thought_alone_is_no_answer(line: Line, field: str) -> None:
    thought: Any = {field: "First I look."}
    error = line.fail(answer("", finish_reason="length", **thought))

    assert error.code == "empty_answer"
    assert error.message == "It thought, but wrote no answer; raise the token limit."
    assert error.reply is not None
    choice = error.reply.completion.choices[0]
    assert (choice.content, choice.reasoning, choice.reading) == ("", "First I look.", "length")


def test_i08_a_think_block_alone_is_no_answer_either(line: Line) -> None:
    assert "It thought" in line.fail(answer("<think>A dog? A cat?")).message


def test_i09_an_answer_cut_at_its_length_is_an_answer(line: Line) -> None:
    choice = line.ask(answer("A long", finish_reason="length")).completion.choices[0]

    assert (choice.content, choice.reading) == ("A long", "length")


def test_i10_a_filtered_answer_with_text_is_an_answer(line: Line) -> None:
    choice = line.ask(answer("A", finish_reason="content_filter")).completion.choices[0]

    assert (choice.content, choice.reading) == ("A", "filter")


def test_i10_without_text_it_is_filtered_and_paid(line: Line) -> None:
    error = line.fail(answer(None, finish_reason="content_filter"))

    assert isinstance(error, ContentFiltered)
    assert (error.retryable, error.billed) == (False, "yes")


def test_i11_a_refusal_is_an_answer(line: Line) -> None:
    choice = line.ask(answer(None, refusal="I cannot name people.")).completion.choices[0]

    assert (choice.content, choice.refusal) == (None, "I cannot name people.")


def test_i12_a_tool_call_is_an_answer(line: Line) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "zoom", "arguments": "{}"}}
    choice = line.ask(answer(None, finish_reason="tool_calls", tool_calls=[call])).completion.choices[0]

    assert choice.content is None
    assert choice.tool_calls == (call,)


def test_i12_the_older_function_call_is_one_too(line: Line) -> None:
    old = {"name": "zoom", "arguments": "{}"}
    choice = line.ask(answer(None, function_call=old)).completion.choices[0]

    assert choice.tool_calls == ({"type": "function", "function": old},)


def test_i13_parts_of_text_are_joined_and_others_kept_raw(line: Line) -> None:
    parts: Any = [
        {"type": "text", "text": "A "},
        {"type": "image_url", "image_url": {}},
        {"type": "text", "text": "dog"},
    ]
    choice = line.ask(answer(parts)).completion.choices[0]

    assert choice.content == "A dog"
    assert choice.parts == (parts[1],)


@pytest.mark.parametrize(
    ("reason", "reading"),
    [
        ("end_turn", "stop"), ("eos", "stop"), ("eos_token", "stop"), ("stop_sequence", "stop"), ("STOP", "stop"),
        ("max_tokens", "length"), ("MAX_TOKENS", "length"), ("length", "length"), ("tool_use", "tool"),
        ("SAFETY", "filter"), ("because", None), (None, None),
    ],
)  # fmt: skip
def test_i14_i15_reasons_are_stored_as_they_came_and_read_beside(
    line: Line, reason: Any, reading: Any
) -> None:
    choice = line.ask(answer(finish_reason=reason)).completion.choices[0]

    assert (choice.finish_reason, choice.reading) == (reason, reading)


@pytest.mark.parametrize("choices", [[], None, "none"])
@pytest.mark.parametrize(("usage", "billed"), [((9, 0, 9), "yes"), ((0, 0, 0), "unknown"), (None, "unknown")])
def test_i16_no_choices_is_empty_and_paid_when_usage_says_so(
    line: Line, choices: Any, usage: Any, billed: str
) -> None:
    error = line.fail(reply(200, {**completion(usage=usage), "choices": choices}))

    assert (error.code, error.retryable, error.billed) == ("empty_answer", False, billed)
    assert error.reply is not None


def test_i16_a_completion_without_the_key_is_empty_too(line: Line) -> None:
    body = completion()
    del body["choices"]

    assert line.fail(reply(200, body)).code == "empty_answer"


def test_i17_choices_come_in_the_order_of_their_index(line: Line) -> None:
    body = completion(n=3)
    for position, index in enumerate([2, 0, 1]):
        body["choices"][position] = {"index": index, "message": {"content": f"answer {index}"}}

    choices = line.ask(reply(200, body)).completion.choices
    assert [(one.index, one.content) for one in choices] == [
        (0, "answer 0"),
        (1, "answer 1"),
        (2, "answer 2"),
    ]


@pytest.mark.parametrize("index", [0, None, "x"])
def test_i17_choices_without_a_true_index_are_counted(line: Line, index: Any) -> None:
    body = completion(n=2)
    body["choices"] = [{"index": index, "message": {"content": text}} for text in "ab"]

    assert [(one.index, one.content) for one in line.ask(reply(200, body)).completion.choices] == [
        (0, "a"),
        (1, "b"),
    ]


def test_i17_one_usable_choice_among_empty_ones_is_an_answer(line: Line) -> None:
    body = completion(n=2)
    body["choices"][0] = {"index": 0, "message": {"content": None}}

    assert len(line.ask(reply(200, body)).completion.choices) == 2


def test_i18_fewer_choices_than_asked_are_an_answer(line: Line) -> None:
    assert len(line.ask(answer(n=1), n=3).completion.choices) == 1
    assert len(line.endpoint.calls) == 1


def test_i19_missing_names_and_extra_fields_cost_nothing(line: Line) -> None:
    found = line.ask(
        reply(200, {"choices": [{"message": {"content": "A dog."}}], "citations": [1], "model": "other"})
    )

    assert (found.completion.id, found.completion.created, found.completion.model) == ("", None, "other")
    assert found.completion.extra == {"citations": [1]}
    assert found.raw["citations"] == [1]


@pytest.mark.parametrize(
    "choice",
    [
        {"text": "A dog."},
        {"delta": {"content": "A dog."}},
        {"message": "A dog."},
        {"message": {"content": "A dog."}},
    ],
)
def test_r02_the_text_is_found_where_relays_put_it(line: Line, choice: Any) -> None:
    assert line.ask(reply(200, {"choices": [choice]})).completion.choices[0].content == "A dog."
    assert line.ask(reply(200, {"choices": choice})).completion.choices[0].content == "A dog."


def test_r02_one_odd_field_does_not_cost_the_answer_beside_it(line: Line) -> None:
    body = {
        "id": 7,
        "object": [],
        "created": "soon",
        "model": {},
        "usage": 3,
        "choices": [9, {"message": {"content": "A"}}],
    }

    found = line.ask(reply(200, body)).completion
    assert (found.id, found.model, found.choices[0].content) == ("7", "", "A")


def test_i20_blank_lines_and_thoughts_are_stored_exactly(line: Line) -> None:
    text = "\n\n<think>Hm.</think>\nA dog.\n"

    assert line.ask(answer(text)).completion.choices[0].content == text


def test_r09_an_answer_holds_nothing_that_a_database_refuses(line: Line) -> None:
    body = b'{"choices":[{"message":{"content":"a\\u0000b\\ud800c"}}],"score":NaN,"big":1e999,"usage":null}'
    found = line.ask(reply(200, body))

    assert found.completion.choices[0].content is not None
    assert found.completion.choices[0].content.encode() == b"a\xef\xbf\xbdb" + b"\xef\xbf\xbd" * 3 + b"c"
    assert (found.raw["score"], found.raw["big"]) == (None, None)


def test_r09_nor_does_an_answer_in_plain_ascii(line: Line) -> None:
    assert line.ask(answer("a\0b")).completion.choices[0].content == "a\ufffdb"


def test_r09_bytes_that_are_no_utf8_cost_one_character_each(line: Line) -> None:
    body = b'\xef\xbb\xbf{"choices":[{"message":{"content":"caf\xe9"}}]}'

    assert line.ask(reply(200, body)).completion.choices[0].content == "caf\ufffd"


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "application/octet-stream", ""])
def test_i21_n27_json_is_json_under_any_label(line: Line, kind: str) -> None:
    assert (
        line.ask(reply(200, completion("A dog."), {"Content-Type": kind})).completion.choices[0].content
        == "A dog."
    )


@pytest.mark.parametrize("status", [201, 404, 500])
def test_r01_a_usable_choice_is_an_answer_under_any_status(line: Line, status: int) -> None:
    found = line.ask(reply(status, completion("A dog.")))

    assert (found.http_status, found.completion.choices[0].content) == (status, "A dog.")


def test_i22_a_web_page_is_told_as_one(line: Line) -> None:
    error = line.fail(html(200, "Welcome"))

    assert isinstance(error, BadAnswer)
    assert error.message.startswith("This address answered with a web page; check the base URL.")
    assert (error.words, error.retryable, error.billed) == ("Welcome", False, "no")


@pytest.mark.parametrize("body", ["It is fine.", "", "null", "7", '"text"', "[]", "{}", '{"status": "ok"}'])
def test_i22_other_words_cannot_be_read(line: Line, body: str) -> None:
    error = line.fail(reply(200, body))

    assert (error.code, error.retryable, error.billed) == ("bad_answer", False, "unknown")


def test_i23_an_event_stream_nobody_asked_for_is_put_together(line: Line) -> None:
    found = line.ask(sse(*chunks("A dog in the snow.", usage=(7, 5, 12))))

    assert found.completion.choices[0].content == "A dog in the snow."
    assert found.completion.usage == Usage(7, 5, 12)
    assert found.raw["object"] == "chat.completion"


def test_i24_one_json_although_a_stream_was_asked(line: Line) -> None:
    assert line.ask(answer("A dog."), stream=True).completion.choices[0].content == "A dog."


def test_i49_rate_limits_are_kept_for_admins(line: Line) -> None:
    headers = {"x-ratelimit-remaining-requests": "4", "X-RateLimit-Reset-Tokens": "6ms"}
    found = line.ask(reply(200, completion(), headers))

    assert found.limits == {"x-ratelimit-remaining-requests": "4", "x-ratelimit-reset-tokens": "6ms"}


def test_models_are_listed_in_the_endpoints_order(line: Line) -> None:
    line.endpoint.models = ["qwen/qwen-vl", "claude", "qwen/qwen-vl"]

    assert line.client.models(line.target) == ["qwen/qwen-vl", "claude"]
    assert line.endpoint.model_calls[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "body",
    [
        ["a", "b"],
        {"data": ["a", "b"]},
        {"models": [{"name": "a"}, {"name": "b"}]},
        {"data": [{"id": "a"}, 3.5, {}, {"id": "b"}]},
    ],
)
def test_models_are_read_in_the_shapes_that_servers_give(line: Line, body: Any) -> None:
    line.endpoint.models_step = reply(200, body)

    assert [name for name in line.client.models(line.target) if name != "3.5"] == ["a", "b"]
