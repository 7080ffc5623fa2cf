"""Words in a question that ask the sandbox for more than an answer."""

import pytest

from describer.sandbox.orders import Orders, orders_in, without_orders


@pytest.mark.parametrize(
    ("question", "orders"),
    [
        ("What is it?", Orders()),
        ("[delay 2s]", Orders(delay=2)),
        ("[delay 1.5]", Orders(delay=1.5)),
        ("[ Delay 250 ms ]", Orders(delay=0.25)),
        ("[delay 99999s]", Orders(delay=30)),
        ("[fail 429] [delay 1s]", Orders(delay=1, fail=429)),
        ("[fail 200]", Orders()),
        ("[fail 999]", Orders()),
        ("[empty]", Orders(empty=True)),
        ("[cut]", Orders(cut=True)),
        ("the emptied [cut-out] fail 500", Orders()),
    ],
)
def test_orders_are_read_from_square_brackets(question, orders):
    assert orders_in(question) == orders


def test_the_rest_of_the_question_stays():
    assert without_orders("What [delay 2s] is\nthis? [fail 429]") == "What is this?"
