"""Cases E10 to E12 of our own endpoint: messages, their roles and their content."""

import json

import pytest

from tests.outside.v1.world import expect, said

pytestmark = pytest.mark.site


def test_e10_messages_are_a_list_that_holds_some(world):
    expect(world, 400, "missing_required_parameter", "messages", data=b'{"model": "scripted-model"}')
    expect(world, 400, "missing_required_parameter", "messages", messages=None)
    for odd in ("Hello", {}, 7):
        expect(world, 400, "invalid_type", "messages", messages=odd)
    expect(world, 400, "empty_array", "messages", messages=[])
    expect(world, 400, "invalid_type", "messages[1]", messages=[said("x"), "Hello"])


def test_e11_roles_are_those_of_the_contract(world):
    two = [said("x"), said("y", role="assistant")]
    for odd in ({"role": "robot"}, {"role": None}, {"role": 7}, {"role": ["user"]}, {}):
        expect(world, 400, "invalid_value", "messages[2].role", messages=[*two, {"content": "z"} | odd])
    roles = [said(f"{role}.", role=role) for role in ("system", "developer", "user", "assistant")]
    others = [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {}}]},
        {"role": "tool", "tool_call_id": "c", "content": "7"},
        {"role": "function", "name": "f", "content": "8"},
    ]  # fmt: skip
    messages = [*roles, *others, said("Roles?")]
    assert world.post("", messages=messages).status_code == 200
    assert world.sent("Roles?")[0].body["messages"] == messages


@pytest.mark.parametrize(
    ("content", "param"),
    [
        (None, "content"), ([], "content"), (7, "content"), ({}, "content"),
        ([said("x"), "text"], "content[0].type"), (["x"], "content[0].type"), ([{"text": "x"}], "content[0].type"),
        ([{"type": "text", "text": "x"}, {"type": "text"}], "content[1].text"),
        ([{"type": "text", "text": "x"}, {"type": "text", "text": 7}], "content[1].text"),
        ([{"type": 7}], "content[0].type"),
        ([{"type": "text", "text": "x"}, {"type": "image_url"}], "content[1].image_url.url"),
        ([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": 7}}], "content[1].image_url.url"),
        ([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": ""}], "content[1].image_url.url"),
        ([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "x", "detail": "huge"}}], "content[1].image_url.detail"),
    ],
)  # fmt: skip
def test_e12_content_is_a_text_or_parts_that_hold_what_they_say(world, content, param):
    expect(
        world, 400, "invalid_value", f"messages[0].{param}", messages=[{"role": "user", "content": content}]
    )


def test_fe14_a_key_of_ours_in_any_message_is_neither_sent_nor_kept(world):
    key = world.key(name="typed")
    reply = world.post(
        f"Keys? {key}", messages=[said(f"Use {key}.", role="system"), said(f"Keys? {key}")], user=key,
        tools=[{"type": "function", "function": {"name": "f", "description": key}}],
    )  # fmt: skip
    assert reply.status_code == 200
    (call,) = world.sent("Keys? [API key taken out]")
    assert key not in json.dumps(call.body) and call.body["user"] == "[API key taken out]"
    row = world.row(reply)
    assert key not in json.dumps(row) and row["question"] == "Keys? [API key taken out]"
    assert world.post("Still good?", send={"key": key}).status_code == 200
