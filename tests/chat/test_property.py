"""Whatever comes over the wire: a Reply or a ChatError, fit to be shown and stored."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from describer.chat.errors import ChatError
from describer.chat.response import EndpointResponse, read_reply
from describer.chat.schema import ParameterError, Parameters, Reply, read_completion, read_parameters
from describer.chat.tokens import text_tokens
from describer.lib.limits import WAIT_SECONDS
from tests.chat.conftest import assemble

statuses = st.integers(200, 599)
numbers = st.integers() | st.floats()
scalars = st.none() | st.booleans() | numbers | st.text(max_size=12)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)

pytestmark = pytest.mark.slow


def either(shape: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return shape | anything


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: either(field) for name, field in fields.items()})


parts = st.lists(
    either(some(type=st.sampled_from(["text", "image_url", "thinking", "refusal"]), text=st.text())),
    max_size=3,
)
calls = st.lists(
    either(
        some(
            index=st.integers(0, 2),
            id=st.text(max_size=3),
            function=some(name=st.text(), arguments=st.text()),
        )
    ),
    max_size=3,
)
message = some(
    content=st.text() | parts,
    refusal=st.text(),
    tool_calls=calls,
    reasoning_content=st.text(),
    function_call=some(name=st.text()),
)
choice = some(
    index=st.integers(-1, 3),
    message=message,
    delta=message,
    text=st.text(),
    finish_reason=st.text(),
    error=anything,
)
usage = some(
    prompt_tokens=numbers, completion_tokens=numbers, total_tokens=numbers, prompt_tokens_details=anything
)
told = some(
    message=st.text(),
    code=st.integers(390, 610) | st.text(),
    type=st.text(),
    param=st.text(),
    metadata=anything,
    innererror=anything,
)
bodies = some(
    id=scalars, object=scalars, created=scalars, model=scalars, choices=st.lists(either(choice), max_size=3), usage=usage,
    error=told | st.text(), detail=st.lists(either(some(loc=st.lists(scalars, max_size=3), msg=st.text())), max_size=2), code=scalars,
)  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(
        ["Retry-After", "retry-after-ms", "x-should-retry", "location", "x-request-id", "x-ratelimit-a"]
    ),
    st.text(max_size=30) | st.integers().map(str),
    max_size=3,
)


def check(status: int, given_headers: dict[str, str], body: bytes) -> None:
    try:
        found: Reply | ChatError = read_reply(
            EndpointResponse(status, given_headers, body, key="sk-12345678")
        )
    except ChatError as error:
        found = error
        assert error.message and error.code and len(error.words) <= 500
        assert error.retry_after is None or 0 < error.retry_after <= WAIT_SECONDS
    reply = found if isinstance(found, Reply) else found.reply
    if reply:
        storable(reply)


def storable(reply: Reply) -> None:
    completion = reply.completion
    for held in (
        reply.raw,
        completion.extra,
        completion.usage and dict(completion.usage.details),
        completion.model,
    ):
        text = json.dumps(held, allow_nan=False, ensure_ascii=False)
        assert "\0" not in text and "\\u0000" not in text
        text.encode()
    indexes = [one.index for one in completion.choices]
    assert indexes == sorted(set(indexes))


@given(statuses, headers, bodies | anything)
@settings(max_examples=300, deadline=None)
def test_any_json_is_a_reply_or_an_error(status: int, given_headers: dict[str, str], body: Any) -> None:
    check(status, given_headers, json.dumps(body).encode())


@given(statuses, headers, st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_are_a_reply_or_an_error(status: int, given_headers: dict[str, str], body: bytes) -> None:
    check(status, given_headers, body)


@given(statuses, st.lists(bodies | anything, max_size=5), st.sampled_from(["[DONE]", "", ": x"]))
@settings(deadline=None)
def test_any_stream_is_a_reply_or_an_error(status: int, events: list[Any], end: str) -> None:
    text = "".join(f"data: {json.dumps(one)}\n\n" for one in events) + f"data: {end}\n\n"
    assemble(text)
    check(status, {}, text.encode())


@given(bodies)
@settings(deadline=None)
def test_any_object_can_be_read_as_a_completion(body: dict[str, Any]) -> None:
    read_completion(body)


@given(
    st.dictionaries(st.sampled_from([*Parameters.model_fields, "other"]), anything, max_size=6), st.booleans()
)
@settings(deadline=None)
def test_any_values_are_parameters_or_an_error(given_values: dict[str, Any], as_json: bool) -> None:
    try:
        read = read_parameters(given_values, keep_unknown=True, as_json=as_json)
    except ParameterError as error:
        assert error.errors and all(one.message for one in error.errors)
    else:
        assert None not in read.values()


@given(st.text())
def test_any_text_has_an_estimate(text: str) -> None:
    assert (text_tokens(text) == 0) == (text == "")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'{"choices":' + b"[" * 90 + b"]" * 90 + b"}",
        b'{"error":' * 5000 + b"1" + b"}" * 5000,
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_i66_nesting_without_end_is_no_answer(status: int, body: bytes) -> None:
    with pytest.raises(ChatError) as caught:
        read_reply(EndpointResponse(status, {}, body))

    assert caught.value.code == ("bad_answer" if status == 200 else "bad_request")


@pytest.mark.parametrize(
    "body", [b'{"usage":{"prompt_tokens":' + b"9" * 10_000 + b"}}", b'{"n":-' + b"1" * 5000 + b"e5}"]
)
def test_numbers_without_end_are_not_reported(body: bytes) -> None:
    with pytest.raises(ChatError):
        read_reply(EndpointResponse(200, {}, body))


@pytest.mark.parametrize(
    "text", ["<" * 20_000, "<a" * 10_000, "a " * 10_000, "A" * 20_000, "image " * 4000, "model x " * 3000]
)
def test_r11_words_without_end_are_judged_quickly(text: str) -> None:
    with pytest.raises(ChatError) as caught:
        read_reply(EndpointResponse(400, {}, json.dumps({"error": {"message": text}}).encode()))

    assert len(caught.value.words) <= 500
