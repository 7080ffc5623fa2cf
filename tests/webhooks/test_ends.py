"""Whatever way a description ends, its person's webhooks are to be told, in the transaction that ends it."""

import pytest
from django.db import transaction

from describer.engine.pipeline import run_next
from describer.engine.queue.sweep import hand_back
from describer.engine.submit import Ask, Refusal, record_refusal
from describer.models import Status, Via, Webhook, WebhookDelivery
from tests.rows import make_description

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sandbox")]
ADDRESS = "https://receiver.example/"


@pytest.fixture
def webhook(alice):
    return Webhook.issue(alice, ADDRESS)


def running(owner):
    return make_description(owner, status=Status.RUNNING, lease_token="t", via=Via.ENDPOINT)


def test_an_answer_is_told_to_every_webhook_of_its_person_and_to_no_other(webhook, alice, bob):
    second = Webhook.issue(alice, ADDRESS)
    Webhook.issue(bob, ADDRESS)
    row = make_description(alice)
    assert run_next()
    found = list(WebhookDelivery.objects.order_by("webhook_id"))
    assert [one.webhook for one in found] == [webhook, second]
    assert {(one.description, one.state, one.tries, one.error) for one in found} == {
        (row.pk, "pending", 0, "")
    }
    assert all(one.not_before == one.created for one in found)


ENDS = {
    "done": lambda row: row.run_to("t", Status.DONE),
    "failed": lambda row: row.run_to("t", Status.FAILED, error_code="timeout"),
    "cancelled": lambda row: row.cancel(),
    "cut off": lambda row: hand_back({row.pk: "t"}),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_each_end_is_told_once(end, webhook, alice):
    row = running(alice)
    assert end(row)
    assert not end(row)
    assert [one.description for one in webhook.deliveries.all()] == [row.pk]


def test_an_ask_that_was_refused_and_kept_is_told(webhook, alice):
    row = record_refusal(
        Ask(alice, "What?", [], Via.ENDPOINT), Refusal("Not this model.", code="model_not_allowed")
    )
    assert (row.status, webhook.deliveries.get().description) == (Status.FAILED, row.pk)


def test_what_is_no_end_is_not_told(webhook, alice):
    dead = make_description(alice, status=Status.RUNNING, lease_token="t")
    assert hand_back({dead.pk: "t"})
    cancelled = make_description(alice, status=Status.CANCELLED, lease_token="t", via=Via.ENDPOINT)
    assert hand_back({cancelled.pk: "t"})
    running(alice).run_to("t", Status.WAITING, waiting_reason="Later.")
    make_description(alice).hold("Later.")
    assert not running(alice).run_to("another's", Status.DONE)
    assert webhook.deliveries.count() == 0


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_an_end_that_is_not_committed_tells_nobody(end, webhook, alice):
    row = running(alice)
    with pytest.raises(RuntimeError), transaction.atomic():
        assert end(row)
        raise RuntimeError("the process dies")
    row.refresh_from_db()
    assert (row.status, webhook.deliveries.count()) == (Status.RUNNING, 0)


def test_a_paused_webhook_gets_none_and_one_that_rests_gets_it_later(webhook, alice):
    paused = Webhook.issue(alice, ADDRESS)
    paused.pause("It wants no more.")
    later = webhook.created.replace(year=2100)
    webhook.rest(later)
    running(alice).cancel()
    assert paused.deliveries.count() == 0
    assert webhook.deliveries.get().not_before == later


def test_it_is_one_statement_with_webhooks_or_without(alice, django_assert_num_queries):
    row = running(alice)
    with transaction.atomic(), django_assert_num_queries(2):
        row.run_to("t", Status.DONE)
