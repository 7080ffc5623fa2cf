"""Usage for scripts: the roll-up's sums, and so the ledger's."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from describer.models import ApiKey, Attempt
from tests.api.conftest import ROUTE
from tests.api.test_errors import fault
from tests.days import STATES, state_of, write_days
from tests.rows import make_attempt, make_description, make_usage_day

USAGE = "/api/usage"
COUNTS = ("attempts", "asks", "failed", "prompt_tokens", "completion_tokens", "total_tokens")
BYS = ("day", "model", "endpoint", "key", "user")
TODAY = date(2026, 3, 31)


def told(script, **query):
    reply = script.get(USAGE, **{"to": TODAY.isoformat(), "from": "2026-01-01"} | query)
    assert reply.status_code == 200
    return reply.json()


@pytest.fixture
def ledger(script, stranger):
    """Two people's calls over three months, of every fate, with and without a key; and their roll-up."""
    random = Random(7)
    begin = timezone.make_aware(datetime(2026, 1, 1, 12))
    for _ in range(60):
        who = random.choice([script, stranger])
        row = make_description(who.user, model=random.choice(["a", "b"]), key=random.choice([None, who.key]))
        for _ in range(random.randint(1, 3)):
            tokens = random.choice([None, random.randint(0, 10**6)])
            make_attempt(
                row,
                sent=begin + timedelta(days=random.randrange(90)),
                key=row.key_id or 0,
                endpoint=random.choice(["main", "other", "sandbox"]),
                state=random.choice(["answered", "refused", "unknown"]),
                prompt_tokens=tokens,
                completion_tokens=tokens,
                total_tokens=tokens and 2 * tokens,
                cost=tokens and Decimal(tokens) / 10**7,
                billed=random.choice(["yes", "yes", "no", "unknown"]),
            )
    write_days()


def summed(calls):
    """What the ledger says, line by line."""
    tokens = {name: sum(getattr(call, name) or 0 for call in calls) for name in COUNTS[3:]}
    cost = sum((call.cost or 0 for call in calls), Decimal())
    failed = sum(call.state != "answered" for call in calls)
    counts = {"attempts": len(calls), "asks": sum(call.number == 1 for call in calls), "failed": failed}
    states = dict.fromkeys(STATES, 0) | Counter(map(state_of, calls))
    is_known = cost or states["priced"] or states["free"]
    return counts | tokens | states | {"cost": f"{cost.normalize():f}" if is_known else None}


OF = {
    "day": lambda call: call.sent.date().isoformat(),
    "model": lambda call: call.model_asked,
    "endpoint": lambda call: call.endpoint,
    "key": lambda call: call.key and {"id": call.key, "name": "tests"} or None,
    "user": lambda call: call.owner,
}


@pytest.mark.parametrize("user", ["", "alice", None])
def test_usage_equals_the_ledger(ledger, script, admin_script, user):
    asking = script if user is None else admin_script
    calls = [call for call in Attempt.objects.all() if user == "" or call.owner == script.user.pk]
    calls = [call for call in calls if "2026-02-01" <= OF["day"](call) <= "2026-03-15"]
    paid = [call for call in calls if call.endpoint != "sandbox"]
    query = {"from": "2026-02-01", "to": "2026-03-15"} | ({} if user is None else {"user": user})
    for by in BYS:
        body = told(asking, by=by, **query)
        assert (body["from"], body["to"], body["by"]) == ("2026-02-01", "2026-03-15", by)
        assert body["total"] == summed(paid)
        assert body["sandbox"] == summed([call for call in calls if call.endpoint == "sandbox"])
        assert sum(item["attempts"] for item in body["items"]) == len(paid) > 10
        for item in body["items"]:
            group = item.pop(by)
            key = group["id"] if by == "user" else group
            assert item == summed([call for call in paid if OF[by](call) == key])


def test_deleting_a_description_leaves_its_usage(script):
    row = make_description(script.user)
    make_attempt(row, state="answered", endpoint="main", total_tokens=5)
    write_days()
    before = script.get(USAGE).json()
    assert script.call("delete", f"{ROUTE}/{row.pk}").status_code == 204
    assert script.get(USAGE).json() == before
    assert before["total"]["total_tokens"] == 5


def test_without_days_the_last_thirty_are_told(script):
    today = timezone.localdate()
    for ago in (0, 29, 30):
        make_usage_day(script.user, days_ago=ago)
    body = script.get(USAGE).json()
    assert (body["from"], body["to"]) == ((today - timedelta(days=29)).isoformat(), today.isoformat())
    assert body["total"]["asks"] == 2
    one = script.get(USAGE, to=(today - timedelta(days=1)).isoformat()).json()
    assert (one["from"], one["total"]["asks"]) == ((today - timedelta(days=30)).isoformat(), 2)


def test_days_come_in_their_order_and_all_else_with_the_most_tokens_first(script):
    for ago, (model, tokens) in enumerate([("few", 1), ("many", 9), ("some", 5)]):
        make_usage_day(script.user, tokens, day=TODAY - timedelta(days=ago), model=model)
    assert [item["day"] for item in told(script)["items"]] == ["2026-03-29", "2026-03-30", "2026-03-31"]
    assert [item["model"] for item in told(script, by="model")["items"]] == ["many", "some", "few"]


def test_keys_and_people_are_told_by_name_also_those_that_are_gone(script, admin_script):
    for key in (0, script.key.pk, 77):
        make_usage_day(script.user, key, day=TODAY, key=key)
    keys = [item["key"] for item in told(script, by="key")["items"]]
    named = [{"id": 77, "name": None}, {"id": script.key.pk, "name": "tests"}, None]
    assert sorted(keys, key=str) == sorted(named, key=str)
    ApiKey.objects.all().update(name="renamed")
    assert {"id": script.key.pk, "name": "renamed"} in [
        item["key"] for item in told(script, by="key")["items"]
    ]
    make_usage_day(99, day=TODAY)
    people = [item["user"] for item in told(admin_script, by="user", user="")["items"]]
    assert people == [{"id": script.user.pk, "name": "alice"}, {"id": 99, "name": None}]


def test_usage_of_nothing_is_nothing(script):
    body = told(script)
    assert (body["items"], body["total"]) == ([], dict.fromkeys((*COUNTS, *STATES), 0) | {"cost": None})


def test_x3_usage_is_ones_own(script, stranger, admin_script):
    make_usage_day(script.user, 5, day=TODAY, key=script.key.pk)
    for query in ({}, {"user": "alice"}, {"user": ""}, {"user": str(script.user.pk)}):
        for by in BYS:
            assert told(stranger, by=by, **query)["items"] == []
    assert told(script, user="")["total"]["asks"] == told(script, user="alice")["total"]["asks"] == 1
    assert told(admin_script)["items"] == []
    assert told(admin_script, user="nobody")["items"] == []
    admin_script.key.scopes = ["read", "ask"]
    admin_script.key.save()
    assert told(admin_script, user="")["items"] == told(admin_script, user="alice")["items"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("from", "x"), ("to", "2026-13-01"), ("from", "2100-01-01"), ("by", "hour"), ("user", "u" * 151)],
)
def test_a_wrong_query_is_named(script, name, value):
    assert fault(script.get(USAGE, **{name: value}), 400)["param"] == name


def test_a_wrong_method_is_405_and_a_key_without_the_scope_read_403(script, client):
    for method in ("post", "delete", "put"):
        reply = script.call(method, USAGE)
        assert (fault(reply, 405)["code"], reply["Allow"]) == ("method_not_allowed", "GET, HEAD")
    script.key.scopes = ["ask"]
    script.key.save()
    assert fault(script.get(f"{USAGE}/"), 403, "permission_error")["code"] == "permission_denied"
    client.force_login(script.user)
    fault(client.get(USAGE), 401, "authentication_error")


def test_usage_is_read_from_the_roll_up_alone_in_few_statements(ledger, admin_script):
    told(admin_script, user="")
    for by in BYS:
        with CaptureQueriesContext(connection) as queries:
            told(admin_script, user="", by=by)
        assert len(queries) <= 4
        assert not [one for one in queries if "_attempt" in one["sql"] or "_description" in one["sql"]]
