"""Waiting inline: a run whose caller waits in this process sleeps through its waits, under its lease."""

import logging
import random

from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone

from describer.db.connections import borrowed, release
from describer.db.unavailable import is_unavailable
from describer.engine.queue import gate
from describer.engine.queue.process import process
from describer.engine.queue.run import Run, Waiter
from describer.models import Endpoint, Status

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1


def wait_inline(run: Run, waiter: Waiter) -> bool:
    """Sleep until the run is due and its endpoint's gate lets it through; False when it ends without another call."""
    release()
    pause = _until_due(run)
    while not waiter.over.wait(pause):
        if not process.shut_gates.seen_lately(run.description.endpoint_id):
            try:
                with borrowed():
                    if _resumed(run):
                        return True
                    if not _is_waiting(run):
                        return False
            except (DatabaseError, InterfaceError) as error:
                _wait_on(error)
        pause = random.uniform(0.5, 1.5) * LOOK_SECONDS  # noqa: S311  no secret
    return False


def _wait_on(error: DatabaseError | InterfaceError) -> None:
    """Wait on while the database is away: nothing is lost by it. Raises any other error."""
    if not is_unavailable(error):
        raise error
    logger.warning("a run that waits is looked at again: %s", error)


def _until_due(run: Run) -> float:
    """Return the seconds until the run is due."""
    due = run.description.not_before
    if due is None:
        return 0.0
    return max(0.0, (due - timezone.now()).total_seconds())


def _resumed(run: Run) -> bool:
    """Take the run up again, if its endpoint's gate lets it through."""
    with transaction.atomic():
        endpoint = Endpoint.objects.defer("model_names").get(pk=run.description.endpoint_id)
        if gate.room(endpoint, 1):
            return run.description.resume(run.token)
    process.shut_gates.note(endpoint.pk)
    return False


def _is_waiting(run: Run) -> bool:
    """Tell whether the run still waits; somebody may have cancelled it, which this process's copy of it then says."""
    run.description.reread("status")
    return run.description.status == Status.WAITING
