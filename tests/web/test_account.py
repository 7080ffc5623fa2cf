"""The account: keys that are shown once, and a password whose change ends other sessions."""

import re

import pytest

from describer.models import ApiKey
from tests.conftest import PASSWORD
from tests.web.conftest import browser_of
from tests.web.forms import text_of

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
