"""Fairness by turns given at birth."""

import pytest

from describer.engine.queue import ahead, next_turn, process
from describer.models import Lane
from tests.rows import make_description

INTERACTIVE = Lane.INTERACTIVE
pytestmark = pytest.mark.usefixtures("sandbox")


def queue_for(owner, count, lane=INTERACTIVE):
    return [make_description(owner, lane=lane, turn=next_turn(owner, lane)) for _ in range(count)]


def claimed(count):
    runs = [process.claim() for _ in range(count)]
    for run in runs:
        process.leases.drop(run.token)
    return [run.description.pk for run in runs]


def test_one_persons_rows_take_one_turn_after_the_other(alice):
    assert [row.turn for row in queue_for(alice, 3)] == [0, 1, 2]


def test_another_persons_first_ask_comes_in_the_next_round(alice, bob):
    first, second, third = queue_for(alice, 3)
    late = queue_for(bob, 1)[0]
    assert claimed(4) == [first.pk, late.pk, second.pk, third.pk]


def test_a_first_ask_joins_the_lowest_turn_that_is_queued(alice, bob):
    queue_for(alice, 4)
    claimed(2)
    assert next_turn(bob, INTERACTIVE) == 2


def test_an_interactive_ask_goes_before_every_batch(alice, bob):
    batch = queue_for(alice, 2, Lane.BATCH)
    single = queue_for(bob, 1)[0]
    assert claimed(3) == [single.pk, batch[0].pk, batch[1].pk]


def test_the_position_counts_what_will_be_taken_before(alice, bob):
    rows = queue_for(alice, 3)
    late = queue_for(bob, 1)[0]
    assert [ahead(row) for row in rows] == [0, 2, 3]
    assert ahead(late) == 1
