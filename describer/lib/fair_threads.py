"""Threads that people share: nobody has all of them while others wait, and a place that gets free goes round."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

_FEW = 4


def share_of(places: int, percent: int) -> int:
    """Return how many of so many places one person may have: rounded down, at least one; of fewer than four all.

    Of two or three places the one that is kept free would cost a person who is alone a half or a third.
    """
    if places < _FEW:
        return places
    return min(places, max(1, places * percent // 100))


class FairThreads:
    """So many places, of which one person has `each` at most. A free one goes to who has the fewest, then in turn.

    Each person's own work is begun in the order in which it came.
    """

    def __init__(self, places: int, each: int, name: str) -> None:
        self.places, self.each = places, each
        self.threads = ThreadPoolExecutor(places, name)
        self.lock = threading.Lock()
        self.waiting: dict[int, deque[tuple[Future[Any], Callable[[], Any]]]] = {}
        self.running: Counter[int] = Counter()

    def submit(self, person: int, work: Callable[[], Any]) -> "Future[Any]":
        """Begin this person's work now or in its turn."""
        future: Future[Any] = Future()
        with self.lock:
            self.waiting.setdefault(person, deque()).append((future, work))
            self._fill()
        return future

    def _fill(self) -> None:
        while self.running.total() < self.places and (person := self._next()) is not None:
            line = self.waiting.pop(person)
            future, work = line.popleft()
            if line:
                self.waiting[person] = line  # behind the others who wait
            self.running[person] += 1
            self.threads.submit(self._run, person, future, work)

    def _next(self) -> int | None:
        """Return who is next: of those with the fewest places, who has waited longest for a turn."""
        below = [person for person in self.waiting if self.running[person] < self.each]
        return min(below, key=lambda person: self.running[person], default=None)

    def _run(self, person: int, future: "Future[Any]", work: Callable[[], Any]) -> None:
        try:
            if future.set_running_or_notify_cancel():
                _settle(future, work)
        finally:
            with self.lock:
                self.running[person] -= 1
                if not self.running[person]:
                    del self.running[person]
                self._fill()


def _settle(future: "Future[Any]", work: Callable[[], Any]) -> None:
    try:
        future.set_result(work())
    except BaseException as raised:
        future.set_exception(raised)
