"""What no database can hold is out of a request before anybody reads it, and is nobody else's fault where it comes in."""

from io import BytesIO

import pytest
from django.db import DataError
from django.test import Client, override_settings
from django.urls import path

from describer.db.unstorable import is_unstorable
from describer.edge.sound_request import SoundRequest


def request(query=b"", cookie=b""):
    scope = {"path": "/", "method": "GET", "query_string": query, "headers": [(b"cookie", cookie)]}
    return SoundRequest(scope, BytesIO())


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (b"a=1&a=2&b=%20x", {"a": ["1", "2"], "b": [" x"]}),
        (b"a=%00&b=x%00y&c%00=%C3%A4", {"a": [""], "b": ["xy"], "c": ["\u00e4"]}),
        (b"a=%0%000", {"a": ["%00"]}),
        (b"a=%2500", {"a": ["%00"]}),
        (b"a=%ed%a0%80%00", {"a": ["\ufffd\ufffd\ufffd"]}),
    ],
)
def test_fe08_nul_is_out_of_a_query_and_all_else_stays(query, fields):
    assert dict(request(query).GET.lists()) == fields


def test_fe08_a_cookie_with_nul_is_left_out_and_the_others_stay():
    cookies = request(cookie=rb'sessionid="\000"; theme=dark; x="a\000b"').COOKIES
    assert cookies == {"theme": "dark"}


@pytest.mark.parametrize(
    "raised",
    [
        DataError("value too long"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
        ValueError("A string literal cannot contain NUL (0x00) characters."),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_fe08_a_value_that_no_database_holds_is_the_callers_fault_wherever_it_was_met(raised):
    def faulty(request):
        raise raised

    assert is_unstorable(raised)
    urls = type(
        "urls",
        (),
        {"urlpatterns": [path("faulty", faulty)], "handler500": "describer.web.errors.server_error"},
    )
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=[]):
        answer = Client(raise_request_exception=False).get("/faulty")
    assert answer.status_code == 400
    assert b"could not be read" in answer.content


@pytest.mark.parametrize(
    "raised",
    [ValueError("x"), KeyError("NUL (0x00)"), UnicodeEncodeError("ascii", "\u00e4", 0, 1, "not in range")],
)
def test_other_errors_are_ours(raised):
    assert not is_unstorable(raised)
