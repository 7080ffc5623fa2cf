"""Writes of several threads in one transaction."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections

from describer.db.group_commit import GroupCommit
from describer.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def made(name):
    return User.objects.create(username=name)


@pytest.fixture
def together():
    return GroupCommit()


@pytest.fixture
def at_once():
    """Runs calls in threads of their own and answers what each answered or raised."""

    def run(*calls):
        def outcome(call):
            try:
                return call()
            except Exception as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(outcome, calls))

    return run


def test_each_gets_its_own_answer(together, at_once):
    calls = [lambda n=n: together(lambda: made(f"user{n}").username) for n in range(20)]
    assert at_once(*calls) == [f"user{n}" for n in range(20)]
    assert User.objects.count() == 20


def test_one_that_fails_takes_no_other_with_it(together, at_once):
    names = ["a", "b", "a", "c"]
    outcomes = at_once(*(lambda name=name: together(lambda: made(name)) for name in names))
    assert {user.username for user in User.objects.all()} == {"a", "b", "c"}
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1


def test_those_who_come_while_one_writes_share_the_next_commit(together, at_once):
    began, may_end, commits = threading.Event(), threading.Event(), []

    def slowly():
        began.set()
        may_end.wait(10)
        return made("first")

    def beside(name):
        began.wait(10)
        return together(lambda: commits.append(threading.get_ident()) or made(name))

    def release():
        began.wait(10)
        while len(together.line) < 5:
            threading.Event().wait(0.001)
        may_end.set()

    at_once(lambda: together(slowly), *(lambda n=n: beside(f"user{n}") for n in range(5)), release)
    assert User.objects.count() == 6
    assert len(set(commits)) == 1, "one thread wrote for all five"


def test_within_a_transaction_it_is_part_of_it(together):
    with pytest.raises(ZeroDivisionError):
        together(lambda: (together(lambda: made("inner")), 1 / 0))
    assert not User.objects.exists()


def test_what_is_written_together_is_written_in_order(together, at_once):
    began, may_end, written = threading.Event(), threading.Event(), []

    def beside(number):
        began.wait(10)
        return together(lambda: written.append(number), order=("day", number))

    def release():
        began.wait(10)
        while len(together.line) < 5:
            threading.Event().wait(0.001)
        may_end.set()

    first = lambda: began.set() or may_end.wait(10)  # noqa: E731
    at_once(lambda: together(first), *(lambda n=n: beside(n) for n in (3, 1, 4, 0, 2)), release)
    assert written == [0, 1, 2, 3, 4]
