"""Prices for admins' scripts, and what descriptions and usage tell of costs by them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from describer.models import ApiKey, Attempt, Price, Repricing
from tests.api.conftest import Script, script_of
from tests.rows import make_counted_attempt, make_description

PRICES = "/api/prices"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def admin(admin_script) -> Script:
    """The script of an admin, with all scopes."""
    key, secret = ApiKey.issue(admin_script.user, "money", scopes=["admin", "ask", "read"])
    return Script(admin_script.client, admin_script.user, key, secret)


def send(script, path, status, **body):
    reply = script.call("post", path, json.dumps(body), content_type="application/json")
    assert reply.status_code == status, reply.content
    return reply.json()


def listed(script):
    reply = script.get(PRICES)
    assert reply.status_code == 200
    return reply.json()["items"]


def test_a_price_is_added_and_listed_with_its_numbers_as_text(admin):
    made = send(admin, PRICES, 201, model="gpt-4o*", input="2.50", output="10", cached_input="0.000000000001")
    assert made == {
        "id": made["id"],
        "endpoint": "",
        "model": "gpt-4o*",
        "state": "priced",
        "input": "2.5",
        "cached_input": "0.000000000001",
        "output": "10",
        "picture": "0",
        "request": "0",
        "from": made["from"],
        "source": "typed",
    }
    assert listed(admin) == [made]
    assert Price.objects.get().made_by == admin.user.pk


def test_a_price_may_begin_earlier_or_later(admin):
    made = send(admin, PRICES, 201, model="m", state="free", **{"from": "2026-01-01T00:00:00"})
    assert (made["from"], made["state"]) == ("2026-01-01T00:00:00Z", "free")
    later = send(admin, PRICES, 201, model="m", request=1, **{"from": "2027-01-01T00:00:00+02:00"})
    assert [one["id"] for one in listed(admin)] == [made["id"], later["id"]]
    assert later["request"] == "1"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "1"}, "model"),
        ({"model": "m", "input": 0.1}, "input"),
        ({"model": "m", "input": "-1"}, "input"),
        ({"model": "m", "input": "NaN"}, "input"),
        ({"model": "m", "input": "1e99"}, "input"),
        ({"model": "m", "output": "dear"}, "output"),
        ({"model": "m", "state": "cheap"}, "state"),
        ({"model": "m", "state": "free", "input": "1"}, "state"),
        ({"model": "m", "endpoint": "sandbox"}, "endpoint"),
        ({"model": "m" * 201}, "model"),
        ({"model": "m", "from": "soon"}, "from"),
    ],
)
def test_what_could_never_be_meant_is_refused(admin, body, param):
    assert send(admin, PRICES, 400, **body)["error"]["param"] == param
    assert not Price.objects.exists()


def test_prices_are_for_keys_of_admins_with_the_scope_admin(admin_script, script, boss):
    plain = Script(admin_script.client, boss, *ApiKey.issue(boss, "reads", scopes=["read", "ask"]))
    once = script_of(boss)
    for path in (PRICES, f"{PRICES}/reprice"):
        assert send(script, path, 403, model="m")["error"]["code"] == "permission_denied"
        assert send(plain, path, 403, model="m")["error"]["code"] == "permission_denied"
    boss.is_superuser = False
    boss.save()
    assert once.get(PRICES).status_code == 403


def billed(owner, sent=NOON, **values):
    row = make_description(owner, model=values.pop("model", "m"))
    known = {"endpoint": "main", "prompt_tokens": 10**6, "completion_tokens": 0, "total_tokens": 10**6}
    return make_counted_attempt(row, sent=sent, **(known | values))


def test_past_calls_are_told_and_then_priced_anew(admin, alice):
    billed(alice)
    billed(alice, NOON + timedelta(days=1))
    billed(alice, model="other")
    send(admin, PRICES, 201, model="m", input="0.25", **{"from": "2026-01-01T00:00:00Z"})
    since = {"from": "2026-03-01T00:00:00Z"}
    told = send(admin, f"{PRICES}/reprice", 200, **since)
    assert told == {
        "calls": 2,
        "before": None,
        "after": "0.5",
        "by": [
            {"day": "2026-03-10", "model": "m", "before": None, "after": "0.25"},
            {"day": "2026-03-11", "model": "m", "before": None, "after": "0.25"},
        ],
    }
    assert not Attempt.objects.exclude(cost=None).exists()
    assert send(admin, f"{PRICES}/reprice", 200, apply=True, **since) == told
    assert [(line.made_by, line.calls) for line in Repricing.objects.all()] == [(admin.user.pk, 1)] * 2
    query = {"from": "2026-03-01", "to": "2026-03-31", "user": ""}
    total = admin.get("/api/usage", **query).json()["total"]
    assert {name: total[name] for name in ("cost", "priced", "free", "unpriced", "unknown")} == {
        "cost": "0.5",
        "priced": 2,
        "free": 0,
        "unpriced": 1,
        "unknown": 0,
    }
    send(admin, PRICES, 201, model="*", state="free", **{"from": "2026-01-01T00:00:00Z"})
    again = send(admin, f"{PRICES}/reprice", 200, **since)
    assert [(one["model"], one["before"], one["after"]) for one in again["by"]] == [("other", None, "0")]


def test_repricing_needs_to_be_told_from_when(admin):
    assert send(admin, f"{PRICES}/reprice", 400)["error"]["param"] == "from"


def test_an_ask_of_the_sandbox_is_free(script):
    row = make_description(script.user, status="done")
    make_counted_attempt(row, endpoint="sandbox")
    told = script.get(f"/api/descriptions/{row.pk}").json()
    assert (told["cost"], told["cost_state"]) == ("0", "free")


@pytest.mark.parametrize(
    ("attempts", "cost", "state"),
    [
        ([{}], None, "unpriced"),
        ([{"cost": "0.5"}], "0.5", "priced"),
        ([{"cost": "0.5"}, {"billed": "unknown", "state": "unknown"}], "0.5", "unknown"),
        ([{"cost": "0.5"}, {}], "0.5", "unpriced"),
        ([{"billed": "no", "state": "refused"}, {"cost": "0.5"}], "0.5", "priced"),
        ([{"cost": "0", "price_used": {"state": "free"}}], "0", "free"),
        ([], "0", "free"),
    ],
)
def test_a_description_tells_the_least_that_is_known_of_any_of_its_calls(script, attempts, cost, state):
    row = make_description(script.user, status="failed")
    for values in attempts:
        make_counted_attempt(row, **values)
    told = script.get(f"/api/descriptions/{row.pk}").json()
    assert (told["cost"], told["cost_state"]) == (cost, state)
