"""Cases E3, E4 and E35 of our own endpoint: which keys open it, and for what."""

import json
import time

import pytest
import requests

from tests import wire
from tests.outside.v1.world import MIB, PATH, PHOTO, data_url, expect, fault
from tests.site import until

pytestmark = pytest.mark.site


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
        assert len(row["images"]) == 1
    assert world.sent("Rate again?") == []
