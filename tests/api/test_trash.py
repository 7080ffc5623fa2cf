"""The trash by scripts: put there, listed, restored, deleted for good."""

import json

import pytest
from django.test import Client

from describer.models import ApiKey, Description, Share, Status
from tests.api.conftest import ROUTE, Script, script_of
from tests.rows import make_description


@pytest.fixture
def row(alice, sandbox):
    return make_description(alice, "Two boats.")


def ids(script, **query):
    return [one["id"] for one in script.get(ROUTE, **query).json()["items"]]


def exported(script, **query):
    lines = b"".join(script.get(f"{ROUTE}.jsonl", **query).streaming_content).decode().splitlines()
    return [json.loads(line)["id"] for line in lines]


def delete(script, row, query=""):
    reply = script.call("delete", f"{ROUTE}/{row.pk}{query}")
    assert (reply.status_code, reply.content) == (204, b"")


def restored(script, row, status=200):
    reply = script.call("post", f"{ROUTE}/{row.pk}/restore")
    assert reply.status_code == status
    return reply.json()


def test_delete_is_the_trash_and_restore_brings_it_back(script, row):
    whole = script.get(f"{ROUTE}/{row.pk}").json()
    assert whole["trashed_at"] is None
    for _ in range(2):
        delete(script, row)
    trashed = script.get(f"{ROUTE}/{row.pk}").json()
    assert trashed.pop("trashed_at") and trashed == {k: v for k, v in whole.items() if k != "trashed_at"}
    for _ in range(2):
        assert restored(script, row) == whole


def test_for_good_there_is_nothing_to_restore(script, row):
    delete(script, row)
    delete(script, row, "?for_good=1")
    assert script.get(f"{ROUTE}/{row.pk}").status_code == 404
    assert restored(script, row, 404)["error"]["code"] == "not_found"
    assert not Description.objects.exists()


def test_the_trash_is_in_no_list_or_export_and_is_a_list_of_its_own_in_any_mix(script, row, alice):
    other = make_description(alice, "A boat.", preset="alt-text", favourite=True)
    third = make_description(alice, "A boat.", preset="alt-text")
    delete(script, row)
    delete(script, other)
    assert ids(script) == exported(script) == [third.pk]
    assert ids(script, trashed=1) == exported(script, trashed=1) == [other.pk, row.pk]
    assert ids(script, trashed=1, preset="alt-text", favourite=1, status="done") == [other.pk]
    assert ids(script, trashed=1, limit=1) == [other.pk]
    table = b"".join(script.get(f"{ROUTE}.csv", trashed=1).streaming_content).decode()
    assert table.count("\n") == 3


def test_nothing_else_can_be_done_with_it(script, row):
    delete(script, row)
    calls = [
        ("patch", "", '{"favourite": true}'),
        ("post", "/cancel", ""),
        ("post", "/again", ""),
        ("post", "/share", "{}"),
        ("get", ".html", None),
    ]
    for method, path, body in calls:
        reply = script.call(method, f"{ROUTE}/{row.pk}{path}", body, content_type="application/json") if body is not None else script.get(f"{ROUTE}/{row.pk}{path}")  # fmt: skip
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, "trashed"), path
    assert Description.objects.get() == row and not row.favourite and not Share.objects.exists()


def test_another_person_trashes_restores_and_sees_nothing(script, row, bob, admin_script):
    his = script_of(bob)
    assert his.call("delete", f"{ROUTE}/{row.pk}").status_code == 404
    delete(script, row)
    assert restored(his, row, 404) and ids(his, trashed=1) == []
    assert his.call("delete", f"{ROUTE}/{row.pk}?for_good=1").status_code == 404
    assert ids(admin_script, trashed=1, user="alice") == [row.pk]
    assert restored(admin_script, row)["trashed_at"] is None


def test_a_key_that_only_asks_restores_what_was_asked_with_it(alice, row):
    key, secret = ApiKey.issue(alice, "asks", scopes=["ask"])
    asker = Script(Client(), alice, key, secret)
    assert restored(asker, row, 404)
    own = make_description(alice, "A boat.", key=key)
    delete(asker, own)
    assert restored(asker, own)["id"] == own.pk


def test_what_is_under_way_is_cancelled(script):
    number = script.post().json()["id"]
    delete(script, Description.objects.get())
    told = script.get(f"{ROUTE}/{number}").json()
    assert (told["status"], told["answer"]) == (Status.CANCELLED, None)


def test_the_same_ask_by_its_key_is_not_paid_twice_because_the_first_lies_in_the_trash(script):
    first = script.post(headers={"Idempotency-Key": "a"}).json()
    delete(script, Description.objects.get())
    again = script.post(headers={"Idempotency-Key": "a"}).json()
    assert again["id"] == first["id"] and again["trashed_at"]


def test_after_delete_for_good_the_same_key_asks_anew_although_files_are_still_cleared_away(
    script, monkeypatch
):
    monkeypatch.setattr("describer.desk.trash._PATIENCE_SECONDS", -1.0)
    first = script.post(headers={"Idempotency-Key": "a"}).json()
    delete(script, Description.objects.get(), "?for_good=1")
    again = script.post(headers={"Idempotency-Key": "a"}).json()
    assert again["id"] != first["id"] and again["trashed_at"] is None


@pytest.mark.parametrize("end", ["trash", "for good", "ended", "disabled"])
def test_d4_a_link_after_its_end_is_the_same_404_as_one_that_never_was(script, row, alice, end):
    link, token = Share.issue(row, None)
    stranger = Client()
    assert stranger.get(f"/s/{token}/").status_code == 200
    if end == "trash":
        delete(script, row)
    elif end == "for good":
        delete(script, row, "?for_good=1")
    elif end == "ended":
        link.revoke()
    else:
        type(alice).objects.update(is_active=False)
    for path in ("", "0/"):
        gone, never = stranger.get(f"/s/{token}/{path}"), stranger.get(f"/s/{'x' * 32}/{path}")
        assert gone.status_code == 404
        assert gone.content.replace(token.encode(), b"") == never.content.replace(b"x" * 32, b"")
    if end == "trash":
        restored(script, row)
        assert "Two boats." in stranger.get(f"/s/{token}/").content.decode()
