"""What no encoding and no database holds, at any place of a body."""

import copy
import json

import pytest
import requests

from tests.outside.v1.world import PHOTO, data_url, expect
from tests.steps import Json

pytestmark = pytest.mark.site

STRANGE = ["\ud800", "\udfff\ud800", "a\ud83d", "\x00", "\ud800\x00"]


def test_fe25_a_link_with_half_a_letter_is_none(world):
    for letters in STRANGE:
        for url in (f"https://example.org/{letters}.jpg", f"https://{letters}.org/a.jpg", f"{letters}https://example.org/a.jpg"):  # fmt: skip
            picture = {"type": "image_url", "image_url": {"url": url}}
            messages = [{"role": "user", "content": [{"type": "text", "text": "Half?"}, picture]}]
            expect(world, 400, "invalid_image_url", "messages[0].content[1].image_url.url", messages=messages)
            reply = requests.post(
                f"{world.site.url}/api/webhooks", json={"url": url}, headers=world.site.bearer, timeout=10
            )
            assert reply.status_code == 400, reply.text
            form = {"question": "Half?", "image_url": url.encode("utf-8", "surrogatepass")}
            reply = requests.post(
                f"{world.site.url}/api/descriptions", data=form, headers=world.site.bearer, timeout=10
            )
            assert reply.status_code in (202, 400), reply.text


def places(value, path=()):
    """The paths to all texts of a body and, with "" at their end, to all names."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name, "")
            yield from places(item, (*path, name))


def put(body: Json, path, letters) -> Json:
    changed = copy.deepcopy(body)
    *way, last = path
    if last == "":
        *way, name = way
    inner = changed
    for step in way:
        inner = inner[step]
    if last == "":
        inner[name + letters] = inner.pop(name)
    else:
        inner[last] += letters
    return changed


def test_fe25_no_place_of_a_body_makes_a_fault_of_ours(world):
    body = world.body("Where?", data_url(PHOTO)) | {
        "user": "a", "stop": ["b"], "metadata": {"c": "d"}, "response_format": {"type": "json_schema", "json_schema": {"name": "e", "schema": {"f": "g"}}},
        "tools": [{"type": "function", "function": {"name": "h", "description": "i"}}], "tool_choice": "auto", "unheard-of": {"j": ["k"]},
    }  # fmt: skip
    body["messages"].insert(
        0,
        {
            "role": "assistant",
            "content": "l",
            "tool_calls": [{"id": "m", "function": {"name": "n", "arguments": "o"}}],
        },
    )
    for path in places(body):
        for letters in ("\ud800", "\x00"):
            sent = json.dumps(put(body, path, letters)).encode()
            reply = world.send(sent)
            assert reply.status_code < 500, (path, letters, reply.text)
            assert reply.status_code < 400 or reply.json()["error"]["message"]
