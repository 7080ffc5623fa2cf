"""API keys in the admin: seen and revoked, never read."""

from django.test import Client

from describer.models import ApiKey
from tests.admin.conftest import path


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
