"""Headers that an endpoint wants beside its key: they go with each call, and secret ones come back to nobody (FD08)."""

import json
from dataclasses import replace

import pytest

from describer.chat.header_rules import header_fault
from describer.chat.relay import Relay
from describer.lib.masks import masked, one_key
from tests.chat.conftest import KEY, Line
from tests.endpoint import completion, error, reply, sse
from tests.steps import chunk, event

SECRET = "pk-portkey-0123456789"
PLAIN = {"x-portkey-provider": "openai", "OpenAI-Beta": "a=b"}


@pytest.fixture
def wanting(line: Line):
    """The same line to an endpoint that wants headers."""
    secret = {"api-key": SECRET, "X-Login": f"Basic {SECRET[::-1]}"}
    line.target = replace(line.target, headers=PLAIN, secret_headers=secret)
    return line


def test_fd08_headers_go_with_each_call_and_none_of_ours_is_replaced(wanting):
    wanting.target = replace(wanting.target, headers=PLAIN | {"content-type": "text/plain"})
    wanting.ask(reply(200, completion("Two boats.")))
    wanting.client.models(wanting.target)
    for call in (wanting.endpoint.calls[0], wanting.endpoint.model_calls[0]):
        assert call.headers["api-key"] == SECRET
        assert call.headers["x-portkey-provider"] == "openai"
        assert call.headers["authorization"] == f"Bearer {KEY}"
    assert wanting.endpoint.calls[0].headers["content-type"] == "application/json"


def test_fd08_a_header_alone_signs_in(line: Line):
    line.target = replace(line.target, api_key="", secret_headers={"api-key": SECRET})
    line.ask(reply(200, completion("Two boats.")))
    line.target = replace(line.target, secret_headers={"Authorization": f"Token {SECRET}"})
    line.ask(reply(200, completion("Two boats.")))
    first, second = line.endpoint.calls
    assert (first.headers["api-key"], first.headers.get("authorization")) == (SECRET, None)
    assert second.headers["authorization"] == f"Token {SECRET}"


@pytest.mark.parametrize("secret", [SECRET, SECRET[::-1], KEY])
def test_fd08_no_secret_of_several_comes_back(wanting, secret):
    spelt = "".join(f"\\u{ord(letter):04x}" for letter in secret)
    body = json.dumps(completion("#")).replace("#", spelt)
    found = wanting.ask(reply(200, body, {"x-request-id": secret}))
    assert secret not in repr(found) and found.completion.choices[0].content == "[key]"
    for refused in (error(400, f"Wrong: {secret}"), reply(401, f"<b>{secret}</b>")):
        told = wanting.fail(refused)
        assert secret not in repr(vars(told)) and secret[:12] not in told.message
    halves = [chunk({"content": secret[:9]}), chunk({"content": secret[9:]}), "[DONE]"]
    assert secret not in repr(wanting.ask(sse(*halves)))
    assert secret not in repr(wanting.target) or secret == KEY


@pytest.mark.parametrize("secret", ["sk-first-0123456789", "other-0123456789"])
@pytest.mark.parametrize("place", [1, 7, 15])
def test_fd08_none_of_several_passes_in_pieces(secret, place):
    frames = []
    relay = Relay(frames.append, name="ours", usage=False)
    relay.restart(one_key(["sk-first-0123456789", "other-0123456789"]))
    for text in ("It is " + secret[:place], secret[place:], ", or other-wise sk-first"):
        relay.feed(event(chunk({"content": text})))
    relay.feed(event(chunk({}, "stop")))
    relay.finish(relay.assembly.body(), None)
    events = [json.loads(frame.removeprefix(b"data: ")) for frame in frames[:-1]]
    told = "".join(one["choices"][0]["delta"].get("content") or "" for one in events)
    assert secret[4:] not in told and told.endswith(", or other-wise sk-first")


def test_fd08_a_secret_within_another_leaves_no_half_of_it():
    key = one_key(["0123456789", "sk-0123456789-x", ""])
    assert masked("sk-0123456789-x and 0123456789", key) == "[key] and [key]"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("x-portkey-provider", "openai", ""),
        ("HTTP-Referer", "https://example.org/", ""),
        ("Content-Type", "text/plain", "set by the site itself"),
        ("transfer-encoding", "chunked", "set by the site itself"),
        ("api-key", "x", "VISION_HEADERS"),
        ("X-Auth", "x", "VISION_HEADERS"),
        ("x-portkey-api-key", "x", "VISION_HEADERS"),
        ("X-ApiKey", "x", "VISION_HEADERS"),
        ("x-author", "x", ""),
        ("Cookie", "a=b", "VISION_HEADERS"),
        ("a b", "x", "A header is a name"),
        ("", "x", "A header is a name"),
        ("a", "", "A header is a name"),
        ("a", "x\r\nHost: y", "A header is a name"),
        ("a", "\u00e9", "A header is a name"),
        ("a", 7, "A header is a name"),
    ],
)
def test_fd08_a_header_that_cannot_be_set_is_refused_in_words(name, value, words):
    fault = header_fault(name, value)
    assert words in fault and bool(fault) == bool(words)
