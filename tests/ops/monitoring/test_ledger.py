"""The sums of the ledger: of all attempts, whoever made them, and never falling."""

from datetime import timedelta

import pytest

from describer.engine.queue.sweep import give_up
from describer.models import Attempt
from describer.ops.monitoring import ledger
from describer.ops.monitoring.ledger import RunningLedger
from tests.rows import make_attempt, make_description

pytestmark = pytest.mark.django_db
TOKENS = {"prompt_tokens": 100, "completion_tokens": 20}


@pytest.fixture
def row(alice, sandbox):
    return make_description(alice)


def ended(row, state="answered", after=1.0, **values):
    """An attempt that came back after so many seconds."""
    made = make_attempt(row, state=state, **values)
    Attempt.objects.filter(pk=made.pk).update(answered=made.sent + timedelta(seconds=after))
    return made


def counts(found):
    totals = {}
    for kind, sums in found.items():
        outcome = (kind.state, kind.error)
        totals[outcome] = totals.get(outcome, 0) + sums.attempts
    return totals


def test_all_that_came_to_an_end_is_summed_up(row):
    ended(row, **TOKENS)
    ended(row, after=7, **TOKENS)
    ended(row, "refused", error_code="rate_limited")
    make_attempt(row)
    found = RunningLedger().read()
    assert counts(found) == {("answered", ""): 2, ("refused", "rate_limited"): 1}
    sums = [sums for kind, sums in found.items() if kind.state == "answered"]
    assert sorted((one.attempts, round(one.seconds, 3), one.prompt, one.completion) for one in sums) == [
        (1, 1, 100, 20),
        (1, 7, 100, 20),
    ]


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2, 1, 42, 600, 601])
def test_a_call_lies_in_the_first_bucket_that_holds_it(row, seconds):
    ended(row, after=seconds)
    (kind,) = RunningLedger().read()
    assert all(seconds <= bound + 0.002 for bound in ledger.BOUNDS[kind.bucket :])
    assert all(seconds > bound - 0.002 for bound in ledger.BOUNDS[: kind.bucket])


@pytest.mark.parametrize("unsettled", [0, 3, 1000])
def test_each_look_adds_what_ended_since_and_a_new_process_finds_the_same(row, monkeypatch, unsettled):
    monkeypatch.setattr(ledger, "UNSETTLED", unsettled)
    monkeypatch.setattr(ledger, "AT_ONCE", 2)
    seen = RunningLedger()
    under_way = [make_attempt(row) for _ in range(3)]
    for number in range(1, 8):
        ended(row, **TOKENS)
        assert counts(seen.read()) == {("answered", ""): number}
    for late in under_way:
        late.complete(Attempt.State.ANSWERED, **TOKENS)
        assert {kind: sums.attempts for kind, sums in seen.read().items()} == {
            kind: sums.attempts for kind, sums in RunningLedger().read().items()
        }
    assert counts(seen.read()) == {("answered", ""): 10}
    assert seen.open == set()


@pytest.mark.parametrize("unsettled", [0, 1000])
def test_no_sum_falls_when_a_call_that_was_given_up_is_answered_after_all(row, monkeypatch, unsettled):
    monkeypatch.setattr(ledger, "UNSETTLED", unsettled)
    seen = RunningLedger()
    late = make_attempt(row)
    seen.read()
    give_up(Attempt.objects.filter(pk=late.pk))
    assert counts(seen.read()) == {("unknown", "connection_lost"): 1}
    late.complete(Attempt.State.ANSWERED, error_code="", **TOKENS)
    both = {("unknown", "connection_lost"): 1, ("answered", ""): 1}
    assert [counts(seen.read()), counts(seen.read())] == [both, both]


def test_a_look_at_many_reads_the_newest_only(row, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(ledger, "UNSETTLED", 2)
    for _ in range(9):
        ended(row)
    seen = RunningLedger()
    seen.read()
    assert seen.settled == Attempt.objects.latest("pk").pk - 2
    with django_assert_num_queries(2):  # the last id, the newest; none is open
        seen.read()
