"""Threads that people share: shares, turns, and what becomes of work that fails or is given up."""

import threading
from concurrent.futures import CancelledError

import pytest

from describer.lib.fair_threads import FairThreads, share_of
from tests.site import until

ONE, TWO, THREE = 1, 2, 3


class Desk:
    """Work that notes whose it is when it begins, and ends when it is told."""

    def __init__(self, places=4, each=3):
        self.threads = FairThreads(places, each, "tests")
        self.begun = []
        self.gates = []

    def give(self, person, count=1):
        for _ in range(count):
            gate = threading.Event()
            self.gates.append(gate)
            self.threads.submit(person, lambda gate=gate: (self.begun.append(person), gate.wait(10)))

    def begin(self, count):
        until(lambda: len(self.begun) == count, f"{count} are begun")

    def end_one(self, number):
        """End the work that was given as this number, and wait for the next."""
        count = len(self.begun)
        self.gates[number].set()
        self.begin(count + 1)


@pytest.fixture
def desk():
    made = Desk()
    yield made
    for gate in made.gates:
        gate.set()


def test_fe06_one_person_leaves_places_for_others(desk):
    desk.give(ONE, 16)
    desk.begin(3)
    desk.give(TWO)
    desk.begin(4)
    assert desk.begun == [ONE, ONE, ONE, TWO]


def test_fe06_a_place_that_gets_free_goes_to_who_has_the_fewest_then_in_turn(desk):
    desk.give(ONE, 8)  # 0 to 2 begin
    desk.begin(3)
    desk.give(TWO, 3)  # 8 begins
    desk.give(THREE, 3)
    desk.begin(4)
    desk.end_one(0)
    desk.end_one(1)
    desk.end_one(2)
    assert desk.begun[4:] == [THREE, ONE, TWO]
    desk.end_one(8)
    assert desk.begun[7] == THREE


def test_fe06_each_persons_own_comes_in_its_order():
    desk, seen = Desk(places=1, each=1), []
    ended = [desk.threads.submit(ONE, lambda number=number: seen.append(number)) for number in range(20)]
    ended[-1].result(10)
    assert seen == list(range(20))


def test_work_that_raises_or_was_given_up_frees_its_place():
    desk = Desk(places=1, each=1)
    desk.give(ONE)
    desk.begin(1)
    broken, given_up = desk.threads.submit(ONE, lambda: 1 / 0), desk.threads.submit(ONE, desk.begun.clear)
    assert given_up.cancel()
    desk.gates[0].set()
    with pytest.raises(ZeroDivisionError):
        broken.result(10)
    with pytest.raises(CancelledError):
        given_up.result(10)
    assert desk.threads.submit(TWO, lambda: "done").result(10) == "done"
    until(lambda: not desk.threads.running, "all places are free")
    assert desk.begun == [ONE]


@pytest.mark.parametrize(
    ("places", "percent", "share"),
    [
        (1, 80, 1),
        (2, 80, 2),
        (3, 80, 3),
        (4, 80, 3),
        (5, 80, 4),
        (256, 80, 204),
        (4, 100, 4),
        (4, 1, 1),
        (4, 900, 4),
    ],
)
def test_a_share_is_rounded_down_and_never_nothing(places, percent, share):
    assert share_of(places, percent) == share
