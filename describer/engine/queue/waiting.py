"""Whoever waits in this process for a run: a call at our own endpoint, or the shell."""

import random
import threading
import time
from dataclasses import dataclass, field

from django.db import close_old_connections, transaction
from django.utils import timezone

from describer.chat import ChatError, Relay
from describer.engine.queue import gate
from describer.engine.queue.lease import Run
from describer.models import Endpoint, Status

LOOK_SECONDS = 0.1
MOMENT = 0.05


@dataclass
class Waiter:
    """`relay` gets a stream's chunks; `error` is the last call's. When it is `over`, nobody waits any more."""

    relay: Relay | None = None
    over: threading.Event = field(default_factory=threading.Event)
    hung_up: bool = False
    error: ChatError | None = None

    def hang_up(self) -> None:
        self.hung_up = True
        self.over.set()

    @property
    def has_words(self) -> bool:
        """Whether something was handed on that no other call can take back."""
        return self.relay is not None and self.relay.begun


def wait_inline(run: Run, waiter: Waiter) -> bool:
    """Sleep until the run is due and its endpoint's gate lets it through; False when it ends without another call."""
    due = run.description.not_before
    pause = max(0.0, (due - timezone.now()).total_seconds()) if due else 0.0
    close_old_connections()
    while not waiter.over.wait(pause):
        if not seen_shut.lately(run.description.endpoint_id):
            if _resumed(run):
                return True
            if not _is_waiting(run):
                return False
        pause = random.uniform(0.5, 1.5) * LOOK_SECONDS  # noqa: S311  no secret
    return False


class SeenShut:
    """Gates that let nobody through a moment ago: a hundred callers in line, each looking for itself, took a whole core."""

    def __init__(self) -> None:
        self.until: dict[int, float] = {}

    def lately(self, endpoint: int) -> bool:
        return time.monotonic() < self.until.get(endpoint, 0.0)

    def note(self, endpoint: int) -> None:
        self.until[endpoint] = time.monotonic() + MOMENT


seen_shut = SeenShut()


def _resumed(run: Run) -> bool:
    with transaction.atomic():
        endpoint = Endpoint.objects.defer("model_names").get(pk=run.description.endpoint_id)
        if gate.room(endpoint, 1):
            return run.description.resume(run.token)
    seen_shut.note(endpoint.pk)
    return False


def _is_waiting(run: Run) -> bool:
    """False when somebody cancelled it meanwhile, which this process's copy of it then says."""
    run.description.reread("status")
    close_old_connections()
    return run.description.status == Status.WAITING
