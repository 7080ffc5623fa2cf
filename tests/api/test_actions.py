"""Cancel, ask again, delete: what a page's buttons do, for scripts."""

from decimal import Decimal

import pytest

from describer.models import ApiKey, Attempt, Choice, Description, DescriptionImage, UsageDay
from tests.api.conftest import ROUTE, picture
from tests.api.test_errors import fault
from tests.rows import make_attempt, make_description, make_usage_day

ACTIONS = [("post", "/cancel"), ("post", "/again"), ("delete", "")]


def act(script, what, number, headers=None, **fields):
    return script.call("post", f"{ROUTE}/{number}/{what}", fields, headers=headers or {})


@pytest.mark.parametrize(("method", "what"), ACTIONS)
def test_x2_a_stranger_does_nothing_to_it(script, stranger, method, what):
    number = script.post().json()["id"]
    before = list(Description.objects.values())
    another = stranger.call(method, f"{ROUTE}/{number}{what}")
    never = stranger.call(method, f"{ROUTE}/{number + 1}{what}")
    assert fault(another, 404, "not_found_error")
    assert another.content == never.content
    assert list(Description.objects.values()) == before


@pytest.mark.parametrize(("method", "what"), ACTIONS)
@pytest.mark.parametrize("scopes", [["read"], ["read", "admin"], []])
def test_a_key_without_the_scope_ask_does_nothing(script, method, what, scopes):
    number = script.post().json()["id"]
    ApiKey.objects.filter(pk=script.key.pk).update(scopes=scopes)
    before = list(Description.objects.values())
    reply = script.call(method, f"{ROUTE}/{number}{what}")
    assert fault(reply, 403, "permission_error")["code"] == "permission_denied"
    assert list(Description.objects.values()) == before


@pytest.mark.parametrize(("method", "what"), ACTIONS)
def test_x1_without_a_key_nothing_is_done(script, client, method, what):
    number = script.post().json()["id"]
    client.force_login(script.user)
    fault(getattr(client, method)(f"{ROUTE}/{number}{what}"), 401, "authentication_error")
    assert Description.objects.get().status == "queued"


@pytest.mark.parametrize("status", ["queued", "waiting", "running"])
def test_cancel_stops_what_is_not_at_its_end(script, status):
    row = make_description(script.user, status=status, lease_token="x")
    reply = act(script, "cancel", row.pk)
    assert (reply.status_code, reply.json()["status"]) == (200, "cancelled")
    assert reply.json()["finished_at"]
    row.refresh_from_db()
    assert (row.status, row.lease_token) == ("cancelled", "x")


@pytest.mark.parametrize(("method", "what"), ACTIONS)
def test_a_key_without_the_scope_read_reaches_only_what_was_asked_with_it(script, method, what):
    by_another, by_itself = script.post().json()["id"], script.post().json()["id"]
    Description.objects.filter(pk=by_another).update(key=None)
    ApiKey.objects.filter(pk=script.key.pk).update(scopes=["ask"])
    fault(script.call(method, f"{ROUTE}/{by_another}{what}"), 404, "not_found_error")
    assert script.call(method, f"{ROUTE}/{by_itself}{what}").status_code < 300


@pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
def test_cancel_leaves_what_is_at_its_end_and_says_how_it_stands(script, status):
    row = make_description(script.user, status=status)
    reply = act(script, "cancel", row.pk)
    assert (reply.status_code, reply.json()["status"]) == (200, status)


def test_an_admin_cancels_and_deletes_anybodys_but_asks_only_their_own_again(script, admin_script):
    number = script.post().json()["id"]
    assert fault(act(admin_script, "again", number), 404, "not_found_error")
    assert act(admin_script, "cancel", number).json()["status"] == "cancelled"
    assert admin_script.call("delete", f"{ROUTE}/{number}?for_good=1").status_code == 204
    assert Description.objects.count() == 0


def test_again_asks_the_same_as_a_new_description(script):
    old = script.post(
        system_prompt="Be short.", temperature="0.2", image=[picture("a.png"), picture("b.png")]
    )
    reply = act(script, "again", old.json()["id"])
    body = reply.json()
    assert (reply.status_code, reply["Location"]) == (202, f"{ROUTE}/{body['id']}")
    same = ("question", "system_prompt", "model", "parameters", "images", "links", "key", "via")
    assert {name: body[name] for name in same} == {name: old.json()[name] for name in same}
    assert (body["id"], body["status"]) != (old.json()["id"], "done")


def test_again_takes_another_model_and_other_parameters(script, sandbox):
    sandbox.model_names = ["sandbox", "bigger"]
    sandbox.save()
    old = script.post(temperature="0.2", max_tokens="5", stop="END").json()
    body = act(script, "again", old["id"], model="bigger", max_tokens="500", stop="", n="2").json()
    assert body["model"] == "bigger"
    assert body["parameters"] == {"temperature": 0.2, "max_tokens": 500, "n": 2}


def test_again_takes_a_call_without_a_body(script):
    number = script.post().json()["id"]
    assert script.client.generic(
        "POST", f"{ROUTE}/{number}/again", headers={"Authorization": f"Bearer {script.secret}"}
    ).status_code == 202  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"model": "gpt-9"}, "model"), ({"n": "0"}, "n"), ({"logit_bias": "{"}, "logit_bias")],
)
def test_again_refuses_what_a_submit_refuses(script, sandbox, fields, param):
    sandbox.model_names = ["sandbox"]
    sandbox.save()
    number = script.post().json()["id"]
    assert fault(act(script, "again", number, **fields), 400)["param"] == param
    assert Description.objects.count() == 1


def test_again_takes_no_body_but_a_form(script):
    number = script.post().json()["id"]
    path = f"{ROUTE}/{number}/again"
    reply = script.call("post", path, {"model": "sandbox"}, content_type="application/json")
    assert fault(reply, 415)["code"] == "unsupported_media_type"


def test_again_asks_only_the_models_of_its_key(script):
    number = script.post().json()["id"]
    ApiKey.objects.filter(pk=script.key.pk).update(model_names=["another-model"])
    assert fault(act(script, "again", number), 403, "permission_error")["param"] == "model"


def test_again_is_asked_once_for_one_idempotency_key(script):
    number = script.post().json()["id"]
    headers = {"Idempotency-Key": "again"}
    first, second = (act(script, "again", number, headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"] != number
    other = act(script, "again", number, headers, n="2")
    assert fault(other, 422)["code"] == "idempotency_key_reused"
    assert Description.objects.count() == 2


def test_x34_delete_takes_words_and_pictures_and_leaves_the_ledger(script):
    row = Description.objects.get(pk=script.post().json()["id"])
    Choice.objects.create(description=row, index=0, content="A cat.")
    call = make_attempt(row, state="answered", total_tokens=21, cost=Decimal("0.5"))
    make_usage_day(script.user, 21, day=call.sent.date())
    reply = script.call("delete", f"{ROUTE}/{row.pk}?for_good=1")
    assert (reply.status_code, reply.content) == (204, b"")
    for model in (Description, Choice, DescriptionImage):
        assert model.objects.count() == 0
    assert Attempt.objects.get().total_tokens == UsageDay.objects.get().total_tokens == 21
    assert fault(script.get(f"{ROUTE}/{row.pk}"), 404, "not_found_error")
    assert fault(script.call("delete", f"{ROUTE}/{row.pk}"), 404, "not_found_error")


def test_x34_delete_leaves_a_picture_that_another_description_shows(script):
    first, second = script.post().json(), script.post().json()
    script.call("delete", f"{ROUTE}/{first['id']}?for_good=1")
    assert script.get(f"{ROUTE}/{second['id']}").json()["images"] == second["images"]


@pytest.mark.parametrize("what", ["cancel/", "again/"])
def test_a_slash_at_the_end_is_served(script, what):
    number = script.post().json()["id"]
    assert act(script, what, number).status_code in (200, 202)
    assert script.call("delete", f"{ROUTE}/{number}/").status_code == 204
