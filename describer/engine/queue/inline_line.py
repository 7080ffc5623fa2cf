"""Whose call is next at an endpoint's gate, of those that wait in this process: people take turns, and none has it all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from describer.lib.fair_threads import share_of
from describer.models import Description, Endpoint, Status


class InlineLine:
    """The people whose calls wait, for each endpoint in the order of their turns, with how many of each there are."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: dict[int, dict[int, int]] = {}

    @contextmanager
    def joined(self, endpoint: int, person: int) -> Iterator[None]:
        """Let a call of this person's stand in line."""
        with self.lock:
            line = self.waiting.setdefault(endpoint, {})
            line[person] = line.get(person, 0) + 1
        try:
            yield
        finally:
            with self.lock:
                line[person] -= 1
                if not line[person]:
                    del line[person]

    def is_first(self, endpoint: int, person: int) -> bool:
        """Tell whether it is this person's turn, or nobody's."""
        with self.lock:
            return next(iter(self.waiting.get(endpoint) or {}), person) == person

    def step_back(self, endpoint: int, person: int) -> None:
        """Let everybody else have their turn first."""
        with self.lock:
            line = self.waiting.get(endpoint, {})
            if calls := line.pop(person, 0):
                line[person] = calls


def has_share(endpoint: Endpoint, person: int) -> bool:
    """Tell whether a person has less than a person's share of the calls that an admin lets be under way at once."""
    most = endpoint.limit("max_in_flight")
    if not most:
        return True
    leased = Description.objects.filter(endpoint=endpoint, owner=person).exclude(lease_token="")
    running = leased.exclude(status=Status.WAITING).count()
    return running < share_of(most, settings.PERSON_SHARE_PERCENT)
