"""Several threads' writes in one transaction, where the database has one writer.

On SQLite each commit waits for the disk (FULL), and threads that write at once wait for each other: with 64 asks in
flight that is most of their time. Here the first that comes leads: it writes for all who came meanwhile and commits
once. PostgreSQL does this by itself, so there each writes alone.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection, transaction

Result = TypeVar("Result")


class Job(Generic[Result]):
    """A write and, once it is committed, what it answered or raised."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self.work = work
        self.turn = threading.Lock()
        self.turn.acquire()
        self.done = False
        self.error: BaseException | None = None
        self.result: Any = None

    def finish(self) -> None:
        self.done = True
        self.turn.release()


class Together:
    """`together(work)` runs `work` in a transaction, which it may share with others, and answers after the commit.

    Work may run again from its beginning when another's failed beside it: then each gets a transaction of its own.
    """

    def __init__(self) -> None:
        self.door = threading.Lock()
        self.line: list[Job[Any]] = []
        self.led = False

    def __call__(self, work: Callable[[], Result]) -> Result:
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            with transaction.atomic():
                return work()
        job = Job(work)
        if self._joins(job):
            job.turn.acquire()  # until it is done, or ours to lead
        if not job.done:
            self._lead()
        if job.error is not None:
            raise job.error
        answer: Result = job.result
        return answer

    def _joins(self, job: Job[Any]) -> bool:
        """Stand in line; False when there is nobody who leads it."""
        with self.door:
            self.line.append(job)
            led, self.led = self.led, True
        return led

    def _lead(self) -> None:
        with self.door:
            jobs, self.line = self.line, []
        try:
            _write(jobs)
        finally:
            with self.door:
                following = self.line[0] if self.line else None
                self.led = following is not None
            for job in jobs:
                job.finish()
            if following is not None:
                following.turn.release()


def _write(jobs: list[Job[Any]]) -> None:
    """All in one transaction; when one of them fails, each in its own."""
    try:
        with transaction.atomic():
            for job in jobs:
                job.result = job.work()
    except BaseException as error:
        if len(jobs) == 1:
            jobs[0].error = error
            return
        for job in jobs:
            _write([job])


together = Together()
