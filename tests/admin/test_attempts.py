"""The ledger and the days of usage: totals of exactly what is listed."""

from decimal import Decimal

import pytest

from tests.admin.conftest import path
from tests.rows import make_attempt, make_description, make_usage_day


@pytest.fixture
def ledger(sandbox, alice, bob):
    """Three paid attempts of Alice, one of Bob that nobody counted."""
    paid = {"state": "answered", "prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    row = make_description(alice)
    for _ in range(3):
        make_attempt(row, endpoint="main", cost=Decimal("0.25"), **paid)
    make_attempt(make_description(bob), endpoint="main", state="unknown")
    make_attempt(row, endpoint="sandbox", **paid)


def totals(reply):
    return reply.context["cl"].totals


def test_totals_are_of_all_that_is_listed(desk, ledger):
    reply = desk.get(path("attempt"))
    assert totals(reply) == {
        "Attempts": 4,
        "Prompt tokens": 3000,
        "Completion tokens": 600,
        "Total tokens": 3600,
        "Cost": Decimal("0.75"),
    }
    of_sandbox = reply.context["cl"].sandbox_totals
    assert (of_sandbox["Attempts"], of_sandbox["Total tokens"], of_sandbox["Cost"]) == (1, 1200, None)


def test_totals_follow_the_filters(desk, ledger):
    reply = desk.get(path("attempt"), {"state__exact": "unknown"})
    assert totals(reply)["Attempts"] == 1
    assert totals(reply)["Total tokens"] is None
    assert totals(desk.get(path("attempt"), {"q": "nothing"}))["Attempts"] == 0


def test_totals_are_of_every_page(desk, alice, sandbox):
    row = make_description(alice)
    for _ in range(60):
        make_attempt(row, endpoint="main", total_tokens=1000)
    reply = desk.get(path("attempt"))
    assert len(reply.context["cl"].result_list) == 50
    assert totals(reply)["Total tokens"] == 60_000
    assert "60,000" in reply.content.decode()


def test_attempts_of_a_deleted_person_stay_and_say_so(desk, ledger, alice, bob):
    number = bob.pk
    bob.delete()
    html = desk.get(path("attempt")).content.decode()
    assert f"deleted ({number})" in html
    assert totals(desk.get(path("attempt")))["Attempts"] == 4


def test_days_of_usage_have_totals(desk, alice):
    for number in range(2):
        for endpoint in ("main", "sandbox"):
            make_usage_day(alice, 700, key=number, attempts=2, endpoint=endpoint)
    reply = desk.get(path("usageday"))
    assert (totals(reply)["Attempts"], totals(reply)["Total tokens"]) == (4, 1400)
    assert "alice" in reply.content.decode()
