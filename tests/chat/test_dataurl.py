"""Data URLs as callers write them."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from describer.chat.dataurl import is_data_url, read_data_url

LONG = b"\xfb\xff\xfe" * 60


def test_what_a_data_url_is():
    assert is_data_url("data:,") and is_data_url("DATA:image/png;base64,AA==")
    assert not any(map(is_data_url, ("", "data", "https://example.org/data:", "dat:a")))


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_in_any_spelling_come_back(data):
    packed = base64.b64encode(data).decode()
    lines = "\r\n".join(packed[start : start + 7] for start in range(0, len(packed), 7))
    safe = packed.translate(str.maketrans("+/", "-_"))
    for text in (
        packed,
        lines,
        safe,
        packed.rstrip("="),
        f" {packed}\n",
        packed.replace("+", "%2B").replace("=", "%3D"),
    ):
        assert read_data_url(f"data:image/png;base64,{text}") == data


@pytest.mark.parametrize("head", ["data:image/jpeg;base64", "DATA:;BASE64", "data:image/png;charset=utf-8;name=a.png;base64"])  # fmt: skip
def test_the_head_may_say_more(head):
    assert read_data_url(f"{head},{base64.b64encode(LONG).decode()}") == LONG


@pytest.mark.parametrize(
    "url",
    ["data:", "data:,", "data:image/png,AAAA", "data:image/png;base64", "data:image/png;base64,", "data:image/png;base64,=", "data:image/png;base64,A",
     "data:image/png;base64,AA*A", "data:image/png;base64,AA=A", "data:image/png;base64,\u00e9AAA", "data:image/png;base64,\ud800AAA", "data:;base64,%E9AAA"],
)  # fmt: skip
def test_what_is_no_base64_is_refused(url):
    with pytest.raises(ValueError):
        read_data_url(url)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_gives_bytes_or_a_value_error(text):
    with suppress(ValueError):
        assert read_data_url(f"data:;base64,{text}")
