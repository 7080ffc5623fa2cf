"""Cases E1 and E39 of our own endpoint: what comes back, and the description that each call leaves."""

import time

import pytest
import requests

from tests.endpoint import answer, chunks, completion, reply, sse
from tests.images.pictures import photo
from tests.outside.v1.world import MODEL, PHOTO, data_url, said

pytestmark = pytest.mark.site


def test_e01_the_endpoints_body_comes_back_as_it_was(world):
    body = completion("Two boats.", (10, 2, 12), model="other/model-2026") | {
        "system_fingerprint": "fp", "citations": [1, {"a": None}], "service_tier": None, "created": 1.5, "x": "\u00e9\u4e2d\U0001f600",
    }  # fmt: skip
    body["choices"][0]["logprobs"] = None
    body["choices"][0]["message"]["refusal"] = None
    body["usage"]["prompt_tokens_details"] = {"cached_tokens": 3, "image_tokens": None}
    world.plays("Unchanged?", reply(200, body))
    got = world.post("Unchanged?")
    assert (got.status_code, got.headers["content-type"]) == (200, "application/json")
    assert got.json() == body
    assert "\u4e2d".encode() in got.content
    assert got.headers["content-length"] == str(len(got.content))


def test_e01_what_the_contract_requires_is_filled_in(world):
    body = completion("Two boats.", None)
    for name in ("id", "object", "created"):
        del body[name]
    world.plays("Bare?", reply(200, body))
    got = world.post("Bare?", data_url(PHOTO))
    number = got.headers["x-description-id"]
    assert got.json()["id"] == f"chatcmpl-{number}"
    assert got.json()["object"] == "chat.completion"
    assert abs(got.json()["created"] - time.time()) < 60
    usage = got.json()["usage"]
    assert usage["estimated"] is True and usage["total_tokens"] > 0
    row = world.row(got)
    assert row["usage"] == usage | {"estimated": True}
    assert row["attempts"][0]["usage"] is None


def test_e01_an_answer_without_words_comes_as_it_came(world):
    for number, body in enumerate((completion(""), completion(None), completion("", finish_reason="content_filter"), completion("x") | {"choices": []})):  # fmt: skip
        world.plays(f"Empty {number}?", reply(200, body))
        got = world.post(f"Empty {number}?")
        assert (got.status_code, got.json()) == (200, body)
        row = world.row(got)
        assert row["status"] == "failed"
        assert row["error"]["code"] in ("empty_answer", "content_filtered")
        assert row["attempts"][0]["billed"] == "yes"
        assert row["usage"]["total_tokens"] == 21


def test_e01_a_stream_that_nobody_asked_for_is_put_together(world):
    world.plays("Streamed all the same?", sse(*chunks("Two boats.")))
    got = world.post("Streamed all the same?")
    assert got.headers["content-type"] == "application/json"
    assert got.json()["choices"][0]["message"]["content"] == "Two boats."
    assert got.json()["object"] == "chat.completion"


def test_e01_tool_calls_refusals_and_several_answers_come_through(world):
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]
    world.plays("Tools?", answer(None, tool_calls=calls, finish_reason="tool_calls"))
    got = world.post("Tools?")
    assert got.json()["choices"][0]["message"] == {"role": "assistant", "content": None, "tool_calls": calls}
    assert world.row(got)["choices"][0]["tool_calls"] == calls
    world.plays("Declined?", answer(None, refusal="No."))
    assert world.post("Declined?").json()["choices"][0]["message"]["refusal"] == "No."
    world.plays("Three?", answer(n=3))
    got = world.post("Three?", n=3)
    assert [choice["index"] for choice in got.json()["choices"]] == [0, 1, 2]
    assert len(world.row(got)["choices"]) == 3


def test_e39_each_call_is_a_description_as_any_other(world):
    world.plays("Which harbour?", answer("Two boats.", (100, 7, 107)))
    key = world.key(name="of a script")
    messages = [
        said("Be brief.", role="system"),
        said("In English.", role="developer"),
        said("What is it?", data_url(PHOTO)),
        said("A harbour.", role="assistant"),
        said("Which harbour?", data_url(photo(70, 50))),
    ]
    got = world.post("", messages=messages, temperature=0.2, foo=[1], send={"key": key})
    row = world.row(got)
    (key_id,) = world.rows.rows("SELECT id FROM describer_apikey WHERE name = 'of a script'")[0]
    assert (row["via"], row["key"], row["owner"], row["status"]) == ("endpoint", key_id, "admin", "done")
    assert (row["question"], row["system_prompt"]) == ("Which harbour?", "Be brief.\n\nIn English.")
    assert (row["model"], row["parameters"]) == (MODEL, {"temperature": 0.2, "foo": [1]})
    assert [(image["width"], image["height"]) for image in row["images"]] == [(64, 48), (70, 50)]
    assert row["choices"][0]["content"] == "Two boats."
    (attempt,) = row["attempts"]
    assert (attempt["state"], attempt["billed"], attempt["http_status"]) == ("answered", "yes", 200)
    assert attempt["request_id"] == "req-scripted"
    usage = got.json()["usage"]
    assert {name: row["usage"][name] for name in usage} == usage
    assert {name: attempt["usage"][name] for name in usage} == usage
    before, after = world.rows.tokens()
    assert before == after
    with world.site.login() as person:
        history = person.get(f"{world.site.url}/history/", timeout=10).text
        assert f"/descriptions/{row['id']}/" in history
        page = person.get(f"{world.site.url}/descriptions/{row['id']}/", timeout=10)
        assert page.ok and "Two boats." in page.text


@pytest.mark.parametrize("way", ["api", "page"])
def test_asking_again_sends_the_messages_of_all_turns_as_they_were(world, way):
    last = f"And by {way}?"
    messages = [
        said("Be brief.", role="system"),
        said("What is it?", data_url(PHOTO)),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "7"},
        said(last, data_url(photo(70, 50)), data_url(PHOTO)),
    ]  # fmt: skip
    parameters = {"temperature": 1, "stop": '["END"]', "foo": {"a": [None, 1]}, "empty": ""}
    number = int(world.streamed("", messages=messages, **parameters).headers["x-description-id"])
    if way == "api":
        address = f"{world.site.url}/api/descriptions/{number}/again"
        again = requests.post(address, headers=world.site.bearer, timeout=10).json()["id"]
    else:
        with world.site.login() as person:
            headers = {"X-CSRFToken": person.cookies["csrftoken"], "Referer": world.site.url}
            reply = person.post(f"{world.site.url}/descriptions/{number}/again/", headers=headers, timeout=10)
            again = max(row[0] for row in world.rows.rows("SELECT id FROM describer_description"))
            assert reply.ok and again > number
    row = world.site.finished(again)
    assert (row["status"], row["via"]) == ("done", way)
    first, second = world.sent(last)
    assert second.body["messages"] == first.body["messages"]
    assert {name: second.body[name] for name in parameters} == parameters
    assert "stream" not in second.body and "stream_options" not in second.body
