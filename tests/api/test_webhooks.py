"""Webhooks by API: made, listed without their secrets, tried, removed, and nobody else's."""

import json

import pytest

from describer.models import ApiKey, Status, Webhook, WebhookDelivery
from tests.rows import make_description

ROUTE = "/api/webhooks"
URL = "https://receiver.example/describer?token=mine"


def make(script, url=URL, **options):
    body = options.pop("body", json.dumps({"url": url}))
    return script.call("post", ROUTE, body, content_type="application/json", **options)


def code_of(reply):
    return reply.status_code, reply.json()["error"]["code"]


@pytest.fixture
def webhook(script):
    return Webhook.issue(script.user, URL)


def test_it_is_made_and_its_secret_shown_once(script):
    reply = make(script)
    made = reply.json()
    assert (reply.status_code, reply["Cache-Control"]) == (201, "no-store")
    assert made["secret"] == Webhook.objects.get().secret
    assert made["secret"].startswith("whsec_")
    assert len(made["secret"]) > 40
    (listed,) = script.get(ROUTE).json()["items"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    assert listed == {
        "id": Webhook.objects.get().pk,
        "url": URL,
        "created_at": listed["created_at"],
        "failing_since": None,
        "paused": None,
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "receiver",
        "ftp://receiver.example/",
        "https://me:pw@receiver.example/",
        "https://receiver.example:22/",
        "javascript:alert(1)",
        "https://a b/",
        "https://a/\0",
    ],
)
def test_a11_to_a13_what_is_no_address_is_refused_in_words(url, script):
    reply = make(script, url)
    assert code_of(reply) == (400, "invalid_webhook_url")
    assert reply.json()["error"]["param"] == "url"
    assert Webhook.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"url": 1}',
        '{"url": null}',
        '{"url": "https://a/\\ud800"}',
        '{"url": "%s"}' % ("x" * 3000),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_the_one_shape(body, script):
    reply = make(script, body=body)
    assert reply.status_code == 400
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    assert Webhook.objects.count() == 0


def test_x27_only_the_url_is_read(script):
    body = json.dumps({"url": URL, "secret": "mine", "owner": 1, "id": 77})
    made = make(script, body=body).json()
    assert made["secret"] != "mine"
    assert made["id"] != 77


def test_a_person_has_five_at_most(script, stranger):
    for _ in range(5):
        assert make(script).status_code == 201
    assert code_of(make(script)) == (409, "too_many_webhooks")
    assert make(stranger).status_code == 201


def test_a_test_is_a_delivery_about_nothing(script, webhook):
    reply = script.call("post", f"{ROUTE}/{webhook.pk}/test")
    told = reply.json()
    assert (reply.status_code, told["event"], told["description_id"]) == (202, "webhook.test", None)
    assert (told["state"], told["tries"]) == ("pending", 0)
    assert script.call("post", f"{ROUTE}/{webhook.pk}/test").json()["id"] == told["id"]


def test_deliveries_are_listed_newest_first_page_by_page(script, webhook):
    rows = [make_description(script.user) for _ in range(5)]
    for row in rows:
        row.cancel()
    first = webhook.deliveries.order_by("id")[0]
    assert first.claim(30)
    assert first.arrive(202)
    route, found, cursor = f"{ROUTE}/{webhook.pk}/deliveries", [], ""
    while cursor is not None:
        page = script.get(route, limit=2, cursor=cursor).json()
        found, cursor = found + page["items"], page["next"]
    assert [one["description_id"] for one in found] == [row.pk for row in reversed(rows)]
    (one,) = script.get(route, state="delivered").json()["items"]
    assert (one["http_status"], one["tries"], one["next_try_at"], one["error"]) == (202, 1, None, None)
    assert one["delivered_at"]
    assert one["event"] == "description.finished"
    assert code_of(script.get(route, cursor="x")) == (400, "invalid_value")


def test_a_paused_one_says_why(script, webhook):
    webhook.pause("It answered 410: it wants no more.")
    (told,) = script.get(ROUTE).json()["items"]
    assert told["paused"]["reason"] == "It answered 410: it wants no more."


def test_removing_it_removes_its_deliveries(script, webhook):
    make_description(script.user, status=Status.QUEUED).cancel()
    assert script.call("delete", f"{ROUTE}/{webhook.pk}").status_code == 204
    assert (Webhook.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
    assert code_of(script.call("delete", f"{ROUTE}/{webhook.pk}")) == (404, "not_found")


CALLS = [("delete", ""), ("post", "/test"), ("get", "/deliveries"), ("put", ""), ("delete", "/deliveries")]


@pytest.mark.parametrize(("method", "rest"), CALLS)
def test_x2_x4_anothers_is_as_one_that_never_was_also_to_admins(
    method, rest, script, stranger, admin_script, webhook
):
    replies = [
        caller.call(method, f"{ROUTE}/{number}{rest}")
        for caller, number in ((stranger, webhook.pk), (admin_script, webhook.pk), (stranger, 999_999))
    ]
    assert [code_of(reply) for reply in replies] == [(404, "not_found")] * 3
    assert len({reply.content for reply in replies}) == 1
    assert Webhook.objects.filter(pk=webhook.pk).exists()
    assert stranger.get(ROUTE).json() == {"items": []}


def test_a_wrong_method_is_told_to_its_owner(script, webhook):
    reply = script.call("put", f"{ROUTE}/{webhook.pk}")
    assert (code_of(reply), reply["Allow"]) == ((405, "method_not_allowed"), "DELETE")


def test_scopes_say_what_a_key_may(script, webhook):
    script.secret = ApiKey.issue(script.user, "reads", scopes=["read"])[1]
    assert script.get(ROUTE).status_code == 200
    assert code_of(make(script)) == (403, "permission_denied")
    assert code_of(script.call("delete", f"{ROUTE}/{webhook.pk}")) == (403, "permission_denied")
    script.secret = ApiKey.issue(script.user, "asks", scopes=["ask"])[1]
    assert script.call("post", f"{ROUTE}/{webhook.pk}/test").status_code == 202
    assert code_of(script.get(ROUTE)) == (403, "permission_denied")
    script.secret = "none"
    assert script.get(ROUTE).status_code == 401
