"""Sharing by scripts."""

import json

from django.test import Client

from tests.api.conftest import ROUTE, script_of
from tests.rows import make_description


def shared(script, row, status=201, **body):
    reply = script.call("post", f"{ROUTE}/{row.pk}/share", json.dumps(body), content_type="application/json")
    assert reply.status_code == status, reply.content
    if status == 201:
        assert reply.headers["Cache-Control"] == "no-store"
    return reply.json()


def test_a_link_is_made_followed_and_ended(script, alice):
    row = make_description(alice, "Two boats.")
    link = shared(script, row, days=7)
    path = link["url"].removeprefix("http://testserver")
    assert "Two boats." in Client().get(path).content.decode()
    assert script.call("delete", f"/api/shares/{link['id']}").status_code == 204
    assert Client().get(path).status_code == 404


def test_another_person_shares_and_ends_nothing(script, alice, bob):
    row = make_description(alice, "Two boats.")
    link, his = shared(script, row), script_of(bob)
    assert shared(his, row, 404) and his.call("delete", f"/api/shares/{link['id']}").status_code == 404


def test_days_have_a_range(script, alice):
    assert shared(script, make_description(alice, "A boat."), 400, days=0)["error"]["param"] == "days"


def test_a_single_file_is_given(script, alice):
    row = make_description(alice, "Two boats.")
    reply = script.get(f"{ROUTE}/{row.pk}.html")
    assert (reply.status_code, reply["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Two boats." in reply.content.decode()
