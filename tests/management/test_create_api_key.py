"""`manage.py create_api_key`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from describer.models import ApiKey, Endpoint


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_new_key_is_the_last_line_and_opens_the_interface(alice, sandbox):
    secret = run("alice").splitlines()[-1]
    assert Client().get("/api/descriptions", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_x18_only_the_hash_is_kept(alice):
    secret = run("alice", "--name", "nightly").splitlines()[-1]
    key = ApiKey.objects.get()
    assert (key.user, key.name) == (alice, "nightly")
    assert secret not in {str(value) for value in vars(key).values()}


def test_each_call_makes_another_key(alice):
    assert run("alice") != run("alice")


def test_an_unknown_person_is_named(db):
    with pytest.raises(CommandError, match="nobody"):
        run("nobody")


def test_a_disabled_person_gets_no_key(alice):
    alice.is_active = False
    alice.save()
    with pytest.raises(CommandError, match="disabled"):
        run("alice")
    assert ApiKey.objects.count() == 0


def test_without_limits_a_key_may_do_what_its_person_may(alice, boss):
    run("alice")
    run("boss")
    assert [key.scopes for key in ApiKey.objects.order_by("id")] == [
        ["ask", "read", "webhooks"],
        ["ask", "read", "webhooks", "admin"],
    ]
    assert {(key.expires, key.asks_per_minute, *key.model_names) for key in ApiKey.objects.all()} == {
        (None, None)
    }


def test_a_key_is_made_with_all_its_limits(alice, sandbox):
    Endpoint.objects.update(default_model="vision-1", model_names=["vision-1", "vision-2"])
    models = ("--model", "vision-2", "--model", "vision-1", "vision-2")
    run("alice", "--scope", "read", "ask", *models, "--asks-per-minute", "60", "--expires", "30")
    key = ApiKey.objects.get()
    assert (key.scopes, key.model_names) == (["ask", "read"], ["vision-2", "vision-1"])
    assert key.asks_per_minute == 60
    assert timezone.localtime(key.expires).date() == timezone.localdate() + timedelta(days=30)


def test_a_key_works_to_the_end_of_the_day_that_was_given(alice):
    run("alice", "--expires", str(timezone.localdate()))
    key = ApiKey.objects.get()
    assert not key.is_expired
    assert key.expires - timezone.now() < timedelta(days=1)


def test_where_no_models_are_known_any_name_goes(alice, sandbox):
    Endpoint.objects.update(default_model="", model_names=[])
    run("alice", "--model", "vision-9")
    assert ApiKey.objects.get().model_names == ["vision-9"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", ""], "1 to 100 characters"),
        (["--name", "x" * 101], "1 to 100 characters"),
        (["--name", "a\nb"], "on one line"),
        (["--expires", "soon"], "--expires is a day such as 2026-01-31, not 'soon'."),
        (["--expires", ""], "--expires is a day"),
        (["--expires", "0"], "--expires is a whole number from 1"),
        (["--expires", "-3"], "--expires"),
        (["--expires", "99999"], "--expires is a whole number from 1"),
        (["--expires", "2020-01-31"], "or later"),
        (["--expires", "9999-12-31"], "days away"),
        (["--scope", "root"], "--scope is one of ask, read, webhooks, admin, not 'root'."),
        (["--scope", "admin"], "alice is no admin"),
        (["--model", "vision-9"], "'vision-9' is not offered; these are: vision-1, vision-2."),
        (["--model", ""], "1 to 200 characters"),
        (["--asks-per-minute", "0"], "--asks-per-minute is a whole number from 1 to 1,000,000, not '0'."),
        (["--asks-per-minute", "many"], "not 'many'"),
        (["--asks-per-minute", "²"], "not '²'"),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence_and_no_key_is_made(alice, sandbox, arguments, words):
    Endpoint.objects.update(default_model="vision-1", model_names=["vision-1", "vision-2"])
    option, value = arguments
    with pytest.raises(CommandError, match=words):
        run("alice", f"{option}={value}")
    assert not ApiKey.objects.exists()
