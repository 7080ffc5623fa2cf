"""A webhook that was made with a key is told of what that key may read, and ends with it (FE04)."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from describer.models import ApiKey, User, Webhook
from tests.rows import make_description
from tests.site import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
BRANCHES = {
    "revoked": lambda key: key.revoke(),
    "expired": lambda key: ApiKey.objects.filter(pk=key.pk).update(
        expires=timezone.now() - timedelta(seconds=1)
    ),
    "disabled": lambda key: User.objects.filter(pk=key.user_id).update(is_active=False),
}


def key_of(person, *scopes):
    return ApiKey.issue(person, "tests", scopes=scopes)[0]


def webhook_of(key, url="https://receiver.example/"):
    return Webhook.issue(key.user, url, key)


def ended(owner, key=None):
    row = make_description(owner, key=key)
    assert row.cancel()
    return row.pk


def told(webhook):
    return {one.description for one in webhook.deliveries.all()}


def test_fe04_one_of_a_key_that_does_not_read_is_told_only_of_what_was_asked_with_that_key(alice):
    key, other = key_of(alice, "ask", "webhooks"), key_of(alice, "ask", "read", "webhooks")
    narrow, wide, of_page = webhook_of(key), webhook_of(other), Webhook.issue(alice, "https://page.example/")
    own, others, none = ended(alice, key), ended(alice, other), ended(alice)
    assert told(narrow) == {own}
    assert told(wide) == told(of_page) == {own, others, none}


def test_fe04_what_a_key_may_read_by_then_counts_not_what_it_might_when_the_webhook_was_made(alice):
    key = key_of(alice, "ask", "read", "webhooks")
    webhook = webhook_of(key)
    ApiKey.objects.filter(pk=key.pk).update(scopes=["ask", "webhooks"])
    ended(alice)
    assert told(webhook) == set()


@pytest.mark.parametrize("end", BRANCHES.values(), ids=BRANCHES)
def test_fe04_it_ends_with_its_key_also_for_what_waits_and_for_tests(end, alice, receiver, postman):
    key = key_of(alice, "ask", "read", "webhooks")
    webhook, of_page = webhook_of(key, receiver.at("/taken")), Webhook.issue(alice, receiver.at("/taken"))
    before = ended(alice, key)
    end(key)
    webhook.test()
    ended(alice, key)
    assert told(webhook) == {before, 0}
    until(lambda: (postman.deliver(), not webhook.deliveries.pending().exists())[1], "what waits is given up")
    assert {one.state for one in webhook.deliveries.all()} == {"given_up"}
    assert all("ended with the key" in one.error for one in webhook.deliveries.all())
    assert len(receiver.calls) == of_page.deliveries.filter(state="delivered").count()


def test_fe04_one_of_a_key_that_lasts_arrives(alice, receiver, postman):
    key = key_of(alice, "ask", "webhooks")
    ApiKey.objects.filter(pk=key.pk).update(expires=timezone.now() + timedelta(days=1))
    webhook = webhook_of(key, receiver.at("/taken"))
    ended(alice, key)
    until(lambda: (postman.deliver(), not webhook.deliveries.pending().exists())[1], "it arrives")
    assert webhook.deliveries.get().state == "delivered"


def test_fe04_keys_of_before_keep_webhooks_where_they_could_read_all_that_is_told(alice):
    before = {
        key_of(alice, *scopes): scopes
        for scopes in (["ask", "read"], ["ask", "read", "admin"], ["ask"], ["read"], [])
    }
    import_module("describer.migrations.0007_limits_of_keys").let_go_on(apps, None)
    for key, scopes in before.items():
        key.refresh_from_db()
        gained = set(key.scopes) - set(scopes)
        assert gained == ({"webhooks"} if {"ask", "read"} <= set(scopes) else set())
