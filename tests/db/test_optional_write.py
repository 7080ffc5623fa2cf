"""Writes that may be left out."""

import threading
import time

import pytest
from django.db import DatabaseError, connection, transaction

from describer.db.optional_write import write_if_free
from describer.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def named(name):
    return User.objects.filter(username=name).exists()


def test_it_is_written_when_nobody_else_writes():
    write_if_free(lambda: User.objects.create_user("free"))
    assert named("free")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no one writer")
def test_it_is_left_out_at_once_while_another_writes():
    began, done = threading.Event(), threading.Event()

    def writes():
        with transaction.atomic():
            began.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=writes)
    other.start()
    began.wait(20)
    before = time.monotonic()
    write_if_free(lambda: User.objects.create_user("busy"))
    assert time.monotonic() - before < 2
    done.set()
    other.join()
    assert not named("busy")
    write_if_free(lambda: User.objects.create_user("later"))
    assert named("later"), "the connection waits for others again"


def test_what_the_database_refuses_fails_nothing():
    def refused():
        raise DatabaseError("read-only")

    write_if_free(refused)
