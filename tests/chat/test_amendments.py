"""The one change that lets a refused request through (O22 to O24), from the wordings that were seen."""

from typing import Any

import pytest

from describer.chat.amendments import Amendment, amended
from tests.chat.conftest import Line
from tests.endpoint import chunks, error, reply, sse

SET: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "max_tokens": 100,
    "seed": 1,
    "n": 2,
    "tools": [],
    "response_format": {},
}


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         "unsupported_parameter", "max_tokens"),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", None, None),
        ("Unrecognized request argument supplied: max_tokens", None, None),
        ("unknown parameter `max_tokens`", "invalid_request_error", None),
        ("Please use max_completion_tokens, max_tokens is not supported.", None, None),
    ],
)  # fmt: skip
def test_o23_max_tokens_is_renamed(line: Line, message: str, code: str | None, param: str | None) -> None:
    change = amended(line.fail(error(400, message, code, param=param)), SET)

    assert change == Amendment("renamed", "max_tokens", "max_completion_tokens")
    assert change.applied(SET)["max_completion_tokens"] == 100
    assert "max_tokens" not in change.applied(SET)


def test_o23_also_the_other_way_round(line: Line) -> None:
    refusal = line.fail(error(400, "Unknown parameter: 'max_completion_tokens'.", "unknown_parameter"))

    assert amended(refusal, {"max_completion_tokens": 5}) == Amendment(
        "renamed", "max_completion_tokens", "max_tokens"
    )


def test_o23_never_a_key_that_is_not_there(line: Line) -> None:
    refusal = line.fail(
        error(400, "'max_tokens' is not supported.", "unsupported_parameter", param="max_tokens")
    )

    assert amended(refusal, {"temperature": 1}) is None


def test_o23_of_two_keys_for_the_same_the_refused_one_is_dropped(line: Line) -> None:
    refusal = line.fail(
        error(400, "Unknown parameter: 'max_tokens'.", "unknown_parameter", param="max_tokens")
    )

    assert amended(refusal, {"max_tokens": 5, "max_completion_tokens": 5}) == Amendment(
        "dropped", "max_tokens"
    )


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 99999.",
        "max_tokens must be at least 16",
        "Invalid 'max_tokens': integer below minimum",
    ],
)
def test_o23_a_value_out_of_range_is_the_persons_to_mend(line: Line, message: str) -> None:
    refusal = line.fail(error(400, message, "invalid_value", param="max_tokens"))

    assert (refusal.code, refusal.param) == ("unsupported_parameter", "max_tokens")
    assert amended(refusal, SET) is None


@pytest.mark.parametrize(
    ("message", "code", "param", "dropped"),
    [
        ("Unsupported value: 'temperature' does not support 0.5 with this model.", "unsupported_value", "temperature", "temperature"),
        ("`temperature` is deprecated for this model.", "invalid_request_error", None, "temperature"),
        ('Invalid JSON payload received. Unknown name "seed": Cannot find field.', None, None, "seed"),
        ("litellm.UnsupportedParamsError: x does not support parameters: ['seed'], for model=y", None, None, "seed"),
        ("top_p: Extra inputs are not permitted", None, "body.top_p", "top_p"),
        ("`temperature` and `top_p` cannot both be specified for this model.", None, None, "top_p"),
        ("该模型不支持 temperature 参数", None, None, "temperature"),
    ],
)  # fmt: skip
def test_o24_any_other_is_dropped(line: Line, message: str, code: Any, param: Any, dropped: str) -> None:
    change = amended(line.fail(error(400, message, code, param=param)), SET)

    assert change == Amendment("dropped", dropped)
    assert dropped not in change.applied(SET)
    assert len(change.applied(SET)) == len(SET) - 1


def test_o24_a_list_of_refused_names_goes_at_once(line: Line) -> None:
    message = "x does not support parameters: ['temperature', 'top_p'], for model=y"
    change = amended(line.fail(error(400, message)), SET)

    assert change == Amendment("dropped", "temperature", also=("top_p",))
    assert change.applied({"temperature": 1, "top_p": 1, "n": 1}) == {"n": 1}


def test_o24_pydantic_details_name_it(line: Line) -> None:
    body = {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}

    assert amended(line.fail(reply(400, body)), SET) == Amendment("dropped", "seed")


@pytest.mark.parametrize("param", ["n", "response_format", "tools"])
def test_o24_never_what_would_make_it_another_answer(line: Line, param: str) -> None:
    refusal = line.fail(error(400, f"'{param}' is not supported.", "unsupported_parameter", param=param))

    assert amended(refusal, SET) is None


def test_o24_a_key_that_was_not_sent_is_never_the_cause(line: Line) -> None:
    refusal = line.fail(
        error(400, "'logit_bias' is not supported.", "unsupported_parameter", param="logit_bias")
    )

    assert amended(refusal, SET) is None


def test_o24_what_broke_off_after_words_is_not_asked_again(line: Line) -> None:
    refusal = {"error": {"message": "'temperature' is not supported.", "code": 400}}
    fault = line.fail(sse(*chunks("Two ")[:2], refusal))

    assert (fault.code, fault.reply is not None) == ("unsupported_parameter", True)
    assert amended(fault, SET) is None


@pytest.mark.parametrize("status", [401, 404, 413, 429, 500])
def test_o24_other_errors_are_not_amended(line: Line, status: int) -> None:
    assert (
        amended(line.fail(error(status, "'temperature' is not supported.", param="temperature")), SET) is None
    )


def test_o22_stream_options_are_dropped_like_any_other(line: Line) -> None:
    refusal = line.fail(error(400, "Unrecognized request argument supplied: stream_options"))

    assert amended(refusal, {"stream_options": {"include_usage": True}}) == Amendment(
        "dropped", "stream_options"
    )


@pytest.mark.parametrize(
    ("message", "param", "code", "named"),
    [
        (
            "Unsupported parameter: 'top_p' is not supported with this model.",
            "top_p",
            "unsupported_parameter",
            "top_p",
        ),
        ("temperature is deprecated for this model", None, None, "temperature"),
        ("Unrecognized request argument supplied: logit_bias", None, None, "logit_bias"),
        ("Invalid value for 'n': must be 1", None, None, "n"),
        ("openai does not support parameters: ['seed'], for model=x", None, None, "seed"),
        ("temperature: must be between 0 and 1", "body.temperature", "invalid_value", "temperature"),
    ],
)
def test_a_refused_parameter_is_named(line: Line, message: str, param: Any, code: Any, named: str) -> None:
    found = line.fail(error(400, message, code, param=param))

    assert (found.code, found.retryable, found.billed) == ("unsupported_parameter", False, "no")
    assert found.param == named
    assert found.message.startswith(f"This model refuses {named};")


@pytest.mark.parametrize("message", ["Please stop it, this is not supported.", "The user must be polite."])
def test_ordinary_words_name_no_parameter(line: Line, message: str) -> None:
    assert line.fail(error(400, message)).code == "bad_request"
