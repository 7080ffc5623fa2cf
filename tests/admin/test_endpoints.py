"""Endpoints in the admin: what they offer, whether they are paused, and the click that opens them."""

import pytest
from django.utils import timezone

from describer.admin.endpoints import _RANGES, EndpointForm
from tests.admin.conftest import path
from tests.rows import make_description


def test_open_again_queues_what_waited(desk, sandbox, alice):
    sandbox.pause("bad_key", timezone.now())
    waiting = make_description(alice, status="waiting", waiting_reason="The key was refused.")
    reply = desk.post(
        path("endpoint"), {"action": "open_again", "_selected_action": [sandbox.pk]}, follow=True
    )
    assert "1 opened" in reply.content.decode()
    sandbox.refresh_from_db()
    waiting.refresh_from_db()
    assert (sandbox.paused_code, waiting.status) == ("", "queued")


def test_x29_the_key_is_not_on_the_page(desk, sandbox, settings):
    settings.VISION_API_KEY = "sk-very-secret-1234"
    for page in (path("endpoint"), path("endpoint", sandbox.pk, "change")):
        assert "sk-very-secret" not in desk.get(page).content.decode()


def test_settings_are_changed_and_the_address_is_not(desk, sandbox):
    url = sandbox.base_url
    form = {"settings": '{"max_in_flight": 4}', "base_url": "http://x"}
    desk.post(path("endpoint", sandbox.pk, "change"), form)
    sandbox.refresh_from_db()
    assert (sandbox.settings, sandbox.base_url) == ({"max_in_flight": 4}, url)


NUMBERS = (
    "max_in_flight", "requests_per_minute", "tokens_per_minute", "long_side", "picture_bytes", "body_bytes"
)  # fmt: skip
ODD = (
    "0", "-1", "9999999999999999", "9" * 30, "9" * 5000, "1e400", "1e3", "2.5", "NaN", "Infinity", "-Infinity", "null", "true",
    '"2000"', "[]", "{}", '"\\u0000"', '"\\ud800"',
)  # fmt: skip
UNREADABLE = ("[]x", "[1]", "1", '"x"', "{", "[" * 1_000, "[" * 100_000, '{"a":' * 900, '{"key": 1}', "\0", "{\0}",
              '{"max_in_flight": 4, "max_in_flight": 9}', '{"send_links": 1}', '{"send_links": "true"}', "x" * 1_000_000)  # fmt: skip


def refused(desk, sandbox, given):
    reply = desk.post(path("endpoint", sandbox.pk, "change"), {"settings": given})
    sandbox.refresh_from_db()
    words = reply.content.decode()
    return reply.status_code == 200 and sandbox.settings == {} and "errorlist" in words


@pytest.mark.parametrize("given", UNREADABLE, ids=lambda given: given[:20])
def test_fe16_settings_that_are_none_are_refused_in_words(desk, sandbox, given):
    assert refused(desk, sandbox, given)


@pytest.mark.parametrize("name", NUMBERS)
def test_fe16_each_number_has_its_range(sandbox, name):
    def faults(value):
        form = EndpointForm({"settings": f'{{"{name}": {value}}}'}, instance=sandbox)
        str(form)  # what was typed is shown again
        return form.errors

    least, most = _RANGES[name]
    assert not any(map(faults, (least, most)))
    assert all(map(faults, (least - 1, most + 1, *ODD)))
    assert f"from {least:,} to {most:,}" in str(faults(0))


def test_fe16_no_settings_are_settings(desk, sandbox):
    for given in ("", "{}"):
        desk.post(path("endpoint", sandbox.pk, "change"), {"settings": '{"max_in_flight": 4}'})
        desk.post(path("endpoint", sandbox.pk, "change"), {"settings": given})
        sandbox.refresh_from_db()
        assert sandbox.settings == {}
