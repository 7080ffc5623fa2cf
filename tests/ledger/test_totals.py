"""What was used comes to the same wherever it is told: page, account, API, command and admin, to the last digit."""

import json
from calendar import monthrange
from datetime import datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from typing import NamedTuple

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from describer.ledger.totals import COUNTS, STATES, Totals, totals
from describer.models import ApiKey, UsageDay

FIGURES = (*COUNTS, "cost")
SANDBOX = "sandbox"


def month():
    """First and last day of this month."""
    today = timezone.localdate()
    return today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])


class Call(NamedTuple):
    """A line of the ledger, in the columns that are told of."""

    description: int
    owner: int
    key: int
    endpoint: str
    model_asked: str
    number: int
    state: str
    sent: datetime
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: Decimal | None


REST = {
    "model_answered": "",
    "error_code": "",
    "error_message": "",
    "request_id": "",
    "changed": "[]",
    "billed": "yes",
}


def calls_of(count, alice, key, bob):
    """Calls of this month by two people at two endpoints and the sandbox, with costs of ten decimals."""
    random = Random(11)
    begin = timezone.make_aware(datetime.combine(month()[0], time(12)))
    days = timezone.localdate().day
    for number in range(count):
        owner, its_key = random.choice([(alice.pk, key.pk), (alice.pk, 0), (bob.pk, 0)])
        endpoint = random.choice(["main", "main", "other", SANDBOX])
        is_free = endpoint == SANDBOX
        tokens = random.randrange(10**6)
        yield Call(
            description=number,
            owner=owner,
            key=its_key,
            endpoint=endpoint,
            model_asked=SANDBOX if is_free else f"vision-{number % 40}",
            number=random.choice([1, 1, 1, 2]),
            state=random.choice(["answered", "answered", "refused"]),
            sent=begin + timedelta(days=number % days),
            prompt_tokens=tokens,
            completion_tokens=7,
            total_tokens=tokens + 7,
            cost=None if is_free else Decimal(random.randrange(1, 10**9)) / 10**10,
        )


def write_down(calls):
    """Insert attempts without making a model of each: 100,000 of them in a second or two."""
    columns = ", ".join(connection.ops.quote_name(name) for name in (*Call._fields, *REST))
    rows = [
        (*call._replace(sent=connection.ops.adapt_datetimefield_value(call.sent)), *REST.values())
        for call in calls
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY describer_attempt ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO describer_attempt ({columns}) VALUES ({places})", rows)


def added_up(calls):
    """The same figures, added in Python, Decimal by Decimal."""
    figures = dict.fromkeys(COUNTS, 0) | {"cost": Decimal()}
    for call in calls:
        figures["attempts"] += 1
        figures["asks"] += call.number == 1
        figures["failed"] += call.state != "answered"
        for name in COUNTS[3:]:
            figures[name] += getattr(call, name)
        figures["cost"] += call.cost or 0
    return figures


def roll_up_all(calls):
    """The days of these calls, made apart from the code that makes them with each call."""
    days = {}
    for call in calls:
        group = (timezone.localdate(call.sent), call.owner, call.key, call.endpoint, call.model_asked)
        days.setdefault(group, []).append(call)
    names = ("day", "owner", "key", "endpoint", "model")
    UsageDay.objects.bulk_create(
        (UsageDay(**dict(zip(names, group, strict=True)), **added_up(of)) for group, of in days.items()), 2000
    )


@pytest.fixture
def ledger(db, alice, bob, sandbox):
    """Write down so many calls and their days; answers Alice's key, its secret, and the calls."""

    def made(count):
        key, secret = ApiKey.issue(alice, "nightly")
        calls = list(calls_of(count, alice, key, bob))
        write_down(calls)
        roll_up_all(calls)
        return key, secret, calls

    return made


def figures_of(sums):
    return {name: getattr(sums, name) for name in FIGURES}


def page(person, query=""):
    client = Client()
    client.force_login(person)
    return client.get(f"/usage/{query}").context


def api(secret, **query):
    first, last = month()
    reply = Client().get(
        "/api/usage",
        {"from": first.isoformat(), "to": last.isoformat(), **query},
        headers={"Authorization": f"Bearer {secret}"},
    )
    return reply.json()


def exact(figures):
    """Figures of a program's JSON: the cost is a decimal string."""
    return {name: figures[name] for name in COUNTS} | {"cost": Decimal(figures["cost"] or 0)}


def command(by):
    out = StringIO()
    first, last = month()
    span = ("--from", first.isoformat(), "--to", last.isoformat())
    call_command("usage", *span, "--by", by, stdout=out, stderr=StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


def admin(boss, model, **query):
    client = Client()
    client.force_login(boss)
    listed = client.get(reverse(f"admin:describer_{model}_changelist"), query).context["cl"]
    return {name.lower().replace(" ", "_"): total for name, total in listed.totals.items()}


def in_order(rows):
    """The figures of all groups, whatever the groups are called."""
    return sorted(sorted(exact(row).items()) for row in rows)


@pytest.mark.slow
def test_page_account_api_command_and_admin_agree_to_the_last_digit(ledger, alice, bob, boss):
    key, key_secret, made = ledger(100_000)
    paid = [call for call in made if call.endpoint != SANDBOX]
    everybodys, hers = added_up(paid), added_up([call for call in paid if call.owner == alice.pk])
    with_key = added_up([call for call in paid if call.key == key.pk])
    assert len(str(everybodys["cost"]).partition(".")[2]) == 10

    assert figures_of(page(alice)["total"]) == hers
    assert figures_of(page(boss, "?of=everybody")["total"]) == everybodys
    assert figures_of(page(alice, f"?key={key.pk}")["total"]) == with_key

    client = Client()
    client.force_login(alice)
    (row,) = client.get("/account/").context["open_keys"]
    assert figures_of(row.month) == with_key

    secret = ApiKey.issue(boss, "admin", scopes=["admin", "read"])[1]
    assert exact(api(key_secret)["total"]) == hers
    for by in ("day", "model", "endpoint", "key", "user"):
        told = api(secret, user="", by=by)
        assert exact(told["total"]) == everybodys
        sums = Totals()
        for item in told["items"]:
            sums.add(Totals(**exact(item)))
        assert figures_of(sums) == everybodys
        assert in_order(command(by)) == in_order(told["items"])

    of_days = admin(boss, "usageday")
    assert {name: of_days[name] for name in FIGURES} == everybodys
    of_calls = admin(boss, "attempt")
    shared = ("attempts", *COUNTS[3:], "cost")
    assert {name: of_calls[name] for name in shared} == {name: everybodys[name] for name in shared}


def test_the_sandbox_stands_apart_everywhere(ledger, boss):
    made = ledger(5000)[2]
    tried = [call for call in made if call.endpoint == SANDBOX]
    everybodys = added_up(tried)
    assert everybodys["cost"] == 0 and everybodys["attempts"] > 1000
    first, last = month()
    assert figures_of(totals(first, last, "model").sandbox) == everybodys
    assert figures_of(page(boss, "?of=everybody")["sandbox"]) == everybodys
    secret = ApiKey.issue(boss, "admin", scopes=["admin", "read"])[1]
    assert exact(api(secret, user="")["sandbox"]) == everybodys
    assert not [item for item in api(secret, user="", by="endpoint")["items"] if item["endpoint"] == SANDBOX]
    assert not [line for line in command("endpoint") if line["endpoint"] == SANDBOX]


def test_sums_of_costs_are_exact_where_floats_are_not(db):
    costs = [Decimal(number) / 10**10 for number in (1, 9_999_999_999, 123_456_789_012_345, 1)]
    for number, cost in enumerate(costs):
        UsageDay.objects.create(day=month()[0], endpoint="main", model=str(number), cost=cost)
    assert totals(*month()).total.cost == sum(costs) == Decimal("12346.6789012346")
    assert totals(*month(), "day").groups[month()[0]].values["cost"] == "12346.6789012346"
    assert totals(*month(), owner=77).total.values == dict.fromkeys((*COUNTS, *STATES), 0) | {"cost": None}
