"""A gate that holds the memory of all decodes in a process under a budget."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """Lets work through, in the order of asking, while the sum of what it weighs stays within a budget.

    Work that is heavier than the budget gets through when nothing else runs; who calls refuses it before.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: deque[object] = deque()
        self.weight = 0

    @property
    def waiting(self) -> int:
        """Return how much work waits, one piece for each."""
        return len(self._waiting)

    @contextmanager
    def hold(self, weight: int, budget: int) -> Iterator[None]:
        """Wait until `weight` fits into `budget` (both in bytes), and keep it until the block ends."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(lambda: self._waiting[0] is ticket and self._fits(weight, budget))
                self.weight += weight
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self.weight -= weight
                self._changed.notify_all()

    def _fits(self, weight: int, budget: int) -> bool:
        return self.weight == 0 or self.weight + weight <= budget


GATE = Gate()
