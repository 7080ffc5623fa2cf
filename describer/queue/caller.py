"""Whoever waits in this process for a run: a call at our own endpoint, or the shell."""

import threading
from dataclasses import dataclass, field

from django.db import close_old_connections, transaction
from django.utils import timezone

from describer.chat import ChatError, Relay
from describer.models import Endpoint, Status

from . import gate
from .lease import Run

LOOK_SECONDS = 0.1


@dataclass
class Caller:
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


def wait_here(run: Run, caller: Caller) -> bool:
    """Sleep until the run is due and its endpoint's gate lets it through; False when it ends without another call."""
    due = run.description.not_before
    pause = max(0.0, (due - timezone.now()).total_seconds()) if due else 0.0
    close_old_connections()
    while not caller.over.wait(pause):
        if _resumed(run):
            return True
        if not _is_waiting(run):
            return False
        pause = LOOK_SECONDS
    return False


def _resumed(run: Run) -> bool:
    with transaction.atomic():
        endpoint = Endpoint.objects.defer("model_names").get(pk=run.description.endpoint_id)
        return bool(gate.room(endpoint, 1)) and run.description.resume(run.token)


def _is_waiting(run: Run) -> bool:
    """False when somebody cancelled it meanwhile, which this process's copy of it then says."""
    run.description.reread("status")
    close_old_connections()
    return run.description.status == Status.WAITING
