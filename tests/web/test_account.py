"""The account: keys that are shown once, and a password whose change ends other sessions."""

import re

import pytest

from describer.models import ApiKey
from tests.conftest import PASSWORD
from tests.web.conftest import browser_of
from tests.web.forms import text_of
from tests.web.rows import make_description

pytestmark = pytest.mark.usefixtures("sandbox")
NEW = "another-horse-9"


def test_x18_a_key_is_shown_once_and_works(hers, client):
    made = hers.post("/account/keys/", {"name": "nightly"})
    secret = re.search(r"dsc_[\w-]{30,}", made.content.decode())[0]
    assert made.status_code == 201
    assert secret not in hers.get("/account/").content.decode()
    assert secret not in str(ApiKey.objects.values())
    assert client.get("/api/descriptions", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_key_needs_a_name(hers):
    assert hers.post("/account/keys/", {"name": ""}).status_code == 400
    assert not ApiKey.objects.exists()


def test_x18_a_revoked_key_opens_nothing(hers, client, alice):
    key, secret = ApiKey.issue(alice, "nightly")
    hers.post(f"/account/keys/{key.pk}/revoke/")
    assert client.get("/api/descriptions", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert "revoked" in text_of(hers.get("/account/"))


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_x4_anothers_key_is_404_and_unchanged(his, alice, method):
    key, _ = ApiKey.issue(alice, "nightly")
    assert getattr(his, method)(f"/account/keys/{key.pk}/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked is None


def test_x14_a_new_password_ends_the_persons_other_sessions(hers, alice):
    elsewhere = browser_of(alice)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert hers.post("/account/password/", fields).status_code == 302
    assert hers.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302


def test_a_wrong_old_password_changes_nothing(hers, alice):
    fields = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert hers.post("/account/password/", fields).status_code == 400
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_x20_a_keys_name_is_text(hers, alice):
    ApiKey.issue(alice, "<script>alert(1)</script>")
    assert "<script>alert" not in hers.get("/account/").content.decode()


def test_the_page_with_a_secret_is_kept_by_no_cache(hers):
    assert "no-store" in hers.post("/account/keys/", {"name": "nightly"})["Cache-Control"]


@pytest.mark.parametrize("name", ["x" * 101, "\x00", " "])
def test_x25_an_odd_name_is_refused_in_words(hers, name):
    response = hers.post("/account/keys/", {"name": name})
    assert response.status_code == 400
    assert 'class="wrong"' in response.content.decode()
    assert not ApiKey.objects.exists()


def test_get_changes_nothing(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    for address in ("keys/", "password/", f"keys/{key.pk}/revoke/"):
        assert hers.get(f"/account/{address}").status_code in (302, 405)
    key.refresh_from_db()
    assert key.revoked is None
    assert ApiKey.objects.count() == 1


def test_use_of_a_key_this_month_stands_beside_it(hers, alice):
    key, _ = ApiKey.issue(alice, "nightly")
    make_description(alice, "x", key=key)
    assert "1,284 tokens this month" in text_of(hers.get("/account/"))


@pytest.mark.parametrize("weak", ["12345678", "short", "alice"])
def test_a_weak_password_is_said_and_nothing_changes(hers, alice, weak):
    fields = {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak}
    response = hers.post("/account/password/", fields)
    assert response.status_code == 400
    assert 'class="wrong"' in response.content.decode()
    assert f'value="{weak}"' not in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_x14_a_closed_account_loses_its_sessions(hers, alice):
    alice.is_active = False
    alice.save()
    assert hers.get("/account/")["Location"] == "/login/?next=/account/"


def test_x27_nothing_but_the_named_fields_is_read(hers, alice, bob):
    hers.post("/account/keys/", {"name": "nightly", "user": bob.pk, "hash": "0", "is_superuser": "1"})
    assert ApiKey.objects.get().user == alice
    alice.refresh_from_db()
    assert not alice.is_superuser
