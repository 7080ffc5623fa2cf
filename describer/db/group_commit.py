"""Several threads' writes in one transaction.

Each commit waits for the disk, on SQLite threads that write at once wait for each other as well, and on PostgreSQL each
transaction takes two trips more: with 64 asks in flight that is much of their time. Here the first that comes leads: it
writes for all who came meanwhile and commits once.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection, transaction

from describer.db.connections import released

Result = TypeVar("Result")


class Write(Generic[Result]):
    """A write and, once it is committed, what it answered or raised."""

    def __init__(self, work: Callable[[], Result], order: tuple[Any, ...]) -> None:
        self.work, self.order = work, order
        self.turn = threading.Lock()
        self.turn.acquire()
        self.done = False
        self.error: BaseException | None = None
        self.result: Any = None

    def finish(self) -> None:
        self.done = True
        self.turn.release()


class GroupCommit:
    """`group_commit(work)` runs `work` in a transaction, which it may share with others, and answers after the commit.

    Work may run again from its beginning when another's failed beside it: then each gets a transaction of its own.
    Works that change rows that others change, too, name them in `order`: in this order they are written, so that two
    processes never wait for each other's rows.
    """

    def __init__(self) -> None:
        self.line_lock = threading.Lock()
        self.line: list[Write[Any]] = []
        self.led = False

    def __call__(self, work: Callable[[], Result], order: tuple[Any, ...] = ()) -> Result:
        if connection.in_atomic_block:
            with transaction.atomic():
                return work()
        write = Write(work, order)
        if self._joins(write):
            with released():
                write.turn.acquire()  # until it is done, or ours to lead
        if not write.done:
            self._lead()
        if write.error is not None:
            raise write.error
        answer: Result = write.result
        return answer

    def _joins(self, write: Write[Any]) -> bool:
        """Stand in line; False when there is nobody who leads it."""
        with self.line_lock:
            self.line.append(write)
            led, self.led = self.led, True
        return led

    def _lead(self) -> None:
        with self.line_lock:
            writes, self.line = self.line, []
        try:
            _commit_together(sorted(writes, key=lambda write: write.order))
        finally:
            with self.line_lock:
                following = self.line[0] if self.line else None
                self.led = following is not None
            for write in writes:
                write.finish()
            if following is not None:
                following.turn.release()


def _commit_together(writes: list[Write[Any]]) -> None:
    """Write all writes in one transaction; when a write fails, each in a transaction of its own."""
    try:
        with transaction.atomic():
            for write in writes:
                write.result = write.work()
    except BaseException as error:
        if len(writes) == 1:
            writes[0].error = error
            return
        for write in writes:
            _commit_together([write])


group_commit = GroupCommit()
