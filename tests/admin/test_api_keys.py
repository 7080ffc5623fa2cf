"""API keys in the admin: seen, limited and revoked, never read."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from describer.models import ApiKey, Endpoint
from tests.admin.conftest import path
from tests.rows import make_usage_day
from tests.web.forms import text_of


def limit(browser, key, **fields):
    """Save the form of a key with these fields changed."""
    sent = {"scopes": ["ask", "read"], "expires_0": "", "expires_1": "", "asks_per_minute": ""} | fields
    return browser.post(path("apikey", key.pk, "change"), sent)


def test_x18_the_hash_is_shown_nowhere(desk, alice):
    key, secret = ApiKey.issue(alice, "nightly")
    for page in (path("apikey"), path("apikey", key.pk, "change")):
        html = desk.get(page).content.decode()
        assert key.prefix in html
        assert key.hash not in html
        assert secret not in html


def test_a_key_is_revoked_by_the_action_and_refused_at_once(desk, alice):
    key, secret = ApiKey.issue(alice, "nightly")
    header = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/descriptions", headers=header).status_code == 200
    reply = desk.post(path("apikey"), {"action": "revoke", "_selected_action": [key.pk]}, follow=True)
    assert "1 revoked" in reply.content.decode()
    assert Client().get("/api/descriptions", headers=header).status_code == 401


def test_x33_staff_who_may_only_look_revoke_nothing(staff, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    staff("view_apikey").post(path("apikey"), {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked is None


def test_a_key_is_neither_changed_nor_deleted(desk, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    desk.post(path("apikey", key.pk, "change"), {"name": "other", "hash": "x"})
    assert desk.post(path("apikey", key.pk, "delete"), {"post": "yes"}).status_code == 403
    key.refresh_from_db()
    assert key.name == "nightly"


def test_a_keys_limits_are_changed_here_its_name_and_prefix_are_not(desk, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    until = timezone.localtime() + timedelta(days=3)
    when = {"expires_0": f"{until:%Y-%m-%d}", "expires_1": "12:00:00"}
    fields = {
        "scopes": ["read"],
        "model_names": ["sandbox"],
        "asks_per_minute": "5",
        "name": "x",
        "prefix": "y",
    }
    assert limit(desk, key, **when, **fields).status_code == 302
    found = ApiKey.objects.get()
    assert (found.scopes, found.model_names, found.asks_per_minute) == (["read"], ["sandbox"], 5)
    assert timezone.localtime(found.expires).date() == until.date()
    assert (found.name, found.prefix, found.hash) == (key.name, key.prefix, key.hash)


@pytest.mark.parametrize(
    "fields",
    [
        {"scopes": []},
        {"scopes": ["admin"]},
        {"model_names": ["other"]},
        {"asks_per_minute": "0"},
        {"expires_0": "x"},
    ],
)
def test_a_limit_that_is_none_is_refused(desk, alice, fields):
    key, _ = ApiKey.issue(alice, "nightly")
    before = ApiKey.objects.values().get()
    assert limit(desk, key, **fields).status_code == 200
    assert ApiKey.objects.values().get() == before


def test_a_model_that_is_no_longer_offered_can_be_kept(desk, alice):
    key, _ = ApiKey.issue(alice, "nightly", model_names=["gone-1"])
    limit(desk, key, model_names=["gone-1"], asks_per_minute="5")
    key.refresh_from_db()
    assert (key.model_names, key.asks_per_minute) == (["gone-1"], 5)


def test_the_scope_admin_can_be_given_to_an_admins_key(desk, boss):
    key, _ = ApiKey.issue(boss, "nightly", scopes=["read"])
    limit(desk, key, scopes=["read", "admin"])
    key.refresh_from_db()
    assert key.scopes == ["read", "admin"]


def test_saving_writes_what_was_changed_and_not_over_what_a_working_key_counts(desk, alice):
    key, _ = ApiKey.issue(alice, "nightly", asks_per_minute=9)
    with CaptureQueriesContext(connection) as captured:
        limit(desk, key, asks_per_minute="20")
    [update] = [one["sql"] for one in captured if one["sql"].startswith('UPDATE "describer_apikey"')]
    assert "asks_per_minute" in update
    assert "minute_asks" not in update and "last_used" not in update


def test_the_list_says_what_narrows_a_key_and_what_was_used_with_it(desk, alice, bob):
    key, _ = ApiKey.issue(alice, "nightly", scopes=["read"], asks_per_minute=5)
    for model, days_ago in (("m1", 0), ("m2", 0), ("m1", 40)):
        make_usage_day(alice, 1500, days_ago=days_ago, key=key.pk, model=model, asks=2)
    make_usage_day(bob, 7, model="m1")
    words = text_of(desk.get(path("apikey")))
    assert "reads · 5 a minute never expires 4 3,000 - just now" in words
    assert "3,000" in text_of(desk.get(path("apikey", key.pk, "change")))


def test_x33_staff_who_may_only_look_change_no_limits(staff, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    looking = staff("view_apikey")
    assert "asks, reads and makes webhooks" in text_of(looking.get(path("apikey")))
    assert looking.get(path("apikey", key.pk, "change")).status_code == 200
    assert limit(looking, key, asks_per_minute="5").status_code == 403
    key.refresh_from_db()
    assert key.asks_per_minute is None


def test_a_key_is_limited_without_an_endpoint_too(desk, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    Endpoint.objects.all().delete()
    assert limit(desk, key, asks_per_minute="5").status_code == 302


def test_keys_can_be_listed_by_whether_they_open_something(desk, alice):
    past = timezone.now() - timedelta(days=3)
    for name, limits in {
        "still": {},
        "later": {"expires": timezone.now() + timedelta(days=3)},
        "old": {"expires": past},
    }.items():
        ApiKey.issue(alice, f"{name} good", **limits)
    ApiKey.issue(alice, "no longer good", expires=past)[0].revoke()

    def listed(state):
        return set(re.findall(r"(\w+) good", text_of(desk.get(path("apikey") + f"?state={state}"))))

    assert listed("open") == {"still", "later"}
    assert listed("expired") == {"old"}
    assert listed("revoked") == {"longer"}
    assert len(listed("other")) == 4


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    "day", ["9999-12-31", "0001-01-01", "2999-01-01", "1900-01-01", "10000-01-01", "NaN", "-1", "9" * 400]
)
def test_fe16_a_key_ends_within_a_hundred_years(desk, alice, settings, day, zone):
    settings.TIME_ZONE = zone
    key, _ = ApiKey.issue(alice, "nightly")
    reply = limit(desk, key, expires_0=day, expires_1="23:59:59")
    assert (reply.status_code, "errorlist" in reply.content.decode()) == (200, True)
    assert desk.get(path("apikey")).status_code == 200


@pytest.mark.parametrize(
    "count", ["0", "-1", "1000001", "9" * 30, "9" * 5000, "1e3", "NaN", "2.5", "x", "\0"]
)
def test_fe16_a_keys_asks_a_minute_have_a_range(desk, alice, count):
    key, _ = ApiKey.issue(alice, "nightly")
    reply = limit(desk, key, asks_per_minute=count)
    assert (reply.status_code, "errorlist" in reply.content.decode()) == (200, True)
