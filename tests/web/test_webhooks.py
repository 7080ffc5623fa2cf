"""Webhooks on the account page: made with a secret that is shown once, tried, removed, and nobody else's."""

import re

import pytest

from describer.models import Webhook
from tests.rows import make_description
from tests.web.conftest import browser_of
from tests.web.forms import text_of

pytestmark = pytest.mark.usefixtures("sandbox")
URL = "https://receiver.example/<b>describer</b>"


@pytest.fixture
def webhook(alice):
    return Webhook.issue(alice, URL)


def account(browser):
    return browser.get("/account/").content.decode()


def test_it_is_made_and_its_secret_shown_once(hers):
    made = hers.post("/account/webhooks/", {"url": URL})
    secret = re.search(r"whsec_[\w-]{30,}", made.content.decode())[0]
    assert (made.status_code, secret) == (201, Webhook.objects.get().secret)
    assert "no-store" in made["Cache-Control"]
    again = account(hers)
    assert secret not in again
    assert "<b>describer" not in again
    assert "&lt;b&gt;describer" in again


@pytest.mark.parametrize(
    "url", ["", "receiver", "javascript:alert(1)", "https://me:pw@a/", "https://a/" + "b" * 9000]
)
def test_what_is_no_address_is_said_beside_the_field(url, hers):
    reply = hers.post("/account/webhooks/", {"url": url})
    assert (reply.status_code, Webhook.objects.count()) == (400, 0)
    assert 'id="id_url_error"' in reply.content.decode()


def test_the_sixth_is_refused_in_words(hers, alice):
    for _ in range(5):
        Webhook.issue(alice, URL)
    assert "At most 5 webhooks" in hers.post("/account/webhooks/", {"url": URL}).content.decode()


def test_each_state_of_a_delivery_has_words(hers, alice, webhook):
    rows = [make_description(alice) for _ in range(4)]
    for row in rows:
        assert row.cancel()
    arrived, gone, later, sending = webhook.deliveries.order_by("id")
    for one in (arrived, gone, later, sending):
        one.claim(30)
    arrived.arrive(204)
    gone.give_up("receiver.example answered 500.", 500)
    later.put_off(later.created, "receiver.example took too long.", None)
    webhook.test()
    text = text_of(hers.get("/account/"))
    assert "Test waits for a worker" in text
    assert f"Description {rows[3].pk} is being sent" in text
    assert f"Description {rows[2].pk} waits for its next try. receiver.example took too long." in text
    assert f"Description {rows[1].pk} was given up after 1 try. receiver.example answered 500." in text
    assert re.search(rf"Description {rows[0].pk} arrived .*, answered 204", text)


def test_a_paused_one_says_why_and_how_to_open_it(hers, webhook):
    webhook.pause("It answered 410: it wants no more.")
    text = text_of(hers.get("/account/"))
    assert "It answered 410: it wants no more. Send a test" in text


def test_a_test_is_sent_and_the_webhook_removed(hers, webhook):
    reply = hers.post(f"/account/webhooks/{webhook.pk}/test/")
    assert (reply.status_code, reply["Location"]) == (302, "/account/#webhooks")
    assert webhook.deliveries.get().is_test
    hers.post(f"/account/webhooks/{webhook.pk}/remove/")
    assert Webhook.objects.count() == 0
    assert "receiver.example is told nothing any more." in account(hers)


@pytest.mark.parametrize("what", ["test", "remove"])
def test_x2_x4_anothers_is_as_one_that_never_was(what, hers, bob, webhook):
    his = browser_of(bob)
    for method in (his.get, his.post):
        assert method(f"/account/webhooks/{webhook.pk}/{what}/").status_code == 404
    assert hers.get(f"/account/webhooks/{webhook.pk}/{what}/").status_code == 405
    assert webhook.deliveries.count() == 0
    assert URL not in account(his)
