"""Statements that are built once do what the query sets they are made of do."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from describer.db.statements import Insert, Param, Select, Update
from describer.models import Attempt, Choice, Description, Endpoint, Status, UsageDay
from tests.rows import make_description

pytestmark = pytest.mark.usefixtures("sandbox")

ODD = {"a": [1, None, "\u00e9"], "quote": 'it\'s "%s"'}


def test_a_select_makes_the_same_rows(alice):
    rows = [make_description(alice, turn=turn, parameters=ODD) for turn in (3, 1, 2)]
    queued = Select(
        lambda: (
            Description.objects.filter(owner_id=Param("owner"), turn__gt=Param("least"))
            .select_related("endpoint")
            .order_by("turn")
        )
    )
    found = queued(owner=alice.pk, least=1)
    assert [row.pk for row in found] == [rows[2].pk, rows[0].pk]
    again = Description.objects.get(pk=found[0].pk)
    for name in [field.attname for field in Description._meta.concrete_fields]:
        assert getattr(found[0], name) == getattr(again, name), name
    assert found[0].endpoint == Endpoint.default()
    assert queued(owner=alice.pk, least=2) == [rows[0]]
    assert queued(owner=0, least=0) == []


def test_columns_that_are_deferred_are_fetched_when_asked_for(alice):
    make_description(alice)
    rows = Select(lambda: Description.objects.select_related("endpoint").defer("endpoint__model_names"))()
    assert "model_names" not in vars(rows[0].endpoint)
    assert rows[0].endpoint.model_names == Endpoint.default().model_names


def test_an_update_writes_each_value_as_its_field_does(alice):
    row, other = make_description(alice), make_description(alice)
    update = Update(
        lambda: Description.objects.filter(pk=Param("pk"), status=Param("before")),
        "status",
        "not_before",
        "parameters",
        tries=F("tries") + Param("more"),
    )
    moment = timezone.now() + timedelta(hours=1)
    values = {"status": Status.WAITING, "not_before": moment, "parameters": ODD, "more": 2}
    assert update(pk=row.pk, before=Status.QUEUED, **values) == 1
    assert update(pk=row.pk, before=Status.QUEUED, **values) == 0
    row.refresh_from_db()
    assert (row.status, row.not_before, row.parameters, row.tries) == (Status.WAITING, moment, ODD, 2)
    other.refresh_from_db()
    assert other.status == Status.QUEUED


def test_decimals_and_days_are_kept_exactly(db):
    day = UsageDay.objects.create(day=date(2026, 11, 25), endpoint="e", model="m", cost=Decimal("0.1"))
    add = Update(
        lambda: UsageDay.objects.filter(day=Param("day")),
        cost=F("cost") + Param("more", UsageDay._meta.get_field("cost")),
    )
    assert add(day=date(2026, 11, 25), more=Decimal("0.2000000001")) == 1
    day.refresh_from_db()
    assert day.cost == Decimal("0.3000000001")


def test_an_insert_writes_the_whole_row_and_knows_its_id(alice):
    row = make_description(alice)
    attempt = Attempt(
        description=row.pk, endpoint="e", model_asked="m", number=1, changed=[ODD], raw_usage=None
    )
    Insert("describer.Attempt")(attempt)
    kept = Attempt.objects.get(pk=attempt.pk)
    for name in [field.attname for field in Attempt._meta.concrete_fields]:
        assert getattr(kept, name) == getattr(attempt, name), name
    choice = Choice(description=row, index=0, content="%s \u00e9", tool_calls=[ODD])
    choice.keep()
    assert Choice.objects.get().tool_calls == [ODD]
