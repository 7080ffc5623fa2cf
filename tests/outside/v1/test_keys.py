"""Cases E3, E4 and E35 of our own endpoint: which keys open it, and for what."""

import hashlib
import json
import re
import secrets
import time
from pathlib import Path

import pytest
import requests

from describer.engine.submit.key_words import KNOWN
from tests import wire
from tests.images.pictures import photo
from tests.outside.v1.world import MIB, PATH, PHOTO, data_url, expect, fault, said
from tests.site import until

pytestmark = pytest.mark.site

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "endpoint.md").read_text()


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "missing_api_key"),
        ("", "missing_api_key"),
        ("Basic YTpi", "missing_api_key"),
        ("dsc_bare", "missing_api_key"),
        ("Bearer ", "missing_api_key"),
        ("Bearer dsc_wrong-secret", "invalid_api_key"),
        ("Bearer \u00e9", "invalid_api_key"),
    ],
)
def test_e03_without_a_key_that_opens_something_nothing_is_read(world, header, code):
    headers = {"Content-Type": "application/json"} | (
        {} if header is None else {"Authorization": header.encode("latin-1")}
    )
    for method, path in (("POST", PATH), ("GET", "/v1/models"), ("GET", "/v1/models/x")):
        reply = requests.request(method, world.site.url + path, data=b"{{", headers=headers, timeout=10)
        told = fault(reply, 401, code)
        assert reply.headers["www-authenticate"] == "Bearer"
        assert not header or "wrong-secret" not in told["message"]


def test_e03_keys_that_were_closed_open_nothing_and_no_cookie_does(world):
    revoked, expired = (world.key(name=name) for name in ("revoked", "expired"))
    for column, name in (("revoked", "revoked"), ("expires", "expired")):
        world.rows.do(f"UPDATE describer_apikey SET {column} = '2020-01-01 00:00:00' WHERE name = '{name}'")
    for key in (revoked, expired):
        told = expect(world, 401, "invalid_api_key", send={"key": key})
        assert key not in told["message"]
    with world.site.login() as person:
        body = json.dumps(world.body("Cookie?"))
        headers = {"Content-Type": "application/json", "X-CSRFToken": person.cookies["csrftoken"]}
        reply = person.post(world.site.url + PATH, body, headers=headers, timeout=10)
    fault(reply, 401, "missing_api_key")
    assert world.sent("Cookie?") == []


def test_e03_a_large_body_without_a_key_is_not_waited_for(world):
    """The answer comes while most of the body is still to be sent, and its sender can read it."""
    start = wire.head(f"POST {PATH}", "Content-Type: application/json", f"Content-Length: {30 * MIB}")
    with wire.connected(world.site) as connection:
        wire.sent(connection, [start, b"x" * MIB])
        told = wire.received(connection)
    assert (told.status, told.error["code"]) == (401, "missing_api_key")
    reply = requests.post(world.site.url + PATH, b"x" * 4 * MIB, timeout=10)
    fault(reply, 401, "missing_api_key")


def test_e04_whoever_is_disabled_or_asks_for_another_model_may_not(world):
    eve = world.person("eve-disabled")
    world.rows.do("UPDATE describer_user SET is_active = 0 WHERE username = 'eve-disabled'")
    expect(world, 403, "permission_denied", send={"key": eve})
    narrow = world.key(name="narrow", model_names=["other-model"])
    told = expect(world, 403, "permission_denied", "model", send={"key": narrow})
    assert "other-model" in told["message"]
    assert world.post("Narrow?", model="other-model", send={"key": narrow}).status_code == 200
    reading = world.key(name="reading", scopes=["read"])
    expect(world, 403, "permission_denied", send={"key": reading})


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"models": ["scripted-model", "dear-model"]}, 403, "permission_denied", "models"),
        ({"fallbacks": ["dear-model"]}, 403, "permission_denied", "fallbacks"),
        ({"models": "dear-model"}, 400, "invalid_type", "models"),
        ({"fallbacks": [{"model": "dear-model"}]}, 400, "invalid_type", "fallbacks"),
        *(
            ({word: value}, 400, "unknown_parameter", word)
            for word, value in {
                "route": "fallback", "plugins": [{"id": "web"}], "provider": {"order": ["dear"]}, "extra_body": {"models": ["dear"]},
                "providerOptions": {"gateway": {"models": ["dear"]}}, "preset": "dear", "transforms": ["middle-out"], "Model": "dear",
                "model ": "dear", "api_base": "https://example.org", "custom_llm_provider": "dear", "a-word-of-tomorrow": 1,
                "metadata": {"tags": ["dear"]},
            }.items()
        ),
        ({"metadata": {"model": "dear"}}, 400, "unknown_parameter", "metadata.model"),
        ({"tools": [{"type": "openrouter:web_search"}]}, 400, "unknown_parameter", "tools[0].type"),
        ({"tools": [{"type": "function", "model": "dear", "function": {"name": "f"}}]}, 400, "unknown_parameter", "tools[0].model"),
        ({"messages": [{"role": "user", "content": "x", "provider": "dear"}]}, 400, "unknown_parameter", "messages[0].provider"),
    ],
    ids=str,
)  # fmt: skip
def test_fe05_a_key_limited_to_models_chooses_no_other_by_another_word(world, body, status, code, param):
    key, before = narrow_key(world), world.calls()
    told = expect(world, status, code, param, send={"key": key}, **body)
    assert "may" in told["message"] or "limited" in told["message"]
    assert world.calls() == before


def narrow_key(world):
    return world.key(name=f"narrow {secrets.token_hex(4)}", model_names=["scripted-model"])


def test_fe05_what_chooses_nothing_passes_and_a_key_without_limits_sends_what_it_likes(world):
    harmless = {
        "models": ["scripted-model"], "top_k": 3, "reasoning_effort": "low", "metadata": {"a": "b"}, "web_search_options": {},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"model": {}}}}}],
    }  # fmt: skip
    assert world.post("Harmless?", send={"key": narrow_key(world)}, **harmless).status_code == 200
    (call,) = world.sent("Harmless?")
    assert harmless.items() <= call.body.items()
    free = {"models": ["dear-model"], "provider": {"order": ["x"]}, "route": "fallback"}
    assert world.post("Free?", **free).status_code == 200
    assert free.items() <= world.sent("Free?")[0].body.items()


def test_fe05_asking_again_by_a_limited_key_is_judged_too(world):
    row = world.row(world.post("Again by another?", models=["dear-model"]))
    headers = {"Authorization": f"Bearer {world.key(name='again', model_names=['scripted-model'])}"}
    reply = requests.post(f"{world.site.url}/api/descriptions/{row['id']}/again", headers=headers, timeout=10)
    assert (reply.status_code, reply.json()["error"]["param"]) == (403, "models")
    assert len(world.sent("Again by another?")) == 1


def test_fe05_the_words_that_pass_are_listed_in_the_docs():
    told = DOCS.partition("limited to models**")[2].partition("`models` and `fallbacks`")[0]
    assert set(re.findall(r"`(\w+)`", told)) - {"model", "messages"} == KNOWN


def test_e35_a_keys_rate_limit_is_told_and_recorded_without_an_attempt(world):
    """Budgets, the other half of this row, do not exist yet."""
    key = world.key(name="two a minute", asks_per_minute=1)
    until(lambda: time.time() % 60 < 55, "the minute is young")
    assert world.post("Rate?", send={"key": key}).status_code == 200
    for body in ({}, {"stream": True}):
        got = world.post("Rate again?", data_url(PHOTO), send={"key": key}, **body)
        fault(got, 429, "rate_limit_exceeded")
        assert 1 <= int(got.headers["retry-after"]) <= 60
        assert "x-should-retry" not in got.headers
        row = world.row(got)
        assert (row["status"], row["error"]["code"], row["attempts"]) == ("failed", "rate_limit_exceeded", [])
        assert row["images"] == []
    assert world.sent("Rate again?") == []


def kept(world, name):
    """How many rows of descriptions and transcripts were asked with the key of this name."""
    asked = f"SELECT id FROM describer_description WHERE key_id = (SELECT id FROM describer_apikey WHERE name = '{name}')"
    counts = f"SELECT (SELECT count(*) FROM ({asked})), count(*) FROM describer_transcript WHERE description_id IN ({asked})"
    return world.rows.rows(counts)[0]


def files_of(world, picture):
    """The files that hold this picture as it was sent."""
    name = hashlib.sha256(picture).hexdigest()
    return [path for path in (world.site.data / "media").rglob("*") if name in path.name]


def test_fe11_calls_beyond_a_keys_rate_keep_a_line_and_of_many_only_some(world):
    key = world.key(name="hammered", asks_per_minute=1)
    until(lambda: time.time() % 60 < 20, "the minute is young", 60)
    assert world.post("Hammered?", send={"key": key}).status_code == 200
    rows, transcripts = kept(world, "hammered")
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    replies = []
    pictures = [photo(400 + number, 300) for number in range(14)]
    for number, picture in enumerate(pictures):
        messages = [said("x" * 50_000), said(f"Refused {number}?" + "y" * 50_000, data_url(picture))]
        replies.append(world.post("", send={"key": key}, messages=messages, tools=tools))
    for reply in replies:
        fault(reply, 429, "rate_limit_exceeded")
    assert ["x-description-id" in reply.headers for reply in replies] == [True] * 10 + [False] * 4
    assert kept(world, "hammered") == (rows + 10, transcripts + 10)
    assert not any(files_of(world, picture) for picture in pictures)
    told = world.row(replies[0])
    assert (len(told["question"]), told["images"], told["parameters"]) == (1000, [], {})
    messages = f"SELECT messages FROM describer_transcript WHERE description_id = {told['id']}"
    assert world.rows.rows(messages) == [("[]",)]
    assert told["request_id"] == replies[0].headers["x-request-id"]
    page = world.site.login().get(f"{world.site.url}/account/", timeout=10).text
    assert "14 calls refused beyond its rate" in page
    assert world.site.login().get(f"{world.site.url}/descriptions/{told['id']}/", timeout=10).ok


def test_fe11_nor_do_a_scripts_asks_beyond_it_keep_pictures(world):
    key = world.key(name="hammers", asks_per_minute=1)
    until(lambda: time.time() % 60 < 40, "the minute is young", 60)
    bearer = {"Authorization": f"Bearer {key}"}
    before = None
    pictures = [photo(300 + number, 200) for number in range(4)]
    for number, picture in enumerate(pictures):
        files = {"image": ("new.jpg", picture)}
        reply = requests.post(
            f"{world.site.url}/api/descriptions",
            headers=bearer,
            files=files,
            data={"question": "?"},
            timeout=30,
        )
        if number == 0:
            assert reply.status_code == 202
            world.site.finished(reply.json()["id"])
            before = kept(world, "hammers")
        else:
            assert (reply.status_code, reply.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert kept(world, "hammers") == before
    assert [bool(files_of(world, picture)) for picture in pictures] == [True, False, False, False]
