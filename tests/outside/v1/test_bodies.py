"""Cases E5 to E7 of our own endpoint: bodies that are too large, stop coming, or are no JSON."""

import json
import time

import pytest
import requests

from tests import wire
from tests.outside.process import megabytes
from tests.outside.v1.world import MIB, MODEL, PATH, expect, fault, said

pytestmark = pytest.mark.site


def test_e05_a_body_over_the_limit_is_refused_before_or_while_it_is_read(world):
    before = megabytes(world.site)
    lines = ("Content-Type: application/json", f"Authorization: {world.site.bearer['Authorization']}")
    told = wire.exchange(world.site, wire.head(f"POST {PATH}", *lines, f"Content-Length: {60 * MIB}"))
    assert (told.status, told.error["code"]) == (413, "request_too_large")
    assert "32.0" in told.error["message"]
    pieces = [wire.chunk(b" " * MIB)] * 200
    with wire.connected(world.site) as connection:
        start = wire.head(f"POST {PATH}", *lines, "Transfer-Encoding: chunked")
        taken = wire.sent(connection, [start, *pieces])
        told = wire.received(connection)
    assert (told.status, told.error["code"], told.error["type"]) == (
        413,
        "request_too_large",
        "invalid_request_error",
    )
    assert told.headers["x-request-id"] and told.headers["content-type"] == "application/json"
    assert taken < 90 * MIB
    assert megabytes(world.site) - before < 60
    reply = requests.post(f"{world.site.url}/v1", b"x" * 33 * MIB, headers=world.headers(), timeout=30)
    fault(reply, 413, "request_too_large")


def test_e05_a_body_that_stops_coming_is_not_waited_for(world):
    began = time.monotonic()
    lines = ("Content-Type: application/json", f"Authorization: {world.site.bearer['Authorization']}")
    told = wire.exchange(
        world.site, wire.head(f"POST {PATH}", *lines, "Content-Length: 900") + b'{"model": "scri'
    )
    assert (told.status, told.error["code"]) == (408, "request_timeout")
    assert told.headers["x-request-id"]
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json; charset="utf-8"; x=y',
        "application/vnd.api+json",
        "text/x+json",
    ],
)
def test_e06_json_of_any_spelling_is_read(world, kind):
    assert world.post("Kinds?", send={"Content_Type": kind}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=b"},
        {"Content-Type": ""},
        {},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_e06_other_types_are_not_guessed_at(world, headers):
    body = json.dumps(world.body("Types?")).encode()
    reply = requests.post(world.site.url + PATH, body, headers=dict(world.site.bearer) | headers, timeout=10)
    told = fault(reply, 415, "unsupported_media_type")
    assert "Content-Encoding" in headers or "Content-Type: application/json" in told["message"]
    assert world.sent("Types?") == []


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "line 1, column 1"),
        (b"{\n  \"model\": }", "line 2, column 12"),
        (b'{"model": "m",\n "temperature": NaN}', "line 2, column 17"),
        (b'{"a": "NaN \\" Infinity",\n\n"b": [-Infinity]}', "line 3, column 7"),
        (b'{"model": "\xff"}', "UTF-8"),
        (b"\xff\xfe{\x00}\x00", "UTF-8"),
        (b"[]", "object"),
        (b'"text"', "object"),
        (b"null", "object"),
        (b'{"model": "m", "a": ' + b"[" * 64 + b"]" * 64 + b"}", "64 deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "64 deep"),
        (b'{"seed": ' + b"1" * 5000 + b"}", "too long"),
        (b'{"seed": 1e999}', ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_e07_what_is_no_json_is_refused_with_its_place(world, data, place):
    assert place in expect(world, 400, "invalid_json", data=data)["message"]


def test_e07_a_byte_order_mark_is_skipped(world):
    body = b"\xef\xbb\xbf" + json.dumps(world.body("Mark?")).encode()
    assert world.send(body).status_code == 200


def test_e07_hostile_json_takes_no_memory_and_no_time(world):
    before, began = megabytes(world.site), time.monotonic()
    many = b'{"model": "m", "messages": [' + b",".join([b'{"role":"user","content":""}'] * 10**6) + b"]}"
    assert "too many" in expect(world, 400, "invalid_json", data=many)["message"]
    empty = b'{"model": "m", "messages": [' + b",".join([b"[]"] * (20 * MIB // 3)) + b"]}"
    assert "too many" in expect(world, 400, "invalid_json", data=empty)["message"]
    expect(world, 400, "invalid_json", data=b'{"a": ' + b"1" * 20 * MIB + b"}")
    crowd = json.dumps({"model": MODEL, "messages": [said("x")] * 10_001}).encode()
    expect(world, 400, "invalid_value", "messages", data=crowd)
    assert megabytes(world.site) - before < 120
    assert time.monotonic() - began < 10
