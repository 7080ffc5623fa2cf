"""Leases: what this process is running, and for how long it may; and leases of others that look expired."""

import math
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from describer.models import Description

Lease = tuple[str, datetime | None]
"""A token and the end of its lease."""

_BEAT_SECONDS = 2.0  # that a heartbeat may be late on a busy machine
_LEAST_GRACE = 15.0  # seconds after an outage: a pool tries for some before it has a connection again


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
        if not connection.features.has_select_for_update_skip_locked:
            return rows.update(lease_until=until())
        with transaction.atomic():
            # Rows that are written at this moment are passed over until the next heartbeat: whoever waits for several rows
            # sooner or later waits for somebody who waits for one of them.
            free = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
            return Description.objects.filter(pk__in=free).update(lease_until=until())


class Pulse:
    """Since when this process's own writes have worked without a gap, by its monotonic clock.

    While the database takes no writes, or hangs, every lease runs out, and none of their holders is dead. So after a gap
    nothing is taken back for as long as a lease lasts: whoever lives has extended its leases by then.
    """

    def __init__(self) -> None:
        self.last: float | None = None
        self.since: float | None = None

    def beat(self) -> None:
        """Note that a heartbeat was written."""
        now = time.monotonic()
        if self._is_late(now):
            self.since = now
        self.last = now

    def miss(self) -> None:
        """Note that a heartbeat could not be written."""
        self.last = -math.inf

    def is_steady(self) -> bool:
        """Tell whether writes work, and the grace after the last gap is over."""
        now = time.monotonic()
        if self._is_late(now):
            return False
        return self.since is None or now - self.since > max(settings.LEASE_SECONDS, _LEAST_GRACE)

    def _is_late(self, now: float) -> bool:
        if self.last is None:  # no heartbeat yet
            return False
        return now - self.last > settings.HEARTBEAT_SECONDS * 2 + _BEAT_SECONDS


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
