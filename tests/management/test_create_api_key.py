"""`manage.py create_api_key`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from describer.models import ApiKey


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
