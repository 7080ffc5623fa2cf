"""Leases: what this process is running, and for how long it may; and leases of others that look expired."""

import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from describer.models import Description

Lease = tuple[str, datetime | None]
"""A token and the end of its lease."""


class Leases:
    """The runs of this process. A heartbeat extends all their leases in one update."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.unwritten = 0

    def take(self, token: str, description: int) -> None:
        """Hold a lease: its heartbeat begins."""
        with self.lock:
            self.held[token] = description

    def drop(self, token: str) -> None:
        """Hold it no more."""
        with self.lock:
            self.held.pop(token, None)

    @contextmanager
    def unable_to_write(self) -> Iterator[None]:
        """Take no more asks while a reply cannot be written: each would pay for a reply that cannot be kept."""
        with self.lock:
            self.unwritten += 1
        try:
            yield
        finally:
            with self.lock:
                self.unwritten -= 1

    @property
    def takes_more(self) -> bool:
        """Tell whether this process may begin another run."""
        return not (self.stopping.is_set() or self.unwritten)

    @property
    def count(self) -> int:
        """Return how many runs are under way."""
        return len(self.held)

    def idle_slots(self) -> int:
        """Return how many more runs this process can take."""
        if not self.takes_more:
            return 0
        return max(0, settings.WORKER_CONCURRENCY - self.count)

    def extend(self) -> int:
        """Extend all leases, by token alone: a cancelled row keeps its lease while its call is under way."""
        with self.lock:
            held = dict(self.held)
        if not held:
            return 0
        rows = Description.objects.filter(pk__in=held.values(), lease_token__in=held)
        return rows.update(lease_until=until())


class Suspects:
    """Leases seen expired, and since when by this process's monotonic clock.

    A lease is taken back only when it stays expired, and is not extended, for longer than a heartbeat: a clock that
    jumps ahead by an hour makes every lease look expired until its holder's next heartbeat.
    """

    def __init__(self) -> None:
        self.since: dict[Lease, float] = {}

    def ripe(self, expired: Iterable[Lease]) -> set[str]:
        """Return the tokens of the expired leases that have stayed as they are for so long."""
        now = time.monotonic()
        self.since = {lease: self.since.get(lease, now) for lease in expired}
        patience = settings.HEARTBEAT_SECONDS * 1.5
        return {token for (token, _), since in self.since.items() if now - since > patience}


def new_token() -> str:
    """Make a lease's token, which nobody else holds."""
    return secrets.token_hex(16)


def until() -> Any:
    """Return the end of a lease that begins now, by the database's clock: machines' clocks are never compared."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
