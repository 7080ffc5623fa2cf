"""A question that may hang costs one thread, however often it is asked, and whoever asks is answered in time."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

from django.db import DatabaseError, InterfaceError

from describer.db.connections import closed

_QUICK = 1.0  # seconds

Answer = TypeVar("Answer")


class Flight(Future[Answer]):
    """An answer that is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.began = time.monotonic()

        self.ended: float | None = None

    def land(self, answer: Answer) -> None:
        """Give the answer to all who await it."""
        self.ended = time.monotonic()
        self.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Tell all who await the answer why none came."""
        self.ended = time.monotonic()
        self.set_exception(error)

    @property
    def is_good(self) -> bool:
        """Tell whether the answer is on its way, or took long and came no longer ago than it took.

        Asking again would take as long.
        """
        if self.ended is None:
            return True
        took = self.ended - self.began
        return took > _QUICK and time.monotonic() < self.ended + took

    def within(self, seconds: float) -> Answer:
        """Return the answer. Raises what asking raised.

        Raises TimeoutError when the answer was asked for so many seconds ago and is not there.
        """
        return self.result(max(0.0, self.began + seconds - time.monotonic()))


class SingleFlight(Generic[Answer]):
    """`ask`, run in a thread of its own and never twice at once: whoever comes meanwhile awaits the same answer.

    A database that hangs is noticed after some seconds: without a rest, those in line would wait for them one by one.
    """

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self.ask = ask
        self.lock = threading.Lock()
        self.awaited: Flight[Answer] | None = None

    def begin(self) -> Flight[Answer]:
        """Ask, unless an answer is on its way already, or came only just and took long."""
        with self.lock:
            if self.awaited is None or not self.awaited.is_good:
                self.awaited = Flight()
                threading.Thread(target=self._run, args=(self.awaited,), name="asked", daemon=True).start()
            return self.awaited

    def _run(self, awaited: Flight[Answer]) -> None:
        with suppress(DatabaseError, InterfaceError), closed():
            try:
                answer = self.ask()
            except BaseException as error:
                awaited.fail(error)
            else:
                awaited.land(answer)
