"""Prices: which one counts, what a call costs by it to the last digit, and re-pricing that does what it said."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from describer.db.clock import clock
from describer.db.exact_decimal import digits_of
from describer.errors import Refusal
from describer.ledger.costs import MOST_COST, Units, cost_columns, cost_of_units, units_of
from describer.ledger.price_rows import Timelines, add_price, changes_of, new_price, write_prices
from describer.ledger.prices import PriceTable, prices
from describer.ledger.repricing import reprice
from describer.ledger.rollup import roll_up
from describer.ledger.totals import totals
from describer.models import Attempt, Endpoint, Price, Repricing, UsageDay
from tests.days import days_of
from tests.ledger.test_rollup import stored
from tests.rows import make_attempt, make_description

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LARGE = bool(os.environ.get("LARGE_LEDGER"))  # 100,000 calls in place of 5,000


def price(model="*", endpoint="", begins=NOON, **amounts):
    """A price; amounts as text."""
    state = amounts.pop("state", "priced")
    numbers = {name: Decimal(amount) for name, amount in amounts.items()}
    return add_price(model=model, endpoint=endpoint, begins=begins, state=state, **numbers)


def found(endpoint, model, moment=NOON):
    row = prices.now().find(endpoint, model, moment)
    return row and row.model, row and row.endpoint


def call(row, sent=NOON, endpoint="main", tokens=(1000, 200, 1200), **values):
    """A billed call that is just complete, priced and counted as the engine does."""
    prompt, answer, total = tokens
    known = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": total, "billed": "yes"}
    attempt = make_attempt(row, sent=sent, endpoint=endpoint)
    line = known | values
    state = line.pop("state", Attempt.State.ANSWERED)
    before = attempt.complete(state, **line, **cost_columns(attempt, line, prices.since(sent)))
    roll_up(attempt, before)
    return attempt


@pytest.fixture
def row(alice, sandbox):
    return make_description(alice, model="gpt-4o-mini")


def fraction(units, used):
    """What units cost by the row that was kept, reckoned plainly."""
    amount = {
        name: Fraction(used.get(name, "0"))
        for name in ("input", "cached_input", "output", "picture", "request")
    }
    tokens = (units.input - units.cached) * amount["input"] + units.cached * amount["cached_input"]
    tokens += units.output * amount["output"]
    return tokens / 10**6 + units.pictures * amount["picture"] + amount["request"]


def rounded(exact):
    """To ten decimals, half up."""
    return Decimal((exact * 10**10 + Fraction(1, 2)).__floor__()).scaleb(-10)


@pytest.mark.parametrize(
    ("endpoint", "model", "which"),
    [
        ("main", "gpt-4o", ("gpt-4o", "")),
        ("main", "GPT-4o-mini", ("gpt-4o*", "")),
        ("main", "gpt-3", ("gpt*", "")),
        ("main", "qwen-vl", ("*", "")),
        ("own", "gpt-4o", ("gpt*", "own")),
        ("own", "qwen-vl", ("*", "")),
        ("own", "x-gpt-o", ("*-*-o", "own")),
        ("main", "gpt", ("gpt*", "")),
    ],
)  # fmt: skip
def test_the_endpoints_own_price_counts_before_any_and_then_the_most_exact(db, endpoint, model, which):
    for pattern in ("gpt-4o", "gpt*", "gpt-4o*", "*"):
        price(pattern, input="1")
    for pattern in ("gpt*", "*-*-o"):
        price(pattern, "own", input="1")
    assert found(endpoint, model) == which


def test_a_pattern_with_stars_fits_whole_names(db):
    price("a*b*c", input="1")
    assert [found("x", name)[0] for name in ("abc", "aXbYc", "acb", "abcd", "ac", "abbc")] == [
        "a*b*c", "a*b*c", None, None, None, "a*b*c",
    ]  # fmt: skip


def test_a_pattern_of_many_stars_takes_no_longer_than_its_length(db):
    price("*a" * 90 + "*b", input="1")
    assert found("x", "a" * 200) == (None, None)


def test_where_the_most_exact_has_not_begun_the_next_one_counts(db):
    price("gpt-4o", input="1", begins=NOON + HOUR)
    price("gpt*", input="2")
    assert found("x", "gpt-4o") == ("gpt*", "")
    assert found("x", "gpt-4o", NOON + HOUR) == ("gpt-4o", "")
    assert found("x", "gpt-4o", NOON - HOUR) == (None, None)


def test_of_two_rows_with_one_beginning_the_later_counts(db):
    first, second = price(input="1"), price(input="2")
    assert prices.now().find("x", "m", NOON).pk == second.pk
    timelines = Timelines(Price.objects.all())
    assert (timelines.ends(first), timelines.ends(second)) == (NOON, None)


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"endpoint": "sandbox"}, "endpoint"),
        ({"model": "two words"}, "model"),
        ({"model": ""}, "model"),
        ({"input": Decimal(-1)}, "input"),
        ({"input": Decimal("0.0000000000001")}, "input"),
        ({"output": Decimal(10**9)}, "output"),
        ({"state": "free", "request": Decimal(1)}, "state"),
        ({"state": "dear"}, "state"),
    ],
)
def test_what_could_never_be_meant_is_refused(db, values, param):
    with pytest.raises(Refusal) as refused:
        new_price(**{"model": "m"} | values)
    assert refused.value.param == param


@pytest.mark.django_db(transaction=True)
def test_a_table_is_looked_at_again_for_a_call_that_was_sent_after_the_last_look(django_assert_num_queries):
    clock.look()
    sent = clock.now()
    with django_assert_num_queries(1):
        assert prices.since(sent).find("x", "m", sent) is None
        prices.since(sent)
        prices.since(sent - HOUR)
    price("m", input="1", begins=clock.now())
    sent = clock.now()
    with django_assert_num_queries(2):
        assert prices.since(sent).find("x", "m", sent).input == 1


def test_a_price_is_kept_to_its_twelfth_decimal(db):
    kept = price(input="123456789.123456789012", cached_input="0.000000000001", output="100")
    kept.refresh_from_db()
    assert (digits_of(kept.input), digits_of(kept.cached_input), digits_of(kept.output)) == (
        "123456789.123456789012",
        "0.000000000001",
        "100",
    )


def test_m6_a_call_is_priced_by_what_counted_when_it_was_sent(row):
    price(input="1")
    price(input="5", begins=NOON + HOUR)
    long = call(
        row, NOON + HOUR - timedelta(microseconds=1), answered=NOON + 3 * HOUR, tokens=(10**6, 0, 10**6)
    )
    next_one = call(row, NOON + HOUR, tokens=(10**6, 0, 10**6))
    assert (long.cost, next_one.cost) == (1, 5)
    assert long.price_used["from"] == NOON.isoformat()


PRICE = {"input": "2", "cached_input": "1", "output": "10"}


@pytest.mark.parametrize(
    ("values", "cost", "notes"),
    [
        ({"raw_usage": {"prompt_tokens_details": {"cached_tokens": 400}}}, "0.0036", []),
        ({"raw_usage": {"input_tokens_details": {"cached_tokens": 400}}}, "0.0036", []),
        ({"raw_usage": {"prompt_cache_hit_tokens": 400}}, "0.0036", []),
        (
            {"raw_usage": {"prompt_tokens_details": {"cached_tokens": 5000}}},
            "0.003",
            ["cached input of 5000 cut to the prompt's"],
        ),
        ({"raw_usage": {"prompt_tokens_details": {"cached_tokens": -5}}}, "0.004", []),
        ({"raw_usage": {"completion_tokens_details": {"reasoning_tokens": 150}}}, "0.004", []),
        ({"total_tokens": 1500}, "0.007", []),
        ({"prompt_tokens": None}, "0.004", []),
        ({"completion_tokens": None}, "0.004", []),
        ({"completion_tokens": None, "total_tokens": None}, "0.002", []),
        ({"prompt_tokens": -7, "completion_tokens": -7, "total_tokens": -7}, None, ["tokens not reported"]),
        (dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0), None, ["tokens not reported"]),
        ({"raw_usage": ["odd"]}, "0.004", []),
        (
            dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"))
            | {"estimated_usage": {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600}},
            "0.002",
            ["tokens estimated"],
        ),
    ],
)  # fmt: skip
def test_m7_odd_counts_never_cost_less_than_nothing_and_what_was_capped_is_said(row, values, cost, notes):
    price(**PRICE)
    attempt = call(row, **values)
    attempt.refresh_from_db()
    assert attempt.cost == (None if cost is None else Decimal(cost))
    assert attempt.price_used.get("notes", []) == notes
    assert stored() == days_of(Attempt.objects.all())


def test_m7_what_costs_more_than_anything_is_cut_off_and_said(row):
    price(input="999999999")
    attempt = call(row, tokens=(2**31 - 1, 2**31 - 1, 2**31 - 1))
    assert (attempt.cost, attempt.price_used["notes"]) == (MOST_COST, ["cost beyond belief: cut off"])
    assert UsageDay.objects.get().cost == MOST_COST


@settings(deadline=None)
@given(data=st.data())
def test_m7_no_counts_whatever_cost_less_than_nothing(data):
    counts = st.none() | st.integers(-5, 2**31)
    usage = st.none() | st.integers() | st.fixed_dictionaries({"cached_tokens": st.integers()})
    details = st.dictionaries(st.sampled_from(["prompt_tokens_details", "prompt_cache_hit_tokens"]), usage)
    values = {
        name: data.draw(counts) for name in ("prompt_tokens", "completion_tokens", "total_tokens", "pictures")
    }
    values |= {"raw_usage": data.draw(details), "estimated_usage": None}
    units = units_of(values)
    row = Price(input=Decimal(3), cached_input=Decimal(1), output=Decimal(9), picture=Decimal(2))
    cost, _ = cost_of_units(row, units)
    assert cost is None or 0 <= cost <= MOST_COST
    assert 0 <= units.cached <= max(units.input or 0, 0)


def test_m8_a_thousand_million_tokens_by_a_price_of_twelve_decimals_are_exact_to_the_tenth(row):
    price(input="12.345678901234", output="0.000000000001", picture="0.1", request="0.000000000049")
    attempt = call(row, tokens=(10**9, 10**9, 2 * 10**9))
    attempt.refresh_from_db()
    assert attempt.cost == Decimal("12345.6789012350")
    assert totals(NOON.date(), NOON.date()).total.cost == Decimal("12345.6789012350")


@settings(deadline=None)
@given(data=st.data())
def test_m8_any_cost_is_what_fractions_say(data):
    amounts = st.decimals(0, 10**3, places=12)
    tokens = st.integers(0, 10**9)
    cached = data.draw(tokens)
    units = Units(cached + data.draw(tokens), cached, data.draw(tokens), data.draw(st.integers(0, 20)))
    row = Price(
        **{name: data.draw(amounts) for name in ("input", "cached_input", "output", "picture", "request")}
    )
    assert cost_of_units(row, units)[0] == rounded(fraction(units, row.kept | {"from": ""}))


def test_free_is_a_price_and_the_sandbox_never_costs_anything(row):
    price("*", input="1", request="7")
    price("gpt*", state="free")
    free, tried = call(row), call(row, endpoint="sandbox")
    assert (free.cost, free.cost_state, free.price_used["state"]) == (0, "free", "free")
    assert (tried.cost, tried.cost_state, tried.price_used) == (None, "free", None)
    sums = totals(NOON.date(), NOON.date())
    assert (sums.total.free, sums.total.values["cost"], sums.sandbox.values["cost"]) == (1, "0", "0")


def test_what_has_no_price_costs_null_and_what_is_not_billed_nothing(row):
    price("other", input="1")
    missing, refused = call(row), call(row, billed="no", state=Attempt.State.REFUSED)
    assert (missing.cost, missing.cost_state) == (None, "unpriced")
    assert (refused.cost, refused.cost_state) == (None, "free")
    assert stored() == days_of(Attempt.objects.all())


def test_what_may_be_billed_stands_apart_with_what_it_costs_at_most(row):
    price(input="1")
    known = call(row, billed="unknown", state=Attempt.State.UNKNOWN)
    nothing = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"))
    silent = call(row, billed="unknown", state=Attempt.State.UNKNOWN, **nothing)
    assert (known.cost, known.cost_state, known.price_used["at_most"]) == (None, "unknown", "0.001")
    assert "at_most" not in silent.price_used
    sums = totals(NOON.date(), NOON.date()).total
    assert (sums.unknown, sums.values["cost"]) == (2, None)


def test_pictures_count_as_they_were_sent(row):
    price(picture="0.25")
    attempt = make_attempt(row, sent=NOON, endpoint="main", pictures=3)
    columns = cost_columns(attempt, {"billed": "yes"}, prices.now())
    assert (columns["cost"], columns["price_used"]["pictures"]) == (Decimal("0.75"), 3)


def test_m11_what_an_endpoint_was_called_stays_with_its_calls_and_prices(row):
    endpoint = Endpoint.objects.create(name="old", base_url="http://old/v1")
    price("*", "old", input="1")
    kept = call(row, endpoint="old")
    Endpoint.objects.filter(pk=endpoint.pk).update(name="new")
    moved = call(row, endpoint="new")
    Endpoint.objects.filter(pk=endpoint.pk).delete()
    assert (kept.cost, moved.cost) == (Decimal("0.001"), None)
    price("*", "old", input="2")
    reprice(NOON - HOUR, apply=True)
    kept.refresh_from_db()
    assert (kept.endpoint, kept.price_used["endpoint"], kept.cost) == ("old", "old", Decimal("0.002"))


def test_m10_the_sums_of_the_past_stay_when_descriptions_and_people_go(row, alice):
    price(input="1")
    call(row)
    before = totals(NOON.date(), NOON.date()).total
    row.delete()
    alice.delete()
    assert totals(NOON.date(), NOON.date()).total == before
    assert (before.values["cost"], reprice(NOON - HOUR)) == ("0.001", [])
    price(input="2")
    reprice(NOON - HOUR, apply=True)
    assert totals(NOON.date(), NOON.date()).total.values["cost"] == "0.002"


# Re-pricing.


def some_calls(people, count, seed=3):
    """Calls of some days by some people and models, priced as they came, in bulk."""
    random, made = Random(seed), []
    rows = [make_description(owner, model=f"m{number}") for owner in people for number in range(3)]
    table = prices.now()
    for number in range(count):
        row, cached = random.choice(rows), random.randrange(500)
        attempt = Attempt(
            description=row.pk + number // 30_000 * 10**6,  # a number of an attempt is a small one
            owner=row.owner_id,
            endpoint=random.choice(["main", "main", "other", "sandbox"]),
            model_asked=row.model,
            number=number % 30_000,
            sent=NOON + timedelta(minutes=random.randrange(4 * 24 * 60)),
            answered=NOON + timedelta(days=9),
            state=random.choice(["answered"] * 5 + ["refused", "unknown"]),
            prompt_tokens=cached + random.randrange(10**6),
            completion_tokens=random.randrange(10**5),
            total_tokens=random.choice([None, 1, 2 * 10**6]),
            raw_usage={"prompt_tokens_details": {"cached_tokens": cached}},
            pictures=random.randrange(3),
        )
        attempt.billed = {"answered": "yes", "refused": "no", "unknown": "unknown"}[attempt.state]
        for name, value in cost_columns(attempt, {}, table).items():
            setattr(attempt, name, value)
        made.append(attempt)
    Attempt.objects.bulk_create(made, 1000)
    days = days_of(made)
    UsageDay.objects.bulk_create([UsageDay(**dict(group), **counts) for group, counts in days.items()], 1000)
    return made


def plain_sum(calls):
    """What calls cost, reckoned apart from the code that prices them: by fractions, from the rows of prices."""
    rows, total = list(Price.objects.all()), Decimal(0)
    for one in calls:
        if one.endpoint == "sandbox" or one.billed != "yes":
            continue
        begun = [row for row in rows if row.begins <= one.sent and row.model in (one.model_asked, "*")]
        begun = [row for row in begun if row.endpoint in ("", one.endpoint)]
        best = max(begun, key=lambda row: (row.endpoint, row.model != "*", row.begins), default=None)
        if best is None:
            continue
        cached = one.raw_usage["prompt_tokens_details"]["cached_tokens"]
        answer = max(one.completion_tokens, (one.total_tokens or 0) - one.prompt_tokens)
        total += rounded(fraction(Units(one.prompt_tokens, cached, answer, one.pictures), best.kept))
    return total


def cents(random):
    amounts = ("input", "cached_input", "output", "picture", "request")
    return {name: f"{Decimal(random.randrange(1, 10**13)).scaleb(-12):f}" for name in amounts}


def test_a_ledger_with_three_changes_of_prices_is_the_plain_sum_and_repricing_changes_what_its_preview_said(
    alice, bob, sandbox
):
    random = Random(5)
    for day in range(3):
        price(begins=NOON + timedelta(days=day, hours=day), **cents(random))
    price("m1", begins=NOON + timedelta(days=1), **cents(random))
    price("*", "other", begins=NOON + timedelta(days=2, minutes=7), **cents(random))
    calls = some_calls([alice, bob], 100_000 if LARGE else 5_000)
    span = (NOON.date(), NOON.date() + timedelta(days=5))
    assert totals(*span).total.cost == sum(one.cost or 0 for one in calls) == plain_sum(calls)
    assert reprice(NOON - HOUR) == []

    price("m2", begins=NOON + timedelta(days=1, hours=5), **cents(random))
    price("m0", "main", begins=NOON + timedelta(hours=5), state="free")
    before, rows_before = totals(*span).total.cost, columns()
    preview = reprice(NOON - HOUR)
    assert columns() == rows_before and not Repricing.objects.exists()
    done = reprice(NOON - HOUR, apply=True, made_by=7)
    assert done == preview
    changed = {pk for pk, value in columns().items() if value != rows_before[pk]}
    assert len(changed) == sum(one.calls for one in preview) > 100
    told = {(one.day, one.model) for one in preview}
    assert {(one.sent.date(), one.model_asked) for one in Attempt.objects.filter(pk__in=changed)} == told
    after = totals(*span).total.cost
    assert after - before == sum((one.after or 0) - (one.before or 0) for one in preview)
    assert after == plain_sum(Attempt.objects.all())
    assert stored() == days_of(Attempt.objects.all())
    assert reprice(NOON - HOUR) == []
    lines = Repricing.objects.all()
    assert {line.day for line in lines} == {day for day, _ in told}
    assert {(line.made_by, line.begins) for line in lines} == {(7, NOON - HOUR)}
    assert sum(line.calls for line in lines) == len(changed)
    assert sum(line.after or 0 for line in lines) == sum(one.after or 0 for one in preview)


def columns():
    return {one.pk: (one.cost, one.price_used) for one in Attempt.objects.all()}


def test_m9_repricing_that_is_interrupted_has_done_each_day_whole_or_not_at_all(alice, sandbox):
    price(input="1")
    some_calls([alice], 600)
    price(input="2")
    preview = reprice(NOON - HOUR)
    days = sorted({one.day for one in preview})
    per_day = [sum(one.calls for one in preview if one.day == day) for day in days]
    left = [per_day[0] + per_day[1] // 2]

    def interrupted(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "describer_attempt" in sql:
            if not left[0]:
                raise DatabaseError("the process is killed")
            left[0] -= 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(interrupted), pytest.raises(DatabaseError):
        reprice(NOON - HOUR, apply=True)
    assert [line.day for line in Repricing.objects.all()] == days[:1]
    assert stored() == days_of(Attempt.objects.all())
    rest = reprice(NOON - HOUR)
    assert rest == [one for one in preview if one.day != days[0]]
    assert reprice(NOON - HOUR, apply=True) == rest
    assert stored() == days_of(Attempt.objects.all())


def test_what_may_be_billed_is_not_priced_anew(row):
    call(row, billed="unknown", state=Attempt.State.UNKNOWN)
    price(input="1", begins=NOON - HOUR)
    assert reprice(NOON - HOUR, apply=True) == []


def test_an_unpriced_call_is_priced_by_a_price_that_begins_in_the_past(row):
    call(row)
    price(input="1", begins=NOON - HOUR)
    (line,) = reprice(NOON - HOUR, apply=True)
    assert (line.calls, line.before, line.after) == (1, None, Decimal("0.001"))
    day = UsageDay.objects.get()
    assert (day.priced, day.unpriced, day.cost) == (1, 0, Decimal("0.001"))


# Files of prices.


def test_what_counts_already_is_no_change(db):
    price("m", input="1")
    same = new_price(model="m", input=Decimal("1.00"), begins=NOON + HOUR)
    other = new_price(model="m", input=Decimal(2), begins=NOON + 2 * HOUR)
    back = new_price(model="m", input=Decimal(1), begins=NOON + 3 * HOUR)
    changes = changes_of([back, other, same])
    assert [(new.input, old.input) for new, old in changes] == [(2, 1), (1, 2)]
    with transaction.atomic():
        write_prices(changes)
    assert changes_of([new_price(model="m", input=Decimal(2), begins=NOON + 2 * HOUR)]) == []


def test_a_table_of_none_finds_none():
    assert PriceTable(()).find("x", "m", NOON) is None
