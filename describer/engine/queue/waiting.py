"""Waiting inline: a run whose caller waits in this process sleeps through its waits, under its lease."""

import logging
import random
import time
from itertools import count

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction

from describer.db.clock import SLACK_SECONDS, clock
from describer.db.connections import borrowed, release
from describer.db.unavailable import is_unavailable
from describer.engine.queue import gate
from describer.engine.queue.inline_line import has_share
from describer.engine.queue.process import process
from describer.engine.queue.run import Run, Waiter
from describer.models import Endpoint, Status

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
_LOOKS = 20  # after so many in vain, somebody who is not next sees whether the ask was cancelled


def wait_inline(run: Run, waiter: Waiter) -> bool:
    """Sleep until the run is due, it is its person's turn and its endpoint's gate lets it through.

    False when it ends without another call: nobody waits any more, or it takes longer than the waiter has patience.
    """
    release()
    began = time.monotonic()
    try:
        return _waited(run, waiter, began + waiter.patience)
    finally:
        waiter.patience -= time.monotonic() - began


def _waited(run: Run, waiter: Waiter, end: float) -> bool:
    endpoint, person = run.description.endpoint_id, run.description.owner_id
    due = _until_due(run)
    if _is_too_long(waiter, end, due) or waiter.over.wait(due):
        return False
    with process.inline_line.joined(endpoint, person):
        for look in count(1):
            is_next = _may_look(endpoint, person)
            if is_next or look % _LOOKS == 0:
                goes = _looked(run, at_gate=is_next)
                if goes is not None:
                    return goes
            if _is_too_long(waiter, end, _until_open(run)):
                break
            if waiter.over.wait(random.uniform(0.5, 1.5) * LOOK_SECONDS):  # noqa: S311  no secret
                break
    return False


def _is_too_long(waiter: Waiter, end: float, seconds: float) -> bool:
    """Tell whether so many seconds are more than the waiter waits; it is told to come later then, before they are over."""
    if time.monotonic() + seconds <= end:
        return False
    waiter.later = seconds
    return True


def _looked(run: Run, *, at_gate: bool) -> bool | None:
    """Look whether the run may go, if at the gate, and whether it still waits: True, it goes; False, it ends; None, neither."""
    try:
        with borrowed():
            if at_gate and _resumed(run):
                return True
            if not _is_waiting(run):
                return False
    except (DatabaseError, InterfaceError) as error:
        _wait_on(error)
    return None


def _may_look(endpoint: int, person: int) -> bool:
    """Tell whether a look at the gate may be of use: not when it is another's turn, or was shut a moment ago."""
    gates = process.shut_gates
    if gates.seen_lately(endpoint) or gates.seen_lately(endpoint, person):
        return False
    return process.inline_line.is_first(endpoint, person)


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
    return max(0.0, (due - clock.now()).total_seconds())


def _until_open(run: Run) -> float:
    """Return the seconds until the gate opens, as it was told at the last look; 0 where it is open, or narrow."""
    opens = run.description.endpoint.gate_opens
    if opens is None:
        return 0.0
    seconds = (opens - clock.now()).total_seconds()
    return seconds if 0 < seconds < settings.PATIENCE_SECONDS + SLACK_SECONDS else 0.0


def _resumed(run: Run) -> bool:
    """Take the run up again, if its endpoint's gate lets it through and its person has a share left."""
    row = run.description
    with transaction.atomic():
        endpoint = Endpoint.objects.defer("model_names").get(pk=row.endpoint_id)
        row.endpoint.gate_opens = endpoint.gate_opens
        if gate.room(endpoint, 1):
            process.inline_line.step_back(endpoint.pk, row.owner_id)
            if not row.policy.holds_connection or has_share(endpoint, row.owner_id):
                return row.resume(run.token)
            process.shut_gates.note(endpoint.pk, row.owner_id)
            return False
    process.shut_gates.note(endpoint.pk)
    return False


def _is_waiting(run: Run) -> bool:
    """Tell whether the run still waits; somebody may have cancelled it, which this process's copy of it then says."""
    run.description.reread("status")
    return run.description.status == Status.WAITING
