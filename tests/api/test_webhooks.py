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
        "key": script.key.pk,
        "created_at": listed["created_at"],
        "failing_since": None,
        "paused": None,
        "ended_at": None,
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
    script.secret = ApiKey.issue(script.user, "reads and minds", scopes=["read", "webhooks"])[1]
    assert script.call("post", f"{ROUTE}/{webhook.pk}/test").status_code == 202
    script.secret = "none"
    assert script.get(ROUTE).status_code == 401


def others_way(script, *scopes):
    """The same person's script with another key."""
    script.key, script.secret = ApiKey.issue(script.user, "other", scopes=scopes)
    return script


@pytest.mark.parametrize("scopes", [["ask"], ["ask", "admin"], []])
def test_fe04_a_key_without_the_scope_webhooks_makes_tries_sees_and_removes_none(scopes, script, webhook):
    others_way(script, *scopes)
    one = f"{ROUTE}/{webhook.pk}"
    replies = [
        make(script),
        script.get(ROUTE),
        script.get(f"{one}/deliveries"),
        script.call("post", f"{one}/test"),
        script.call("delete", one),
    ]
    assert {code_of(reply) for reply in replies} == {(403, "permission_denied")}
    assert Webhook.objects.get() == webhook
    assert not webhook.deliveries.exists()


def test_fe04_a_key_that_does_not_read_has_to_do_with_no_webhooks_but_its_own(script, webhook):
    readers = make(script).json()["id"]
    others_way(script, "ask", "webhooks")
    made = make(script).json()
    assert made["key"] == script.key.pk
    assert [one["id"] for one in script.get(ROUTE).json()["items"]] == [made["id"]]
    for number in (webhook.pk, readers):
        for method, rest in (("delete", ""), ("post", "/test"), ("get", "/deliveries"), ("put", "")):
            assert code_of(script.call(method, f"{ROUTE}/{number}{rest}")) == (404, "not_found")
    assert script.call("post", f"{ROUTE}/{made['id']}/test").status_code == 202
    assert script.call("delete", f"{ROUTE}/{made['id']}").status_code == 204
    assert Webhook.objects.count() == 2


def test_fe04_who_may_see_all_sees_with_which_key_each_was_made_and_that_it_ended(script, webhook):
    made = make(others_way(script, "webhooks")).json()["id"]
    script.key.revoke()
    others_way(script, "read")
    listed = {one["id"]: one for one in script.get(ROUTE).json()["items"]}
    assert (listed[webhook.pk]["key"], listed[webhook.pk]["ended_at"]) == (None, None)
    assert listed[made]["ended_at"]
