"""Prices in the admin: added, never changed; until when each counts, and what is without one."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from describer.ledger.price_rows import add_price
from describer.models import Price, User
from tests.admin.conftest import path
from tests.rows import make_usage_day

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
AMOUNTS = {"cached_input": "0", "output": "10", "picture": "0", "request": "0"}


def test_a_price_is_added_by_whoever_adds_it(desk, boss):
    form = {"model": "gpt-4o*", "endpoint": "", "state": "priced", "input": "2.500000000001", **AMOUNTS}
    reply = desk.post(path("price", "add"), form | {"begins_0": "2026-03-10", "begins_1": "12:00:00"})
    assert reply.status_code == 302
    row = Price.objects.get()
    assert (row.amounts["input"].as_tuple().exponent, row.begins, row.made_by) == (-12, NOON, boss.pk)
    html = desk.get(path("price")).content.decode()
    assert "input 2.500000000001, output 10" in html and "boss" in html


def test_what_could_never_be_meant_is_said_at_its_field(desk):
    form = {"model": "m", "endpoint": "sandbox", "state": "free", "input": "-1", **AMOUNTS}
    reply = desk.post(path("price", "add"), form | {"begins_0": "2026-03-10", "begins_1": "12:00:00"})
    assert set(reply.context["adminform"].form.errors) == {"endpoint", "input"}
    assert not Price.objects.exists()


def test_each_row_says_until_when_it_counts(desk):
    for begins in (NOON, NOON, NOON + timedelta(days=1)):
        add_price(model="m", begins=begins)
    shown = desk.get(path("price")).context["cl"]
    told = [shown.model_admin.until(row) for row in shown.result_list]
    assert told == ["-", "2026-03-11 12:00", "replaced at once"]


def test_models_that_were_asked_without_a_price_are_named(desk, alice):
    make_usage_day(alice, 5, model="new model", endpoint="main", unpriced=3)
    make_usage_day(alice, 5, model="old", days_ago=40, unpriced=3)
    make_usage_day(alice, 5, model="known", priced=3)
    shown = desk.get(path("price"))
    assert list(shown.context["cl"].gaps) == [
        {"endpoint": "main", "model": "new model", "calls": 3, "last": timezone.localdate()}
    ]
    assert "?model=new%20model" in shown.content.decode()
    prefilled = desk.get(path("price", "add"), {"model": "new model"}).context["adminform"].form
    assert prefilled.initial["model"] == "new model"


def test_nobody_changes_or_deletes_a_price(desk, sandbox):
    row = add_price(model="m")
    assert desk.post(path("price", row.pk, "change"), {"model": "x"}).status_code == 403
    assert desk.post(path("price", row.pk, "delete"), {"post": "yes"}).status_code == 403
    stella = User.objects.create_user("stella", is_staff=True)
    stella.user_permissions.set(Permission.objects.filter(codename="view_price"))
    client = Client()
    client.force_login(stella)
    assert client.get(path("price")).status_code == 200
    assert client.get(path("price", "add")).status_code == 403
