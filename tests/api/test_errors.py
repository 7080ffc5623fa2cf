"""Every error under /api has one shape, names the field, and leaves nothing behind."""

import errno
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client

from describer.models import Description, Image
from tests.api.conftest import ROUTE, picture
from tests.rows import make_description


def fault(reply, status, kind="invalid_request_error"):
    """The error of a reply, once its status, type and shape are as they must be."""
    assert (reply.status_code, reply["Content-Type"].partition(";")[0]) == (status, "application/json")
    body = reply.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["type"] == kind
    assert body["error"]["message"]
    return body["error"]


@pytest.mark.parametrize("path", [ROUTE, f"{ROUTE}/", f"{ROUTE}/1", "/api/openapi.json"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head"])
def test_x1_without_a_key_nothing_is_answered(db, path, method):
    reply = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert reply["WWW-Authenticate"] == "Bearer"
    if method != "head":
        assert fault(reply, 401, "authentication_error")["code"] == "missing_api_key"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YWxpY2U6eA==", "dsc_x"])
def test_a_header_without_a_bearer_key_is_no_key(db, header):
    reply = Client().get(ROUTE, headers={"Authorization": header})
    assert fault(reply, 401, "authentication_error")["code"] == "missing_api_key"


def test_a_wrong_key_is_refused_and_not_repeated(db):
    reply = Client().get(ROUTE, headers={"Authorization": "Bearer dsc_wrong-\xe9"})
    assert "dsc_wrong" not in fault(reply, 401, "authentication_error")["message"]


def test_x18_a_revoked_key_is_refused_at_once(script):
    assert script.get(ROUTE).status_code == 200
    script.key.revoke()
    assert fault(script.get(ROUTE), 401, "authentication_error")["code"] == "invalid_api_key"


def test_x18_a_disabled_persons_key_is_refused_at_once(script):
    script.user.is_active = False
    script.user.save()
    assert fault(script.post(), 401, "authentication_error")["code"] == "invalid_api_key"
    assert Description.objects.count() == 0


def test_x11_a_session_is_no_way_in(alice):
    client = Client()
    client.force_login(alice)
    fault(client.get(ROUTE), 401, "authentication_error")
    fault(client.post(ROUTE, {"question": "What?", "image": picture()}), 401, "authentication_error")


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", f"{ROUTE}/1/more", f"{ROUTE}/x", f"{ROUTE}/-1"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_is_404_in_the_same_shape(script, path, method):
    assert fault(script.call(method, path), 404, "not_found_error")["code"] == "unknown_url"


@pytest.mark.parametrize("number", ["1", "0", "9" * 19, "9" * 5000])
def test_an_unknown_id_is_404(script, number):
    fault(script.get(f"{ROUTE}/{number}"), 404, "not_found_error")


@pytest.mark.parametrize(("path", "allowed"), [(ROUTE, "GET, HEAD, POST"), ("/api/docs", "GET, HEAD")])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_a_wrong_method_is_405_and_names_the_right_ones(script, path, allowed, method):
    headers = {"Authorization": f"Bearer {script.secret}"}
    reply = script.client.generic(method, path, headers=headers)
    assert fault(reply, 405)["code"] == "method_not_allowed"
    assert reply["Allow"] == allowed


def test_u67_no_picture_is_refused_in_words(script):
    for nothing in (None, "a text, no file"):
        error = fault(script.post(image=nothing), 400)
        assert (error["param"], error["code"]) == ("image", "no_image")


@pytest.mark.parametrize("question", [None, "", " \n", "\x00"])
def test_u67_an_empty_question_is_refused_and_no_picture_kept(script, question):
    assert fault(script.post(question=question), 400)["param"] == "question"
    assert Image.objects.count() == 0


def test_u62_too_many_pictures_are_refused_before_one_is_read(script, settings):
    settings.IMAGES_PER_ASK = 2
    error = fault(script.post(image=[picture() for _ in range(3)]), 400)
    assert (error["code"], Image.objects.count()) == ("too_many_images", 0)
    assert "2" in error["message"]


def test_u62_more_parts_than_the_parser_takes_are_refused_in_words(script, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 5
    assert fault(script.post(image=[picture() for _ in range(6)]), 400)["code"] == "too_many_images"


def test_u41_a_file_that_is_no_picture_is_refused_by_name(script):
    page = SimpleUploadedFile("page.html", b"<html>", "image/png")
    error = fault(script.post(image=page), 415)
    assert (error["param"], error["code"]) == ("image", "image_format")
    assert "page.html" in error["message"]


def test_u40_an_empty_file_is_refused(script):
    assert fault(script.post(image=SimpleUploadedFile("a.png", b"")), 400)["code"] == "image_empty"


def test_u66_one_bad_picture_among_good_ones_makes_no_description(script):
    bad = SimpleUploadedFile("cut.png", picture().read()[:60], "image/png")
    error = fault(script.post(image=[picture(), bad]), 400)
    assert (error["code"], Description.objects.count()) == ("image_damaged", 0)
    assert "cut.png" in error["message"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("temperature", "2.1", "invalid_value"),
        ("temperature", "warm", "invalid_type"),
        ("n", "0", "invalid_value"),
        ("max_tokens", "0", "invalid_value"),
        ("logit_bias", "{", "invalid_value"),
        ("response_format", '{"type": "xml"}', "invalid_value"),
        ("stop", ["a", "b", "c", "d", "e"], "invalid_value"),
    ],
)
def test_e19_a_parameter_out_of_range_is_named_and_no_picture_kept(script, name, value, code):
    error = fault(script.post(**{name: value}), 400)
    assert (error["param"], error["code"]) == (name, code)
    assert Image.objects.count() == 0


def test_an_unknown_model_is_named(script, sandbox):
    sandbox.model_names = ["sandbox"]
    sandbox.save()
    assert fault(script.post(model="gpt-9"), 400)["param"] == "model"


def test_a_body_that_is_no_form_is_415(script):
    reply = script.call("post", ROUTE, {"question": "What?"}, content_type="application/json")
    assert fault(reply, 415)["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\nnonsense", b"--x\r\nContent-Disposition: form-data; name=", b"\xff\x00"]
)
@pytest.mark.parametrize("boundary", ["; boundary=x", "", "; boundary=" + "x" * 300])
def test_a_broken_form_is_400(script, body, boundary):
    reply = script.call("post", ROUTE, body, content_type=f"multipart/form-data{boundary}")
    fault(reply, 400)


def test_an_idempotency_key_that_is_too_long_is_refused(script):
    assert script.post(headers={"Idempotency-Key": "x" * 255}).status_code == 202
    assert fault(script.post(headers={"Idempotency-Key": "x" * 256}), 400)["param"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "101", "many", "1.5", "9" * 100_000)),
        *(("cursor", value) for value in ("x", "-1", "9" * 40)),
        *(("status", "gone"), ("via", "mail"), ("model", "m" * 201)),
    ],
)
def test_a_wrong_query_is_400_and_names_its_field(script, name, value):
    assert fault(script.get(ROUTE, **{name: value}), 400)["param"] == name


def test_x25_control_characters_are_taken_out_and_never_break_anything(script):
    reply = script.post(
        question="Wh\x00at\tis\nthis?", system_prompt="\x00a", model="sand\x00box", stop="\x00END\x07"
    )
    assert reply.status_code == 202
    body = reply.json()
    assert (body["question"], body["system_prompt"], body["model"]) == ("What\tis\nthis?", "a", "sandbox")
    assert "\x00" not in body["parameters"]["stop"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_format", '{"type": "json_object", "x": "\\u0000\\ud800"}'),
        ("stop", '["\\ud800", "\\u0000x"]'),
        ("user", "\x00\x01"),
        ("tools", "[" * 10_000),
        ("logit_bias", '{"1": ' + "9" * 100_000 + "}"),
        ("detail", "\x00"),
    ],
)
def test_x25_hostile_parameters_are_taken_or_refused(script, name, value):
    assert script.post(**{name: value}).status_code in (202, 400)


@pytest.mark.parametrize(
    "query", ["?status=%00", "?model=%00%ff", "?cursor=%00", "?user=%00", "?%00=%00", "?limit=%00"]
)
def test_x25_hostile_queries_are_answered_or_refused(script, query):
    assert script.get(f"{ROUTE}{query}").status_code in (200, 400)


def test_x26_a_thousand_parameters_are_refused(script):
    began = time.monotonic()
    fault(script.post(**{f"extra{number}": "1" for number in range(1000)}), 400)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("name", ["temperature", "seed", "n", "max_tokens", "logit_bias", "tools"])
def test_x26_a_number_of_100_000_digits_is_refused_quickly(script, name):
    began = time.monotonic()
    fault(script.post(**{name: "1" * 100_000}), 400)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("name", ["question", "system_prompt"])
@pytest.mark.parametrize("length", [100_001, 10_000_000])
def test_x26_a_text_without_end_is_refused_in_words(script, name, length):
    assert "long" in fault(script.post(**{name: "a" * length}), 400)["message"]
    assert Description.objects.count() == 0


def test_more_fields_than_the_parser_takes_are_refused_in_words(script, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    fault(script.post(**{f"extra{number}": "1" for number in range(10)}), 400)


@pytest.mark.parametrize(
    "body", ["[" + "[]," * 10**6 + "1]", '{"url": [' + '{"a":1},' * 10**5 + "1]}", "[" * 10**6]
)
def test_fe01_a_body_of_json_without_end_is_refused_before_it_is_read(script, body):
    reply = script.call("post", "/api/webhooks", body, content_type="application/json")
    told = fault(reply, 400)
    assert told["code"] == "invalid_json" and "too many values" in told["message"]


def test_fe01_json_in_a_field_is_weighed_too(script):
    assert "Too many values" in fault(script.post(tools="[" + "[]," * 10**6 + "1]"), 400)["message"]


def test_x28_a_full_queue_says_when_to_come_back(script, settings):
    settings.QUEUED_PER_PERSON = 1
    make_description(script.user)
    reply = script.post()
    assert fault(reply, 429, "rate_limit_error")["code"] == "queue_full"
    assert int(reply["Retry-After"]) > 0


def test_p14_a_database_that_is_away_is_503_with_a_time(script):
    def away(execute, sql, params, many, context):
        raise OperationalError("database is locked")

    with connection.execute_wrapper(away):
        reply = script.get(ROUTE)
    assert fault(reply, 503, "server_error")["code"] == "busy"
    assert int(reply["Retry-After"]) > 0


def test_a_fault_of_ours_is_500_in_the_same_shape_without_its_text(script, caplog):
    def broken(execute, sql, params, many, context):
        raise RuntimeError("secret inside")

    with connection.execute_wrapper(broken):
        reply = script.get(ROUTE)
    assert "secret" not in fault(reply, 500, "server_error")["message"]
    assert "secret inside" in caplog.text


def test_u71_a_full_disk_is_507_in_words(script):
    def full(execute, sql, params, many, context):
        raise OSError(errno.ENOSPC, "No space left on device")

    with connection.execute_wrapper(full):
        assert fault(script.post(), 507, "server_error")["code"] == "disk_full"
