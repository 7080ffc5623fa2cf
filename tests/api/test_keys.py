"""What a key opens: its scopes, its models, its rate, its end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from describer.models import ApiKey, Description
from tests.api.conftest import ROUTE, picture
from tests.api.test_errors import fault

pytestmark = pytest.mark.django_db


def this_minute():
    return timezone.now().replace(second=0, microsecond=0)


def limit(script, **values):
    ApiKey.objects.filter(pk=script.key.pk).update(**values)


def test_a_key_may_do_what_its_person_may_unless_it_was_given_less(alice, boss):
    assert ApiKey.issue(alice, "hers")[0].scopes == ["ask", "read", "webhooks"]
    assert ApiKey.issue(boss, "theirs")[0].scopes == ["ask", "read", "webhooks", "admin"]
    assert ApiKey.issue(boss, "little", scopes=["read"])[0].scopes == ["read"]


def test_a_key_without_the_scope_read_sees_nothing(script):
    limit(script, scopes=["ask"])
    assert fault(script.get(ROUTE), 403, "permission_error")["code"] == "permission_denied"
    assert script.post().status_code == 202


def test_a_key_without_the_scope_ask_asks_nothing(script):
    limit(script, scopes=["read"])
    assert fault(script.post(), 403, "permission_error")["code"] == "permission_denied"
    assert Description.objects.count() == 0
    assert script.get(ROUTE).status_code == 200


def test_an_admins_key_without_the_scope_admin_sees_its_own_alone(admin_script, script):
    number = script.post().json()["id"]
    assert len(admin_script.get(ROUTE, user="").json()["items"]) == 1
    limit(admin_script, scopes=["ask", "read"])
    assert admin_script.get(ROUTE, user="").json()["items"] == []
    assert admin_script.get(f"{ROUTE}/{number}").status_code == 404


def test_a_key_that_has_expired_opens_nothing(script):
    limit(script, expires=timezone.now() + timedelta(hours=1))
    assert script.get(ROUTE).status_code == 200
    limit(script, expires=timezone.now() - timedelta(seconds=1))
    assert fault(script.get(ROUTE), 401, "authentication_error")["code"] == "invalid_api_key"


def test_a_key_asks_only_the_models_it_was_made_for(script):
    limit(script, model_names=["another-model"])
    refused = fault(script.post(), 403, "permission_error")
    assert (refused["code"], refused["param"]) == ("permission_denied", "model")
    assert "another-model" in refused["message"]
    assert Description.objects.count() == 0


def test_a_key_asks_no_more_often_than_its_limit_a_minute(script):
    minute = None
    while minute != this_minute():  # all within one
        minute = this_minute()
        limit(script, asks_per_minute=2, minute=None, minute_asks=0)
        replies = [script.post() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [202, 202, 429]
    assert fault(replies[-1], 429, "rate_limit_error")["code"] == "rate_limit_exceeded"
    assert 1 <= int(replies[-1]["Retry-After"]) <= 60
    assert script.get(ROUTE).status_code == 200


def test_a_new_minute_begins_a_new_count(script):
    before = this_minute() - timedelta(minutes=1)
    limit(script, asks_per_minute=1, minute=before, minute_asks=1)
    assert script.post().status_code == 202
    script.key.refresh_from_db()
    assert script.key.minute_asks == 1 and script.key.minute > before


def test_each_picture_of_a_set_counts(script):
    limit(script, asks_per_minute=2)
    three = [picture(colour=colour) for colour in ("red", "blue", "green")]
    refused = script.call("post", f"{ROUTE}/each", {"question": "What is this?", "image": three})
    assert fault(refused, 429, "rate_limit_error")["code"] == "rate_limit_exceeded"
    assert Description.objects.count() == 0
