"""Leases: what this process is running, and for how long it may."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models.functions import Now

from describer.models import Description

if TYPE_CHECKING:
    from describer.engine.queue.waiting import Waiter


@dataclass(frozen=True)
class Run:
    """A description under its lease token; with a caller who waits for it in this process, if one does."""

    description: Description
    token: str
    waiter: "Waiter | None" = None


class Leases:
    """The runs of this process. A heartbeat extends all their leases in one update."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.unwritten = 0

    def take(self, token: str, description: int) -> None:
        with self.lock:
            self.held[token] = description

    def drop(self, token: str) -> None:
        with self.lock:
            self.held.pop(token, None)

    @contextmanager
    def unable_to_write(self) -> Iterator[None]:
        """A reply cannot be written now: this process takes no more asks, each would pay for one it cannot keep."""
        with self.lock:
            self.unwritten += 1
        try:
            yield
        finally:
            with self.lock:
                self.unwritten -= 1

    @property
    def takes_more(self) -> bool:
        return not (self.stopping.is_set() or self.unwritten)

    @property
    def count(self) -> int:
        return len(self.held)

    def idle_slots(self) -> int:
        """How many more runs this process can take."""
        return max(0, settings.WORKER_CONCURRENCY - self.count) if self.takes_more else 0

    def extend(self) -> int:
        """The heartbeat. By token alone: a cancelled row keeps its lease while its call is under way."""
        with self.lock:
            held = dict(self.held)
        if not held:
            return 0
        rows = Description.objects.filter(pk__in=held.values(), lease_token__in=held)
        return rows.update(lease_until=until())


leases = Leases()


def new_token() -> str:
    return secrets.token_hex(16)


def until() -> Any:
    """The end of a lease that begins now, by the database's clock: machines' clocks are never compared."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
