"""The endpoint's key, in whatever words of its and in however many pieces, goes to nobody."""

import json

import pytest

from describer.chat.relay import Relay
from tests.chat.conftest import KEY, Line
from tests.endpoint import completion, reply, sse
from tests.steps import chunk, event


def heard(*deltas, key=KEY, name="content"):
    """The texts of a field as they go on, piece by piece."""
    frames = []
    relay = Relay(frames.append, name="ours", usage=False)
    relay.restart(key)
    for delta in deltas:
        relay.feed(event(chunk(delta)))
    relay.feed(event(chunk({}, "stop")))
    relay.finish(relay.assembly.body(), None)
    events = [json.loads(frame.removeprefix(b"data: ")) for frame in frames[:-1]]
    return [one["choices"][0]["delta"].get(name) or "" for one in events], relay.assembly.body()


@pytest.mark.parametrize("name", ["content", "reasoning_content", "refusal"])
@pytest.mark.parametrize("place", range(1, len(KEY)))
def test_fe14_a_key_in_two_pieces_is_masked(name, place):
    texts, body = heard({name: "It is " + KEY[:place]}, {name: KEY[place:] + ", sk-a."}, name=name)
    assert KEY[4:] not in "".join(texts)
    assert "".join(texts) in ("It is [key], sk-a.", f"It is {KEY[:place]}[key], sk-a.")
    assert KEY not in json.dumps(body) and "It is [key], sk-a." in json.dumps(body)


def test_fe14_a_key_letter_by_letter_is_masked():
    texts, body = heard(*({"content": letter} for letter in f"sk-a {KEY}{KEY} sk-a-s"))
    assert "".join(texts).replace("sk-[key]", "[key]") == "sk-a [key][key] sk-a-s"
    assert body["choices"][0]["message"]["content"] == "sk-a [key][key] sk-a-s"


def test_fe14_nothing_waits_that_is_no_beginning_of_the_key():
    words = ["Boats", " sk", "ip", " sk-", "ills", " and ", "s"]
    texts, _ = heard(*({"content": word} for word in words))
    assert texts == [*words, ""]


def test_fe14_what_was_held_back_and_was_no_key_goes_on():
    texts, _ = heard({"content": "sk-a-secret-that"}, {"content": " is short"})
    assert texts == ["", "sk-a-secret-that is short", ""]
    texts, _ = heard({"content": "It ends sk-a-secret"})
    assert "".join(texts) == "It ends sk-a-secret"


def test_fe14_the_arguments_of_a_tool_call_are_masked_too():
    halves = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a": "sk-a-secret'}}]
    rest = [{"index": 0, "function": {"arguments": KEY.removeprefix("sk-a-secret") + '"}'}}]
    texts, body = heard({"tool_calls": halves}, {"tool_calls": rest}, name="tool_calls")
    told = "".join(call["function"]["arguments"] for calls in texts if calls for call in calls)
    assert told == '{"a": "[key]"}'
    assert body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == told


@pytest.mark.parametrize(
    "spelt", [KEY, "".join(f"\\u{ord(letter):04x}" for letter in KEY), KEY.replace("-", "\\u002d")]
)
def test_fe14_a_key_in_any_field_and_spelling_of_an_answer_is_masked(line: Line, spelt):
    body = json.dumps(
        completion("#", tool_calls=[{"function": {"name": "#", "arguments": "#"}}], reasoning="#") | {"#": "#", "usage": {"#": "#", "total_tokens": 3}}
    )  # fmt: skip
    headers = {"x-request-id": KEY, f"x-ratelimit-{KEY}": KEY}
    found = line.ask(reply(200, body.replace("#", spelt), headers))
    assert KEY not in repr(found) and found.completion.choices[0].content == "[key]"


def test_fe14_a_key_in_two_pieces_of_a_stream_is_masked_in_what_is_kept(line: Line):
    found = line.ask(sse(chunk({"content": KEY[:9]}), chunk({"content": KEY[9:]}), "[DONE]"))
    assert KEY not in repr(found) and found.completion.choices[0].content == "[key]"


@pytest.mark.parametrize(
    "words", [KEY, f"&#115;{KEY[1:]}", f"<b>{KEY}</b>", "x" * 7980 + KEY, f"Bearer {KEY}"]
)
def test_fe14_a_key_in_the_words_of_an_error_is_masked(line: Line, words):
    for body in (words, {"error": {"message": words, "code": words, "param": words}}):
        found = line.fail(reply(400, body))
        assert KEY not in repr(vars(found)) and KEY[:12] not in found.message


def test_fe14_a_key_in_a_name_of_a_model_is_masked(line: Line):
    line.endpoint.models_step = reply(
        200, json.dumps({"data": [{"id": "#"}]}).replace("#", "\\u0073" + KEY[1:])
    )
    assert line.client.models(line.target) == ["[key]"]
