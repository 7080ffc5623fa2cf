"""Cases E19, E25 and E26 of our own endpoint: parameters that are refused, and those that pass as they were."""

import pytest

from tests.endpoint import error
from tests.outside.people import SECRET
from tests.outside.v1.world import MODEL, PHOTO, data_url, expect, fault, said

pytestmark = pytest.mark.site


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("temperature", 2.1, "invalid_value", "0 to 2"), ("temperature", -1, "invalid_value", "0 to 2"), ("temperature", "1", "invalid_type", ""),
        ("temperature", True, "invalid_type", ""), ("top_p", 1.5, "invalid_value", "0 to 1"), ("n", 0, "invalid_value", "1 to 128"),
        ("n", 129, "invalid_value", "1 to 128"), ("n", 1.5, "invalid_type", ""), ("stream", "yes", "invalid_type", ""), ("stream", 1, "invalid_type", ""),
        ("stop", ["a"] * 5, "invalid_value", "At most 4"), ("stop", [""], "invalid_value", "empty"),
        ("stop", ["a", ""], "invalid_value", "empty"), ("stop", 7, "invalid_type", ""), ("max_tokens", 0, "invalid_value", "At least 1"),
        ("max_tokens", "9", "invalid_type", ""), ("presence_penalty", 2.5, "invalid_value", "-2 to 2"), ("frequency_penalty", -3, "invalid_value", "-2 to 2"),
        ("logit_bias", {"a": 1}, "invalid_value", "token id"), ("logit_bias", {"1": 101}, "invalid_value", "-100 to 100"), ("logit_bias", [], "invalid_type", ""),
        ("user", "x" * 257, "invalid_value", "256"), ("user", 7, "invalid_type", ""), ("response_format", {"type": "xml"}, "invalid_value", ""),
        ("response_format", {"type": "json_schema", "json_schema": {}}, "invalid_value", "name"), ("response_format", "json", "invalid_type", ""),
        ("seed", 2**63, "invalid_value", "whole number"), ("seed", 1.5, "invalid_type", ""), ("tools", {}, "invalid_type", ""),
        ("tools", [{"type": "function", "function": {"name": "a b"}}], "invalid_value", "Tool 1"), ("tool_choice", "required", "invalid_value", "needs tools"),
    ],
)  # fmt: skip
def test_e19_a_value_out_of_its_range_or_of_a_wrong_type_is_refused_by_name(world, name, value, code, words):
    told = expect(world, 400, code, name, **{name: value})
    assert words in told["message"]


def test_e19_null_is_not_set(world):
    names = (
        "temperature",
        "top_p",
        "n",
        "stream",
        "stop",
        "max_tokens",
        "logit_bias",
        "user",
        "tools",
        "foo",
    )
    reply = world.post("Nulls?", **dict.fromkeys(names))
    assert reply.headers["content-type"] == "application/json"
    assert sorted(world.sent("Nulls?")[0].body) == ["messages", "model"]
    assert world.row(reply)["parameters"] == {}


def test_fd03_empties_of_habit_reach_neither_the_endpoint_nor_the_row(world):
    habits = {
        "tools": [], "tool_choice": "auto", "functions": [], "function_call": "none", "stop": [],
        "metadata": {}, "modalities": ["text"], "response_format": {"type": "text"}, "stream_options": None, "user": "",
        "logit_bias": {}, "reasoning_effort": "",
    }  # fmt: skip
    calls = said("", role="assistant") | {"content": [], "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}  # fmt: skip
    picture = said("Habits?", data_url(PHOTO))
    picture["content"][1]["image_url"]["detail"] = ""
    reply = world.post("", messages=[calls, picture], **habits)
    assert reply.status_code == 200, reply.text
    (call,) = world.sent("Habits?")
    assert sorted(call.body) == ["messages", "model"]
    assert call.body["messages"][0] == calls
    assert sorted(call.body["messages"][1]["content"][1]["image_url"]) == ["url"]
    assert world.row(reply)["parameters"] == {}


def test_e25_parameters_that_we_do_not_know_pass_and_are_recorded(world):
    unknown = {
        "max_completion_tokens": 500, "reasoning_effort": "low", "parallel_tool_calls": False, "metadata": {"a": {"b": [1, 2.5, "\u00e9\u4e2d"]}},
        "thinking": {"type": "enabled"}, "odd name": 0, "empty": "", "list": [], "object": {},
    }  # fmt: skip
    reply = world.post("Unknown?", **unknown)
    assert reply.status_code == 200
    body = world.sent("Unknown?")[0].body
    assert {name: body[name] for name in unknown} == unknown
    assert world.row(reply)["parameters"] == unknown


def test_e25_an_endpoints_refusal_of_one_comes_back_and_so_does_a_hundred_keys(world):
    world.plays("Refused one?", error(400, 'Unknown name "foo".', "unknown_parameter", param="foo"))
    reply = world.post("Refused one?", foo=1)
    fault(reply, 400, "unknown_parameter", "foo")
    expect(world, 400, "too_many_parameters", None, **{f"key{number}": 1 for number in range(101)})
    assert world.post("Hundred?", **{f"key{number}": 1 for number in range(100)}).status_code == 200


def test_e25_odd_names_and_values_are_stored_and_no_fault(world):
    """NUL and halves of surrogate pairs, which JSON can spell and no database takes."""
    odd = "a\\u0000b\\ud800c"
    text = f'{{"model": "scripted-model", "messages": [{{"role": "system", "content": "{odd}"}}, {{"role": "user", "content": "Odd? {odd}", "name": "{odd}"}}], "{odd}": {{"{odd}": "{odd}"}}, "user": "{odd}"}}'
    reply = world.send(text.encode())
    assert reply.status_code == 200, reply.text
    assert world.row(reply)["status"] == "done"
    assert world.row(reply)["question"].startswith("Odd? a")
    for number in ("1e999", "-1e999"):
        body = f'{{"model": "scripted-model", "messages": [{{"role": "user", "content": "x"}}], "foo": [{number}]}}'
        expect(world, 400, "invalid_json", data=body.encode())


def test_e26_what_was_given_reaches_the_endpoint_as_it_was(world):
    given = {
        "temperature": 1, "top_p": 0, "n": 1, "stop": "END", "max_tokens": 9007199254740993, "presence_penalty": 0, "frequency_penalty": -0.5,
        "logit_bias": {"50256": -100}, "user": " a b ", "response_format": {"type": "json_object"}, "seed": -9223372036854775808,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}, {"type": "web_search", "x": 1}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
    }  # fmt: skip
    words = "  As it \r\n was? \t\u00e9\u4e2d\U0001f600 <b>&amp;\\n "
    messages = [said("  Be brief. ", role="system"), said("one"), said("two", role="assistant"), said(words)]
    reply = world.post("", messages=messages, **given)
    assert reply.status_code == 200, reply.text
    (call,) = world.sent(words)
    assert call.body == {"model": MODEL, "messages": messages} | given
    assert b'"temperature":1,' in call.raw.replace(b" ", b"") and "\U0001f600".encode() in call.raw
    row = world.row(reply)
    assert row["parameters"] == given
    assert row["system_prompt"] == "  Be brief. "
    assert world.post("One stop?", stop=["END"]).ok
    assert world.sent("One stop?")[0].body["stop"] == ["END"]
    assert "cookie" not in call.headers and call.headers["authorization"] == f"Bearer {SECRET}"
    assert call.headers["user-agent"].startswith("Describer/")
