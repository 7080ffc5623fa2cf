"""What may be set, how it may be spelled, and what is said when it is wrong (O4 to O16, O20)."""

import math
from typing import Any

import pytest

from describer.chat.schema import ParameterError, Parameters, limits, read_parameters, stop_texts

TOOL = {"type": "function", "function": {"name": "look_closer", "parameters": {"type": "object"}}}


def fault(**given: Any) -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        read_parameters(given)
    return caught.value


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("temperature", 2.1, "Temperature goes from 0 to 2."),
        ("temperature", -0.1, "Temperature goes from 0 to 2."),
        ("top_p", 1.5, "Top p goes from 0 to 1."),
        ("n", 0, "How many answers? 1 to 128."),
        ("n", 129, "How many answers? 1 to 128."),
        ("stream", "perhaps", "Stream is true or false."),
        ("stop", ["a", "b", "c", "d", "e"], "At most 4 stop texts."),
        ("stop", ["a", ""], "A stop text cannot be empty."),
        ("stop", [""], "A stop text cannot be empty."),
        ("max_tokens", 0, "At least 1 token."),
        ("presence_penalty", 2.5, "Presence penalty goes from -2 to 2."),
        ("frequency_penalty", "-3", "Frequency penalty goes from -2 to 2."),
        ("logit_bias", {"12": 101}, "Token 12: the bias goes from -100 to 100."),
        ("logit_bias", {"12": True}, "Token 12: the bias goes from -100 to 100."),
        ("logit_bias", {"twelve": 1}, "twelve is not a token id."),
        ("user", "x" * 257, "At most 256 characters."),
        ("response_format", {"type": "json_schema", "json_schema": {"schema": {}}}, "The schema needs a name."),
        ("response_format", '{"type":\n "json_object"', "Not JSON: line 2, column 15: Expecting ',' delimiter."),
        ("seed", 1.5, "A whole number."),
        ("seed", 2**63, "A whole number."),
        ("tools", [TOOL, {"type": "function", "function": {"name": "a b"}}],
         "Tool 2: the name may hold letters, digits, _ and -."),
        ("tools", [TOOL] * 129, "At least 1 tool, at most 128."),
        ("tool_choice", "required", "Tool choice needs tools."),
        ("detail", "ultra", "One of auto, low, high."),
    ],
)  # fmt: skip
def test_o04_to_o16_o20_says_what_is_wrong_with_a_value(name: str, wrong: Any, message: str) -> None:
    error = fault(**{name: wrong})

    assert (error.param, error.message) == (name, message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0), ("temperature", 1), ("temperature", 2), ("temperature", 0.7), ("top_p", 0), ("top_p", 1),
        ("n", 1), ("n", 128), ("stream", False), ("stop", "END"), ("stop", ["a", "b", "c", "d"]), ("stop", ["one"]),
        ("max_tokens", 1), ("presence_penalty", -2), ("frequency_penalty", 2.0), ("logit_bias", {"50256": -100}),
        ("user", "x" * 256), ("response_format", {"type": "json_object"}),
        ("response_format", {"type": "json_schema", "json_schema": {"name": "a-b_1", "schema": {}, "strict": True}}),
        ("seed", 0), ("seed", -5), ("seed", 2**63 - 1), ("tools", [TOOL]), ("tools", [{"type": "web_search"}]),
        ("detail", "original"),
    ],
)  # fmt: skip
def test_e26_keeps_the_very_value_and_type(name: str, value: Any) -> None:
    read = read_parameters({name: value}, as_json=True)

    assert read == {name: value}
    assert type(read[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "0", 0), ("temperature", " 0.5 ", 0.5), ("temperature", ".5", 0.5), ("top_p", "1e-1", 0.1),
        ("n", "3", 3), ("seed", "-7", -7), ("stream", "on", True), ("stream", "0", False), ("stream", "FALSE", False),
        ("stop", "END", "END"), ("stop", '["a", "b"]', ["a", "b"]), ("stop", "[", "["), ("stop", "[1]", "[1]"),
        ("logit_bias", '{"1": 5}', {"1": 5}), ("response_format", '{"type": "json_object"}', {"type": "json_object"}),
    ],
)  # fmt: skip
def test_multipart_spells_values_as_text(name: str, text: str, value: Any) -> None:
    read = read_parameters({name: text})

    assert read == {name: value}
    assert type(read[name]) is type(value)


def test_o08_a_repeated_stop_field_is_a_list() -> None:
    assert read_parameters({"stop": ["a", "b"]}) == {"stop": ["a", "b"]}


def test_o08_tags_of_the_form_are_escapes_and_blank_ones_are_left_out() -> None:
    assert stop_texts(["END\\n", "", "\\t"]) == ["END\n", "\t"]
    assert stop_texts(["", "END"]) == "END"


@pytest.mark.parametrize("unset", [None, ""])
def test_an_empty_field_is_not_set(unset: Any) -> None:
    assert read_parameters(dict.fromkeys(Parameters.model_fields, unset)) == {}


def test_o11_an_empty_bias_is_not_set() -> None:
    assert read_parameters({"logit_bias": "{}"}) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"tools": []}, {"tools": [], "tool_choice": "auto"}, {"tool_choice": "none"},
        {"functions": [], "function_call": "auto"}, {"stop": []}, {"stop": ""}, {"metadata": {}}, {"stream_options": {}},
        {"modalities": ["text"]}, {"modalities": []}, {"response_format": {"type": "text"}}, {"response_format": {}},
        {"user": "", "reasoning_effort": "", "detail": ""}, {"tools": None, "tool_choice": "auto"},
    ],
)  # fmt: skip
def test_fd03_what_sdks_send_by_habit_is_not_set(given: dict[str, Any]) -> None:
    assert read_parameters(given, as_json=True, keep_unknown=True) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"web_search_options": {}}, {"modalities": ["text", "audio"]}, {"metadata": {"a": ""}}, {"stream": False}, {"logprobs": False},
        {"tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": False}, {"foo": []}, {"functions": [{}], "function_call": "none"},
        {"response_format": {"type": "text", "more": 1}}, {"stream_options": {"include_usage": False}}, {"parallel_tool_calls": False},
    ],
)  # fmt: skip
def test_fd03_what_may_set_something_stays(given: dict[str, Any]) -> None:
    assert read_parameters(given, as_json=True, keep_unknown=True) == given


@pytest.mark.parametrize(("name", "odd"), [("tools", {}), ("tools", [[]]), ("stop", {}), ("user", [])])
def test_fd03_an_empty_value_of_another_type_is_a_fault(name: str, odd: Any) -> None:
    with pytest.raises(ParameterError) as caught:
        read_parameters({name: odd}, as_json=True)

    assert (caught.value.param, caught.value.code) == (name, "invalid_type")


def test_o16_a_tool_is_chosen_from_the_list() -> None:
    chosen = {"type": "function", "function": {"name": "look_closer"}}
    other = {"type": "function", "function": {"name": "look_away"}}

    assert read_parameters({"tools": [TOOL], "tool_choice": chosen})["tool_choice"] == chosen
    assert read_parameters({"tools": [TOOL], "tool_choice": "required"})["tool_choice"] == "required"
    assert fault(tools=[TOOL], tool_choice=other).message == "Choose a tool that is in the list."


@pytest.mark.parametrize("text", ["0.5", "1", "true"])
def test_e19_a_text_in_json_is_no_number(text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read_parameters({"temperature": text}, as_json=True)

    assert caught.value.code == "invalid_type"


@pytest.mark.parametrize("value", [True, [1], {}, "warm"])
def test_e19_tells_a_wrong_type_from_a_wrong_value(value: Any) -> None:
    assert fault(temperature=value).code == "invalid_type"
    assert fault(temperature=5).code == "invalid_value"


def test_all_faults_are_told_at_once() -> None:
    error = fault(temperature=9, n=0, logit_bias="{", top_p=0.5)

    assert {one.param for one in error.errors} == {"temperature", "n", "logit_bias"}
    assert error.errors[0] is error


@pytest.mark.parametrize("number", ["nan", "inf", "1e999", math.nan, math.inf])
def test_numbers_that_are_none_are_refused(number: Any) -> None:
    assert fault(temperature=number).param == "temperature"


def test_o06_the_form_asks_for_at_most_ten_answers() -> None:
    with pytest.raises(ParameterError, match="How many answers\\? 1 to 10\\."):
        read_parameters({"n": "11"}, most_answers=10)


def test_e25_unknown_parameters_pass_only_when_asked_for() -> None:
    given = {"reasoning_effort": "low", "top_p": 0, "model": "m", "messages": []}

    assert read_parameters(given) == {"top_p": 0}
    assert read_parameters(given, keep_unknown=True) == {"reasoning_effort": "low", "top_p": 0}


def test_e25_more_than_a_hundred_keys_are_refused() -> None:
    with pytest.raises(ParameterError) as caught:
        read_parameters({f"key{number}": 1 for number in range(101)}, keep_unknown=True)

    assert caught.value.code == "too_many_parameters"


def test_nesting_without_end_is_refused() -> None:
    assert fault(tools="[" * 5000).param == "tools"
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(ParameterError):
        read_parameters({"extra": deep}, keep_unknown=True)


def test_r09_values_hold_nothing_that_a_database_refuses() -> None:
    assert read_parameters({"user": "a\0b\ud800"}) == {"user": "a\ufffdb\ufffd\ufffd\ufffd"}


def test_one_schema_gives_ranges_and_descriptions_to_forms_and_docs() -> None:
    assert limits("temperature") == (0, 2)
    assert limits("max_tokens") == (1, None)
    assert all(field.description for field in Parameters.model_fields.values())
