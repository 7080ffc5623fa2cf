"""Cases E2 to E19, E21 to E26, E37 and E38 of our own endpoint: what is taken, what is refused, and what is sent on."""

import base64
import json
import time
from datetime import UTC, datetime

import pytest
import requests

from tests import wire
from tests.endpoint import error, redirect, reply
from tests.gallery import endless, picture
from tests.images.pictures import bare_png, corners, exif, heic, photo, png, saved
from tests.outside.people import SECRET
from tests.outside.process import megabytes
from tests.outside.v1.world import MODEL, PATH, data_url, fault, said
from tests.steps import hang

pytestmark = pytest.mark.site
MIB = 2**20
URL = "messages[0].content[1].image_url.url"
PHOTO = photo(64, 48)


@pytest.fixture(scope="module", autouse=True)
def slow_link(world, gallery):
    """A call whose picture does not come within its ten seconds; begun before all others."""
    gallery.shows("/slow.jpg", hang(30))
    return world.later("Slow link?", gallery.at("/slow.jpg"))


def expect(world, status, code, param=None, kind="", *, data=None, send=None, **body):
    """The error of a call which is refused before anything is sent on or written down."""
    rows, calls = world.count(), world.calls()
    given = json.dumps({"model": MODEL, "messages": [said("Refused?")]} | body).encode()
    reply = world.send(given if data is None else data, **(send or {}))
    told = fault(reply, status, code, param, kind)
    assert "x-description-id" not in reply.headers
    assert (world.count(), world.calls()) == (rows, calls)
    return told


def test_e02_every_answer_has_an_id_and_is_not_stored(world):
    given = world.post("Ids?", send={"X_Request_Id": "job-17.a:b_c"})
    assert (given.headers["x-request-id"], given.headers["cache-control"]) == ("job-17.a:b_c", "no-store")
    row = world.row(given)
    assert row["request_id"] == "job-17.a:b_c"
    for odd in ("x" * 65, "a b", "<script>", "a\u00e9"):
        reply = world.send(b"{", X_Request_Id=odd.encode("latin-1"))
        assert reply.headers["x-request-id"] not in ("", odd)
        assert len(reply.headers["x-request-id"]) == 32
    ours = world.post("Ids?")
    assert world.row(ours)["request_id"] == ours.headers["x-request-id"]
    listed = requests.get(f"{world.site.url}/v1/models", headers=world.site.bearer, timeout=10)
    assert listed.headers["x-request-id"] and listed.headers["cache-control"] == "no-store"
    assert "x-description-id" not in listed.headers


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


def test_e08_a_model_is_named(world):
    for none in ({"model": None}, {"model": ""}):
        expect(world, 400, "missing_required_parameter", "model", **none)
    expect(world, 400, "missing_required_parameter", "model", data=b'{"messages": []}')
    expect(world, 400, "invalid_type", "model", model=7)


def test_e09_an_unknown_model_is_looked_for_once_more_and_refused_with_those_that_are_near(world):
    world.rows.do("UPDATE describer_endpoint SET models_fetched = '2020-01-01 00:00:00'")
    asked = len(world.endpoint.model_calls)
    told = expect(world, 404, "model_not_found", "model", model="scripted-modle")
    assert MODEL in told["message"]
    assert len(world.endpoint.model_calls) == asked + 1
    expect(world, 404, "model_not_found", "model", model="x" * 5000)
    world.endpoint.models.append("new-model")
    world.rows.do("UPDATE describer_endpoint SET models_fetched = '2020-01-01 00:00:00'")
    assert world.post("New?", model="new-model").status_code == 200
    assert world.sent("New?")[0].body["model"] == "new-model"


def test_e09_an_endpoint_without_a_list_is_asked_for_whatever_is_asked(world):
    (names,) = world.rows.rows("SELECT model_names FROM describer_endpoint WHERE is_default")[0]
    world.rows.do("UPDATE describer_endpoint SET model_names = '[]' WHERE is_default")
    try:
        assert world.post("Listless?", model="who-knows").status_code == 200
        reply = world.post("Surrogates?", model="who\ud800\x00knows")
        assert reply.status_code in (200, 404)
    finally:
        world.rows.do(f"UPDATE describer_endpoint SET model_names = '{names}' WHERE is_default")
    assert world.sent("Listless?")[0].body["model"] == "who-knows"


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


def test_e13_pictures_come_as_objects_or_bare_and_other_parts_pass(world):
    url = data_url(PHOTO)
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    parts = [
        {"type": "text", "text": "Parts?"},
        {"type": "image_url", "image_url": url},
        {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": url, "detail": None}},
        audio,
    ]
    reply = world.post("", messages=[{"role": "user", "content": parts}])
    assert reply.status_code == 200
    sent = world.sent("Parts?")[0].body["messages"][0]["content"]
    assert sent[1:] == [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": url}},
        audio,
    ]
    row = world.row(reply)
    assert len(row["images"]) == 3
    for detail in ("auto", "high", "original"):
        part = {"type": "image_url", "image_url": {"url": url, "detail": detail}}
        text = {"type": "text", "text": f"Detail {detail}?"}
        assert world.post("", messages=[{"role": "user", "content": [text, part]}]).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "data:image/jpeg;base64,####", "data:image/jpeg;base64", "data:image/jpeg,plain", "data:,", "data:image/png;base64,",
        "data:image/png;base64,AAAAA", "data:image/png;base64,%%%", "data:image/png;base64,\u00e9\u00e9\u00e9\u00e9", "DATA:;base64,=",
    ],
)  # fmt: skip
def test_e14_a_data_url_that_holds_no_base64_is_refused(world, url):
    expect(world, 400, "invalid_base64_image", URL, messages=[said("x", url)])


def test_e14_base64_is_put_right_where_it_can_be(world):
    packed = data_url(PHOTO).partition(",")[2]
    lines = "\r\n".join(packed[start : start + 76] for start in range(0, len(packed), 76))
    spelled = (
        f"data:image/jpeg;base64,{lines}",
        f"data:image/jpeg;base64,{packed.translate(str.maketrans('+/', '-_'))}",
        f"data:image/jpeg;base64,{packed.rstrip('=')}",
        f"data:image/jpeg;base64,{requests.utils.quote(packed, '')}",
        f"DATA:image/jpeg;name=a.jpg;BASE64, {packed} ",
    )
    assert world.post("Spelled?", *spelled).status_code == 200
    (call,) = world.sent("Spelled?")
    assert {part["image_url"]["url"] for part in call.body["messages"][0]["content"][1:]} == {data_url(PHOTO)}


@pytest.mark.parametrize(
    "data",
    [
        b"hello", b"\x00" * 100, PHOTO[:200], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"PK\x03\x04",
        bare_png(20_000, 20_000, 1, 0, (b"\0" * 2501) * 10),
    ],
    ids=["words", "zeros", "cut", "svg", "pdf", "zip", "bomb"],
)  # fmt: skip
def test_e15_bytes_that_are_no_picture_of_ours_are_refused(world, data):
    expect(world, 400, "invalid_image_format", URL, messages=[said("x", data_url(data))])


def test_e15_a_picture_is_labelled_by_its_bytes(world):
    one = png(64, 48)
    assert world.post("Labels?", data_url(one, "image/webp"), data_url(heic(64, 48), "text/plain")).ok
    urls = [part["image_url"]["url"] for part in world.sent("Labels?")[0].body["messages"][0]["content"][1:]]
    assert urls[0] == data_url(one, "image/png")
    assert urls[1].startswith(("data:image/jpeg;base64,", "data:image/png;base64,"))


def test_e16_a_link_that_leads_where_nobody_is_let_is_refused_in_one_sentence(world, gallery, inside):
    gallery.shows("/turn", redirect(inside.at("/boat.jpg")))
    urls = [
        "ftp://example.org/a.jpg", "file:///etc/passwd", "javascript:alert(1)", "boat.jpg", "//example.org/a.jpg",
        "http://user:secret@127.0.0.2/", inside.at("/boat.jpg"), inside.at("/boat.jpg", "127.2"), inside.at("/", "[::1]"),
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://192.168.0.1/a.jpg", "http://[fe80::1]/",
        "http://no-such-name.invalid/a.jpg", gallery.at("/turn"), "http://127.0.0.1:22/",
    ]  # fmt: skip
    told = {
        expect(world, 400, "invalid_image_url", URL, messages=[said("x", url)])["message"] for url in urls
    }
    assert len(told) == 1
    assert inside.connections == 0


def test_e17_a_link_is_fetched_by_us_and_sent_as_bytes(world, gallery):
    reply = world.post("Link?", gallery.at("/boat.jpg"))
    assert reply.status_code == 200
    (call,) = world.sent("Link?")
    assert call.body["messages"][0]["content"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    row = world.row(reply)
    link = {"position": 0, "url": gallery.at("/boat.jpg"), "image_id": row["images"][0]["id"]}
    assert (row["links"], row["images"][0]["name"]) == ([link], "boat.jpg")


def test_e17_a_link_from_which_no_picture_comes_is_refused_and_says_why(world, gallery, slow_link):
    gallery.shows("/fault", reply(503, "no"))
    gallery.shows("/page", picture(b"<!DOCTYPE html><html></html>", "text/html"))
    gallery.shows("/words.jpg", picture(b"words" * 100))
    told = expect(world, 400, "image_download_failed", URL, messages=[said("x", gallery.at("/none.jpg"))])
    assert "404" in told["message"]
    told = expect(world, 400, "image_download_failed", URL, messages=[said("x", gallery.at("/fault"))])
    assert "503" in told["message"]
    expect(world, 400, "image_download_failed", URL, messages=[said("x", gallery.at("/page"))])
    expect(world, 400, "invalid_image_format", URL, messages=[said("x", gallery.at("/words.jpg"))])
    for headers in ({}, {"Content-Length": str(21 * 10**6)}):
        gallery.shows("/big.jpg", too_large(headers))
        expect(world, 400, "image_too_large", URL, messages=[said("x", gallery.at("/big.jpg"))])
    assert "too long" in fault(slow_link.result(), 400, "image_download_failed", URL)["message"]
    assert world.found("Slow link?") is None


def too_large(headers):
    """A picture of 21 MB, by its headers or without a length."""
    return picture(PHOTO + b"\0" * 21 * 10**6) if headers else endless(PHOTO)


def test_e18_more_pictures_than_an_ask_takes_are_refused_before_one_is_kept(world):
    (images,) = world.rows.rows("SELECT count(*) FROM describer_image")[0]
    url = data_url(photo(65, 49))
    told = expect(world, 400, "too_many_images", "messages", messages=[said("x", *[url] * 21)])
    assert "20" in told["message"]
    assert world.rows.rows("SELECT count(*) FROM describer_image")[0][0] == images


def test_e18_of_pictures_that_are_refused_none_is_kept(world):
    (images,) = world.rows.rows("SELECT count(*) FROM describer_image")[0]
    urls = [data_url(photo(66, 49)), data_url(b"words")]
    param = "messages[0].content[2].image_url.url"
    expect(world, 400, "invalid_image_format", param, messages=[said("x", *urls)])
    assert world.rows.rows("SELECT count(*) FROM describer_image")[0][0] == images


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("temperature", 2.1, "invalid_value", "0 to 2"), ("temperature", -1, "invalid_value", "0 to 2"), ("temperature", "1", "invalid_type", ""),
        ("temperature", True, "invalid_type", ""), ("top_p", 1.5, "invalid_value", "0 to 1"), ("n", 0, "invalid_value", "1 to 128"),
        ("n", 129, "invalid_value", "1 to 128"), ("n", 1.5, "invalid_type", ""), ("stream", "yes", "invalid_type", ""), ("stream", 1, "invalid_type", ""),
        ("stop", [], "invalid_value", ""), ("stop", ["a"] * 5, "invalid_value", "At most 4"), ("stop", "", "invalid_value", "empty"),
        ("stop", ["a", ""], "invalid_value", "empty"), ("stop", 7, "invalid_type", ""), ("max_tokens", 0, "invalid_value", "At least 1"),
        ("max_tokens", "9", "invalid_type", ""), ("presence_penalty", 2.5, "invalid_value", "-2 to 2"), ("frequency_penalty", -3, "invalid_value", "-2 to 2"),
        ("logit_bias", {"a": 1}, "invalid_value", "token id"), ("logit_bias", {"1": 101}, "invalid_value", "-100 to 100"), ("logit_bias", [], "invalid_type", ""),
        ("user", "x" * 257, "invalid_value", "256"), ("user", 7, "invalid_type", ""), ("response_format", {"type": "xml"}, "invalid_value", ""),
        ("response_format", {"type": "json_schema", "json_schema": {}}, "invalid_value", "name"), ("response_format", "json", "invalid_type", ""),
        ("seed", 2**63, "invalid_value", "whole number"), ("seed", 1.5, "invalid_type", ""), ("tools", [], "invalid_value", ""), ("tools", {}, "invalid_type", ""),
        ("tools", [{"type": "function", "function": {"name": "a b"}}], "invalid_value", "Tool 1"), ("tool_choice", "auto", "invalid_value", "needs tools"),
    ],
)  # fmt: skip
def test_e19_a_value_out_of_its_range_or_of_a_wrong_type_is_refused_by_name(world, name, value, code, words):
    told = expect(world, 400, code, name, **{name: value})
    assert words in told["message"]


def test_e19_null_is_not_set(world):
    names = (
        "temperature",
        "top_p",
        "n",
        "stream",
        "stop",
        "max_tokens",
        "logit_bias",
        "user",
        "tools",
        "foo",
    )
    reply = world.post("Nulls?", **dict.fromkeys(names))
    assert reply.headers["content-type"] == "application/json"
    assert sorted(world.sent("Nulls?")[0].body) == ["messages", "model"]
    assert world.row(reply)["parameters"] == {}


def test_e21_a_client_that_tried_before_is_recorded(world):
    for told, kept in (("2", 2), ("-1", 0), ("x", 0), ("9" * 20, 0), ("\u0662".encode(), 0)):
        row = world.row(world.post("Retries?", send={"X_Stainless_Retry_Count": told}))
        assert row["client_retries"] == kept


def test_e22_browsers_of_other_sites_may_ask(world):
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-stainless-lang",
    }
    for path in (PATH, "/v1/models", "/v1/nowhere"):
        reply = requests.options(world.site.url + path, headers=headers, timeout=10)
        assert (reply.status_code, reply.content) == (204, b"")
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "POST" in reply.headers["access-control-allow-methods"]
        assert reply.headers["access-control-allow-headers"] == headers["Access-Control-Request-Headers"]
        assert reply.headers["access-control-max-age"] == "86400"
        assert "access-control-allow-credentials" not in reply.headers
    for real in (world.post("Origin?", send={"Origin": "null"}), world.send(b"{"), requests.post(world.site.url + PATH, timeout=10)):  # fmt: skip
        assert real.headers["access-control-allow-origin"] == "*"
        shown = {name.strip() for name in real.headers["access-control-expose-headers"].split(",")}
        assert {"x-request-id", "x-description-id", "retry-after"} <= shown
        assert "set-cookie" not in real.headers


def test_e23_head_is_get_without_a_body_and_other_methods_are_refused(world):
    for path in ("/v1/models", "/v1/models/scripted-model"):
        got, head = (
            requests.request(method, world.site.url + path, headers=world.site.bearer, timeout=10)
            for method in ("GET", "HEAD")
        )
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(got.content))
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            reply = requests.request(method, world.site.url + path, headers=world.headers(), timeout=10)
            fault(reply, 405, "method_not_allowed")
            assert set(reply.headers["allow"].split(", ")) >= {"GET", "HEAD"}
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        reply = requests.request(method, world.site.url + PATH, headers=world.headers(), timeout=10)
        fault(reply, 405, "method_not_allowed")
        assert "POST" in reply.headers["allow"]
    head = requests.head(world.site.url + PATH, headers=world.headers(), timeout=10)
    assert (head.status_code, head.content) == (405, b"")


def test_e24_a_slash_more_is_served_and_other_paths_are_not_found(world):
    body = json.dumps(world.body("Slash?")).encode()
    reply = requests.post(
        f"{world.site.url}{PATH}/", body, headers=world.headers(), timeout=30, allow_redirects=False
    )
    assert reply.status_code == 200
    for path in ("/v1/models/", "/v1/models/scripted-model/"):
        reply = requests.get(
            world.site.url + path, headers=world.site.bearer, timeout=10, allow_redirects=False
        )
        assert reply.status_code == 200
    for path in (
        "/v1",
        "/v1/",
        "/v1/completions",
        "/v1/chat",
        "/v1/v1/chat/completions",
        "/v1/%00",
        "/v1/a/../b",
    ):
        for method in ("GET", "POST"):
            reply = requests.request(
                method, world.site.url + path, headers=world.headers(), timeout=10, allow_redirects=False
            )
            fault(reply, 404, "unknown_url")
    for path in ("/chat/completions", "/chat/completions/"):
        reply = requests.post(
            world.site.url + path, body, headers=world.headers(), timeout=10, allow_redirects=False
        )
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "unknown_url"
        assert "base URL must end in /v1" in reply.json()["error"]["message"]


def test_e25_parameters_that_we_do_not_know_pass_and_are_recorded(world):
    unknown = {
        "max_completion_tokens": 500, "reasoning_effort": "low", "parallel_tool_calls": False, "metadata": {"a": {"b": [1, 2.5, "\u00e9\u4e2d"]}},
        "thinking": {"type": "enabled"}, "odd name": 0, "empty": "", "list": [], "object": {},
    }  # fmt: skip
    reply = world.post("Unknown?", **unknown)
    assert reply.status_code == 200
    body = world.sent("Unknown?")[0].body
    assert {name: body[name] for name in unknown} == unknown
    assert world.row(reply)["parameters"] == unknown


def test_e25_an_endpoints_refusal_of_one_comes_back_and_so_does_a_hundred_keys(world):
    world.plays("Refused one?", error(400, 'Unknown name "foo".', "unknown_parameter", param="foo"))
    reply = world.post("Refused one?", foo=1)
    fault(reply, 400, "unknown_parameter", "foo")
    expect(world, 400, "too_many_parameters", None, **{f"key{number}": 1 for number in range(101)})
    assert world.post("Hundred?", **{f"key{number}": 1 for number in range(100)}).status_code == 200


def test_e25_odd_names_and_values_are_stored_and_no_fault(world):
    """NUL and halves of surrogate pairs, which JSON can spell and no database takes."""
    odd = "a\\u0000b\\ud800c"
    text = f'{{"model": "scripted-model", "messages": [{{"role": "system", "content": "{odd}"}}, {{"role": "user", "content": "Odd? {odd}", "name": "{odd}"}}], "{odd}": {{"{odd}": "{odd}"}}, "user": "{odd}"}}'
    reply = world.send(text.encode())
    assert reply.status_code == 200, reply.text
    assert world.row(reply)["status"] == "done"
    assert world.row(reply)["question"].startswith("Odd? a")
    for number in ("1e999", "-1e999"):
        body = f'{{"model": "scripted-model", "messages": [{{"role": "user", "content": "x"}}], "foo": [{number}]}}'
        expect(world, 400, "invalid_json", data=body.encode())


def test_e26_what_was_given_reaches_the_endpoint_as_it_was(world):
    given = {
        "temperature": 1, "top_p": 0, "n": 1, "stop": "END", "max_tokens": 9007199254740993, "presence_penalty": 0, "frequency_penalty": -0.5,
        "logit_bias": {"50256": -100}, "user": " a b ", "response_format": {"type": "json_object"}, "seed": -9223372036854775808,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}, {"type": "web_search", "x": 1}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
    }  # fmt: skip
    words = "  As it \r\n was? \t\u00e9\u4e2d\U0001f600 <b>&amp;\\n "
    messages = [said("  Be brief. ", role="system"), said("one"), said("two", role="assistant"), said(words)]
    reply = world.post("", messages=messages, **given)
    assert reply.status_code == 200, reply.text
    (call,) = world.sent(words)
    assert call.body == {"model": MODEL, "messages": messages} | given
    assert b'"temperature":1,' in call.raw.replace(b" ", b"") and "\U0001f600".encode() in call.raw
    row = world.row(reply)
    assert row["parameters"] == given
    assert row["system_prompt"] == "  Be brief. "
    assert world.post("One stop?", stop=["END"]).ok
    assert world.sent("One stop?")[0].body["stop"] == ["END"]
    assert "cookie" not in call.headers and call.headers["authorization"] == f"Bearer {SECRET}"
    assert call.headers["user-agent"].startswith("Describer/")


def test_e26_pictures_go_as_the_copy_that_suits_in_their_places(world):
    turned = saved(corners(), "JPEG", exif=exif(6), quality=95)
    large = photo(3000, 1500)
    messages = [
        said("First:", data_url(turned)),
        said("Upright.", role="assistant"),
        said("Copies?", data_url(PHOTO), data_url(large)),
    ]
    reply = world.post("", messages=messages)
    assert reply.status_code == 200
    first, _, last = world.sent("Copies?")[0].body["messages"]
    urls = [
        part["image_url"]["url"] for part in (*first["content"], *last["content"]) if part["type"] != "text"
    ]
    assert urls[0] != data_url(turned) and b"Exif" not in bytes_of(urls[0])
    assert urls[1] == data_url(PHOTO)
    assert len(urls[2]) < len(data_url(large))
    row = world.row(reply)
    assert [(image["width"], image["height"]) for image in row["images"]][1:] == [(64, 48), (3000, 1500)]


def bytes_of(url):
    return base64.b64decode(url.partition(",")[2])


def test_e37_the_models_are_those_that_a_key_may_ask_the_default_first(world):
    got = requests.get(f"{world.site.url}/v1/models", headers=world.site.bearer, timeout=10)
    assert (got.status_code, got.headers["content-type"]) == (200, "application/json")
    listed = got.json()
    assert (sorted(listed), listed["object"]) == (["data", "object"], "list")
    assert [one["id"] for one in listed["data"]][:2] == [MODEL, "qwen/qwen-vl@4:free"]
    for one in listed["data"]:
        assert sorted(one) == ["created", "id", "object", "owned_by"]
        assert (one["object"], one["owned_by"], type(one["created"])) == ("model", "endpoint", int)
        assert one["created"] <= datetime.now(UTC).timestamp()
    narrow = world.key(name="narrow list", model_names=["other-model"])
    few = requests.get(
        f"{world.site.url}/v1/models", headers={"Authorization": f"Bearer {narrow}"}, timeout=10
    )
    assert [one["id"] for one in few.json()["data"]] == ["other-model"]


def test_e37_listing_asks_the_endpoint_nothing(world):
    asked = len(world.endpoint.model_calls)
    for _ in range(3):
        requests.get(f"{world.site.url}/v1/models", headers=world.site.bearer, timeout=10)
    assert len(world.endpoint.model_calls) == asked


@pytest.mark.parametrize("path", ["qwen/qwen-vl@4:free", "qwen%2Fqwen-vl%404%3Afree", "qwen/qwen-vl@4:free/"])
def test_e38_one_model_by_a_name_with_anything_in_it(world, path):
    reply = requests.get(f"{world.site.url}/v1/models/{path}", headers=world.site.bearer, timeout=10)
    assert reply.status_code == 200
    assert reply.json()["id"] == "qwen/qwen-vl@4:free"
    assert sorted(reply.json()) == ["created", "id", "object", "owned_by"]


def test_e38_an_unknown_model_is_not_found(world):
    narrow = world.key(name="narrow one", model_names=["other-model"])
    for name, key in (("nowhere", None), ("%00%ff", None), ("x" * 3000, None), (MODEL, narrow)):
        headers = world.headers(key)
        reply = requests.get(f"{world.site.url}/v1/models/{name}", headers=headers, timeout=10)
        fault(reply, 404, "model_not_found", "model")
