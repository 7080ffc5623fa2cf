"""Headers of the environment are read strictly, and no error shows anything of them (FD08)."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import get_default_exception_reporter_filter

from describer.checks import TAG
from vision_site.environment import env_headers, header_secrets

SECRET = "pk-0123456789"


def read(monkeypatch, text):
    monkeypatch.setenv("VISION_HEADERS", text)
    return env_headers("VISION_HEADERS")


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("", {}),
        (f"api-key: {SECRET}", {"api-key": SECRET}),
        (f"\n api-key:{SECRET}\r\n\nX-Two: a: b, c \n", {"api-key": SECRET, "X-Two": "a: b, c"}),
        (f'{{"api-key": "{SECRET}", "x-two": "a"}}', {"api-key": SECRET, "x-two": "a"}),
    ],
)
def test_fd08_headers_are_lines_or_an_object(monkeypatch, text, headers):
    assert read(monkeypatch, text) == headers


def test_fd08_headers_may_lie_in_a_file(monkeypatch, tmp_path):
    (tmp_path / "headers").write_text(f"api-key: {SECRET}\n")
    monkeypatch.setenv("VISION_HEADERS_FILE", str(tmp_path / "headers"))
    assert env_headers("VISION_HEADERS") == {"api-key": SECRET}


@pytest.mark.parametrize(
    "text",
    [
        SECRET, f"a b: {SECRET}", f": {SECRET}", "api-key:", f"api-key: {SECRET}\x01", f"api-key: {SECRET}é", f'{{"api-key": "{SECRET}"',
        f'{{"api-key": ["{SECRET}"]}}', f'{{"api-key": "{SECRET}\\nHost: x"}}', f"api-key: {SECRET}\nAPI-Key: {SECRET}", "{" * 100_000,
        f'{{"a": "{SECRET}", "a": "b"}}',
    ],
)  # fmt: skip
def test_fd08_what_is_no_header_is_refused_and_not_shown(monkeypatch, text):
    with pytest.raises(ImproperlyConfigured) as caught:
        read(monkeypatch, text)
    assert caught.value.__cause__ is None
    assert str(caught.value).startswith("VISION_HEADERS ") and SECRET not in str(caught.value)


def test_fd08_what_must_not_be_seen_of_them():
    headers = {"Authorization": f"Token {SECRET}", "x-mode": "fast", "x-two": "sk-987654321"}
    assert header_secrets(headers) == [f"Token {SECRET}", SECRET, "sk-987654321", "sk-987654321"]


@pytest.mark.parametrize(
    ("headers", "key", "found"),
    [
        ({"api-key": SECRET}, "sk-1", []),
        ({"Authorization": SECRET}, "", []),
        ({"Authorization": SECRET}, "sk-1", ["describer.E007"]),
        ({"Content-Type": "text/plain"}, "", ["describer.E006"]),
    ],
)
def test_fd08_headers_that_cannot_be_meant_are_told_at_the_start(settings, headers, key, found):
    settings.VISION_BASE_URL, settings.VISION_HEADERS, settings.VISION_API_KEY = (
        "https://a.example",
        headers,
        key,
    )
    messages = run_checks(tags=[TAG])
    assert [message.id for message in messages] == found
    assert SECRET not in str(messages)


def test_fd08_headers_must_not_travel_in_the_clear(settings):
    settings.VISION_BASE_URL, settings.VISION_HEADERS = "http://a.example", {"api-key": SECRET}
    assert [message.msg for message in run_checks(tags=[TAG])] == ["VISION_HEADERS travels unencrypted."]


def test_fd08_djangos_page_of_errors_hides_them(settings):
    settings.VISION_HEADERS = {"x-two": SECRET}
    assert SECRET not in str(get_default_exception_reporter_filter().get_safe_settings())
