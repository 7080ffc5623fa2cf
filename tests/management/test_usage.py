"""`manage.py usage`: the sums are the ledger's, for people and for programs."""

import csv
import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from describer.models import ApiKey, Attempt
from tests.days import STATES, state_of, write_days
from tests.rows import make_counted_attempt, make_description, make_usage_day

pytestmark = pytest.mark.usefixtures("sandbox")
COUNTS = ("asks", "attempts", "failed", "prompt_tokens", "completion_tokens", "total_tokens")


class Terminal(StringIO):
    def isatty(self):
        return True


def run(*arguments, out=None):
    """What it prints, and what it remarks beside."""
    out, err = out or StringIO(), StringIO()
    call_command("usage", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def lines(*arguments):
    return [json.loads(line) for line in run(*arguments)[0].splitlines()]


def used(day, tokens, owner=1, **values):
    return make_usage_day(owner, tokens, day=day, **values)


@pytest.fixture
def ledger(alice, bob):
    """Calls of every fate by two people, with a key and without, over three months; answers who is who."""
    key, _ = ApiKey.issue(alice, "nightly")
    for number, owner in enumerate((alice, alice, bob, alice, bob)):
        row = make_description(owner, "x", model=f"vision-{number % 2}", key=key if number == 3 else None)
        make_counted_attempt(row, state=Attempt.State.REFUSED)
        make_counted_attempt(row, cost=Decimal("0.0000000001"), total_tokens=None)
        make_counted_attempt(row, endpoint="other", cost=Decimal("12345.6789"))
        make_counted_attempt(row, endpoint="sandbox")
        row.attempts().update(sent=timezone.now() - timedelta(days=31 * (number % 3)))
    write_days()
    return {
        "user": {alice.pk: "alice", bob.pk: "bob"},
        "key": {key.pk: f"{key.prefix}… nightly", 0: "no key (pages)"},
    }


@pytest.mark.parametrize("by", ["day", "model", "user", "key", "endpoint"])
def test_the_sums_are_the_ledgers(ledger, by):
    of = {
        "day": lambda call: str(timezone.localdate(call.sent)),
        "model": lambda call: call.model_asked,
        "user": lambda call: ledger["user"][call.owner],
        "key": lambda call: ledger["key"][call.key],
        "endpoint": lambda call: call.endpoint,
    }[by]
    expected: dict[str, Counter[str]] = {}
    for call in Attempt.objects.exclude(endpoint="sandbox"):
        sums = expected.setdefault(of(call), Counter(dict.fromkeys((*COUNTS, "cost"), 0)))
        failed = call.state != Attempt.State.ANSWERED
        sums.update(
            {"attempts": 1, "asks": int(call.number == 1), "failed": int(failed), "cost": call.cost or 0}
        )
        sums.update({name: getattr(call, name) or 0 for name in COUNTS if name.endswith("tokens")})
        sums.update(dict.fromkeys(STATES, 0) | {state_of(call): 1})
    found = {row.pop(by): row for row in lines("--from", "2020-01-01", "--by", by)}
    assert {
        name: Counter(row | {"cost": Decimal(row["cost"] or 0)}) for name, row in found.items()
    } == expected
    assert len(found) > 1


def test_days_stand_in_their_order_and_all_else_by_tokens(ledger):
    days = [row["day"] for row in lines("--from", "2020-01-01")]
    assert days == sorted(days)
    tokens = [row["total_tokens"] for row in lines("--from", "2020-01-01", "--by", "model")]
    assert tokens == sorted(tokens, reverse=True)


def test_without_a_span_it_is_this_month(db):
    today = timezone.localdate()
    used(today, 5)
    used(today.replace(day=1) - timedelta(days=1), 7)
    assert [(row["day"], row["total_tokens"]) for row in lines()] == [(str(today), 5)]


def test_both_days_of_a_span_are_within_it(db):
    for day in range(1, 6):
        used(date(2026, 3, day), day)
    assert [row["total_tokens"] for row in lines("--from", "2026-03-02", "--to", "2026-03-04")] == [2, 3, 4]
    assert [row["total_tokens"] for row in lines("--to", "2026-03-02")] == [1, 2]


def test_a_terminal_is_shown_a_table_with_grouped_numbers_and_a_total(db):
    used(date(2026, 3, 1), 1_234_567, asks=1200, cost=Decimal("0.0041"))
    used(date(2026, 3, 2), 89, failed=1)
    shown, beside = run("--to", "2026-03-31", out=Terminal())
    head, first, second, rule, total = shown.splitlines()
    assert head.split() == ["Day", "Asks", "Calls", "Failed", "Input", "Output", "Tokens", "Cost"]
    assert first.split() == ["2026-03-01", "1,200", "1", "0", "0", "0", "1,234,567", "$0.0041"]
    assert second.split()[-2:] == ["89", "-"]
    assert total.split() == ["Total", "1,201", "2", "1", "0", "0", "1,234,656", "$0.0041"]
    assert len({len(line) for line in (head, first, second, rule, total)}) == 1
    assert beside == ""


def test_programs_are_given_rows_alone_and_people_the_total_beside(db):
    used(date(2026, 3, 1), 1200, cost=Decimal("0.0041"), priced=1)
    shown, beside = run("--to", "2026-03-31", "--csv")
    [row] = csv.DictReader(StringIO(shown))
    assert row == {"day": "2026-03-01", "asks": "1", "attempts": "1", "failed": "0", "prompt_tokens": "0",
                   "completion_tokens": "0", "total_tokens": "1200", "cost": "0.0041", "priced": "1", "free": "0",
                   "unpriced": "0", "unknown": "0"}  # fmt: skip
    assert beside == "2026-03-01 to 2026-03-31: 1 asks, 1,200 tokens, $0.0041.\n"
    assert run("--to", "2026-03-31", "--json", out=Terminal())[0].startswith('{"day": "2026-03-01"')


def test_what_has_no_price_is_not_said_to_cost_nothing(db):
    used(timezone.localdate(), 5, unpriced=1)
    assert lines()[0]["cost"] is None
    assert run("--csv")[0].splitlines()[1].endswith(',"5","","0","0","1","0"')
    assert "$" not in "".join(run(out=Terminal()))


def test_the_sandbox_stands_apart(db):
    used(timezone.localdate(), 5)
    used(timezone.localdate(), 70, endpoint="sandbox")
    shown, beside = run(out=Terminal())
    assert shown.splitlines()[-1].split()[-2:] == ["5", "-"]
    assert beside == "Apart from this: 1 asks and 70 tokens of the sandbox; no model was asked.\n"
    assert [row["total_tokens"] for row in lines("--by", "endpoint")] == [5]
    assert "sandbox" not in "".join(run("--to", "2020-01-01"))


def test_nothing_used_is_said(db):
    assert run(out=Terminal())[0] == ""
    assert "nothing was used" in run(out=Terminal())[1]
    assert lines() == []


def test_who_is_gone_keeps_a_number(db):
    used(timezone.localdate(), 5, owner=17, key=9)
    assert lines("--by", "user")[0]["user"] == "user 17, gone"
    assert lines("--by", "key")[0]["key"] == "key 9, gone"


def test_x24_no_cell_is_a_formula_and_json_stays_exact(db):
    for number, name in enumerate(("=1+1", " \t@SUM(A1)", '"-2', "vision=1")):
        used(timezone.localdate(), 9 - number, model=name)
    cells = [row["model"] for row in csv.DictReader(StringIO(run("--by", "model", "--csv")[0]))]
    assert cells == ["'=1+1", "' \t@SUM(A1)", "'\"-2", "vision=1"]
    assert lines("--by", "model")[1]["model"] == " \t@SUM(A1)"


def test_a_name_neither_drives_the_terminal_nor_moves_the_columns(db):
    for number, name in enumerate(("\x1b[2Jx\n", "模型", "e\u0301", "m" * 200)):
        used(timezone.localdate(), 9 - number, model=name)
    shown = run("--by", "model", out=Terminal())[0]
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 7
    assert max(map(len, shown.splitlines())) < 110


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "yesterday"], "--from is a day such as 2026-01-31, not 'yesterday'."),
        (["--to", "2026-02-30"], "--to is a day such as"),
        (["--from", "2026-02-02", "--to", "2026-02-01"], "--from 2026-02-02 is after --to 2026-02-01"),
        (["--by", "colour"], "--by is one of day, model, user, key, endpoint, not 'colour'."),
    ],
)
def test_wrong_values_are_refused_in_one_sentence(db, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(*arguments)
