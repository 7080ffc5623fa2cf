"""Webhooks in the admin: read, and neither their secret nor the path of their address with them."""

import pytest

from describer.models import Webhook
from tests.admin.conftest import path


@pytest.mark.parametrize("model", ["webhook", "webhookdelivery"])
def test_x29_secret_and_path_are_on_no_page_and_nothing_can_be_changed(desk, alice, model):
    webhook = Webhook.issue(alice, "https://receiver.example/hooks?token=of-alice")
    row = webhook if model == "webhook" else webhook.test()
    for page in (path(model), path(model, row.pk, "change")):
        html = desk.get(page).content.decode()
        assert "alice" in html and "receiver.example" in html
        assert webhook.secret not in html and "of-alice" not in html
    for page in (path(model, "add"), path(model, row.pk, "delete")):
        assert desk.get(page).status_code == 403
    assert desk.post(path(model, row.pk, "change"), {"owner": "1"}).status_code == 403
