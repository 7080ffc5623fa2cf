"""The roll-up equals the sum of the attempts, whatever order things come in."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from random import Random

import pytest
from django.apps import apps
from django.utils import timezone

from describer.engine.queue.sweep import give_up
from describer.ledger.rollup import roll_up
from describer.models import Attempt, UsageDay
from tests.days import STATES, days_of, write_days
from tests.rows import make_attempt, make_description

pytestmark = pytest.mark.usefixtures("sandbox")
State = Attempt.State
KEY = ("day", "owner", "key", "endpoint", "model")
COUNTS = ("attempts", "asks", "failed", "prompt_tokens", "completion_tokens", "total_tokens", "cost", *STATES)


def stored():
    return {
        tuple((name, getattr(row, name)) for name in KEY): Counter(
            {name: getattr(row, name) for name in COUNTS}
        )
        for row in UsageDay.objects.all()
    }


def complete(call, state, **values):
    before = call.complete(state, **values)
    if before is not None:
        roll_up(call, before)


def some_history(people, seed):
    """Attempts of every fate over three days, completed in any order, some given up and answered late."""
    random = Random(seed)
    calls = []
    for _ in range(60):
        row = make_description(random.choice(people), model=random.choice(["m1", "m2"]))
        for _ in range(random.randint(1, 3)):
            sent = timezone.now() - timedelta(days=random.randint(0, 2))
            calls.append(make_attempt(row, sent=sent, key=random.choice([0, 5])))
    random.shuffle(calls)
    for call in calls[5:]:
        fate = random.choice([State.ANSWERED, State.REFUSED, State.UNKNOWN, "late", "silent"])
        tokens = random.randint(1, 5000)
        usage = {"prompt_tokens": tokens, "completion_tokens": 7, "total_tokens": tokens + 7}
        if fate in ("late", State.UNKNOWN):
            give_up(Attempt.objects.filter(pk=call.pk))
        if fate in (State.ANSWERED, "late"):
            complete(call, State.ANSWERED, **usage)
        if fate == "silent":
            complete(call, State.ANSWERED, billed="yes")
        if fate == State.REFUSED:
            complete(call, State.REFUSED, error_code="overloaded")


@pytest.mark.parametrize("seed", range(5))
def test_usage_days_equal_the_sum_of_the_attempts(alice, bob, seed):
    some_history([alice, bob], seed)
    days = stored()
    assert days == days_of(Attempt.objects.all())
    assert sum(day["attempts"] for day in days.values()) == Attempt.objects.exclude(state=State.SENT).count()
    write_days()
    assert stored() == days


def test_an_attempt_is_completed_once(alice):
    call = make_attempt(make_description(alice))
    complete(call, State.ANSWERED, total_tokens=10)
    complete(Attempt.objects.get(pk=call.pk), State.ANSWERED, total_tokens=99)
    assert UsageDay.objects.get().total_tokens == 10


def test_p13_a_late_reply_completes_a_call_that_was_given_up(alice):
    call = make_attempt(make_description(alice))
    give_up(Attempt.objects.filter(pk=call.pk))
    assert UsageDay.objects.get().failed == 1
    complete(call, State.ANSWERED, total_tokens=10)
    day = UsageDay.objects.get()
    assert (day.attempts, day.failed, day.total_tokens) == (1, 0, 10)


def test_a_day_is_one_of_the_sites_time_zone(alice, settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"
    timezone.activate("Pacific/Kiritimati")
    try:
        call = make_attempt(make_description(alice), sent=timezone.now().replace(hour=23))
        complete(call, State.ANSWERED)
        assert UsageDay.objects.get().day == timezone.localdate(call.sent)
    finally:
        timezone.deactivate()


def test_a_days_cost_stays_exact_however_many_calls_add_to_it(alice):
    row = make_description(alice)
    costs = [Decimal("4998.5155195923"), *[Decimal("0.1000000001")] * 120]
    for cost in costs:
        complete(make_attempt(row), State.ANSWERED, cost=cost)
    assert UsageDay.objects.get().cost == sum(costs)


def test_days_of_before_are_counted_by_what_is_known_of_their_cost(alice, bob):
    some_history([alice, bob], 9)
    days = stored()
    UsageDay.objects.update(**dict.fromkeys(STATES, 0))
    assert stored() != days
    import_module("describer.migrations.0023_prices").count_states(apps, None)
    assert stored() == days
