"""Runs that this process left in the midst, since the database was away: settled as soon as it is there again.

Without this they would stay under a lease that nobody extends, and whoever asks for them would wait for its end.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from describer.engine import events
from describer.engine.queue.process import process
from describer.engine.queue.run import Run
from describer.engine.queue.sweep import hand_back
from describer.ledger import rollup
from describer.models import Attempt, Description, Status
from describer.models.description import UNLEASED
from describer.models.webhook import tell_webhooks

_NOT_SENT = "The database went away before this call was sent; nothing was asked."


def leave(run: Run) -> None:
    """Leave a run that something broke off; what is known of it is kept until its row can be written."""
    process.left[run.token] = run


def settle_left() -> int:
    """Settle all runs that were left, and return how many. Raises what the database says while it is away."""
    left = list(process.left.values())
    for run in left:
        if run.is_calling:
            hand_back({run.description.pk: run.token})
        else:
            _settle(run)
        process.left.pop(run.token, None)
    return len(left)


def _settle(run: Run) -> None:
    """Close the call that never left, which costs nothing, and queue the ask; one whose caller waited here has failed."""
    number = run.description.pk
    with transaction.atomic():
        held = Description.objects.filter(pk=number, lease_token=run.token)
        if not held.select_for_update().exists():
            return
        for attempt in Attempt.objects.filter(description=number, state=Attempt.State.SENT):
            _close(attempt)
        values = _what_becomes(run)
        open_states = (Status.RUNNING, Status.WAITING)
        if held.filter(status__in=open_states).update(**UNLEASED | values):
            run.description.status = values["status"]
            events.publish(run.description)
            if values["status"] == Status.FAILED:
                tell_webhooks(run.description)
        held.update(**UNLEASED)


def _close(attempt: Attempt) -> None:
    failure = {"error_code": "connection_failed", "error_message": _NOT_SENT}
    before = attempt.complete(Attempt.State.REFUSED, billed=Attempt.Billed.NO, **failure)
    if before is not None:
        rollup.roll_up(attempt, before)


def _what_becomes(run: Run) -> dict[str, Any]:
    if not run.description.policy.waits_inline:
        return {"status": Status.QUEUED, "not_before": None}
    failure = {"error_code": "connection_failed", "error_message": _NOT_SENT}
    return {"status": Status.FAILED, "finished": timezone.now(), "waiting_reason": "", **failure}
