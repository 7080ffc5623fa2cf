"""A question that hangs costs one thread, and whoever asks is answered in time."""

import threading
import time

import pytest

from describer.ops.monitoring.single_flight import SingleFlight


def test_an_answer_is_given_and_the_next_one_asked_anew():
    answers = iter("ab")
    asked = SingleFlight(lambda: next(answers))
    assert [asked.begin().within(5), asked.begin().within(5)] == ["a", "b"]


def test_what_asking_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        SingleFlight(lambda: 1 / 0).begin().within(5)


def test_while_a_question_hangs_nobody_asks_again_or_waits_for_long():
    asked_by, free = [], threading.Event()

    def hang() -> str:
        asked_by.append(threading.current_thread())
        free.wait(30)
        return "late"

    asked = SingleFlight(hang)
    with pytest.raises(TimeoutError):
        asked.begin().within(0.2)
    began = time.monotonic()
    for _ in range(50):
        with pytest.raises(TimeoutError):
            asked.begin().within(0.2)
    assert (len(asked_by), time.monotonic() - began < 0.2) == (1, True)
    awaited = asked.begin()
    free.set()
    assert awaited.within(30) == "late"


def test_an_answer_that_took_long_is_kept_for_as_long_as_it_took():
    asked = SingleFlight(lambda: object())
    first = asked.begin()
    kept = first.within(5)
    assert asked.begin().within(5) is not kept
    slow = asked.begin()
    answer = slow.within(5)
    slow.began -= 60
    assert asked.begin().within(5) is answer
    slow.ended -= 61
    assert asked.begin().within(5) is not answer
