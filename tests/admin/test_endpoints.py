"""Endpoints in the admin: what they offer, whether they are paused, and the click that opens them."""

import pytest
from django.utils import timezone

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


@pytest.mark.parametrize(
    "given", ["[]x", "[1]", '{"max_in_flight": 0}', '{"long_side": "2000"}', '{"key": 1}']
)
def test_settings_that_mean_nothing_are_refused(desk, sandbox, given):
    reply = desk.post(path("endpoint", sandbox.pk, "change"), {"settings": given})
    assert reply.status_code == 200
    sandbox.refresh_from_db()
    assert sandbox.settings == {}
