"""A receiver on this machine, which the admin allows, and the webhook that leads to it."""

import hashlib
import hmac
import json
from ipaddress import ip_network

import pytest

from describer.models import Webhook
from describer.webhooks.postman import Postman
from tests.gallery import Gallery
from tests.steps import reply


@pytest.fixture
def receiver(settings):
    """Takes what comes to /taken."""
    with Gallery() as opened:
        settings.WEBHOOK_PORTS = frozenset([opened.port])
        settings.WEBHOOK_NETWORKS = (ip_network(opened.host),)
        opened.shows("/taken", reply(204, b""))
        yield opened


@pytest.fixture
def webhook(alice, receiver):
    return Webhook.issue(alice, receiver.at("/taken"))


@pytest.fixture
def postman():
    return Postman()


def told(call):
    """The JSON of a delivery."""
    return json.loads(call.raw)


def is_signed(call, secret):
    """Whether its signature is right, reckoned as docs/webhooks.md says."""
    parts = dict(part.split("=") for part in call.headers["x-describer-signature"].split(","))
    signed = f"{parts['t']}.".encode() + call.raw
    return parts["v1"] == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
