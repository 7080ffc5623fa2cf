"""The sweep, every second in each worker process: what ran out goes back, what is due is queued, bells are rung."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from describer.engine import events
from describer.engine.queue import gate
from describer.engine.queue.doorbell import ring
from describer.engine.queue.process import process
from describer.ledger import rollup
from describer.models import Attempt, Description, Endpoint, Status, Via
from describer.models.attempt import sent_before
from describer.models.description import UNLEASED
from describer.models.states import waited_for
from describer.models.webhook import tell_webhooks

_CUT_OFF = "This call was cut off on our side; it may have been billed."
_GONE = "The process in which this was asked has ended, and whoever waited for it is gone; ask again."


def sweep() -> None:
    """Do one round. Each step is cheap when there is nothing to do: partial indexes hold only what is open."""
    _take_back_expired()
    wake()
    gate.forget_storms()
    _ring_for_queued()


def _take_back_expired() -> None:
    """Hand back runs whose leases stay expired; never one of this process, which lives, whatever its heartbeat could write."""
    rows = Description.objects.filter(lease_until__lt=Now()).exclude(lease_token="")
    expired = {(row.lease_token, row.lease_until): row for row in rows.only("lease_token", "lease_until")}
    ripe = process.suspects.ripe(expired) - process.leases.held.keys()
    for (token, _), row in expired.items():
        if token in ripe:
            hand_back(row, token)


def hand_back(description: Description, token: str) -> bool:
    """Move a run that is dead from running to queued, its open call to unknown; False when the run was not there.

    A run that somebody waited for in the dead process has failed: the caller is gone with it, and SDKs repeat by themselves.
    """
    with transaction.atomic():
        rows = Description.objects.filter(pk=description.pk, lease_token=token)
        of_waiters = rows.filter(status__in=(Status.RUNNING, Status.WAITING), via__in=waited_for())
        running = rows.filter(status=Status.RUNNING)
        cut_off = of_waiters.update(**_cut_off())
        moved = cut_off or running.update(status=Status.QUEUED, **UNLEASED) or rows.update(**UNLEASED)
        if moved:
            give_up(Attempt.objects.filter(description=description.pk))
            row = Description.objects.get(pk=description.pk)
            events.publish(row)
        if cut_off:
            tell_webhooks(row.pk, row.owner_id)
    return bool(moved)


def _cut_off() -> dict[str, Any]:
    failed = {"status": Status.FAILED, "finished": timezone.now(), "waiting_reason": "", "not_before": None}
    return failed | UNLEASED | {"error_code": "connection_lost", "error_message": _GONE}


def give_up(attempts: "Iterable[Attempt]") -> int:
    """Move open calls from sent to unknown: nobody will read their replies, and each may have been billed."""
    count = 0
    for attempt in attempts:
        if attempt.state != Attempt.State.SENT:
            continue
        values = {
            "error_code": "connection_lost",
            "error_message": _CUT_OFF,
            "billed": Attempt.Billed.UNKNOWN,
        }
        if attempt.abandon(**values):
            rollup.roll_up(attempt, Attempt.State.SENT)
            count += 1
    return count


def wake() -> int:
    """Move all that is due from waiting to queued, with the turns it had."""
    due = Description.objects.filter(status=Status.WAITING, not_before__lte=Now(), lease_token="")
    return due.update(status=Status.QUEUED, not_before=None)


def _ring_for_queued() -> None:
    """Ring for rows that nobody took, as often as this process has room for them and their endpoints' gates."""
    idle = process.leases.idle_slots()
    if not idle:
        return
    queued = Counter(
        Description.objects.filter(status=Status.QUEUED).values_list("endpoint_id", flat=True)[:idle]
    )
    with transaction.atomic():
        asked = Endpoint.objects.filter(pk__in=queued).defer("model_names")
        rows = sum(gate.room(endpoint, queued[endpoint.pk]) for endpoint in asked)
    if rows:
        ring(rows)


def give_up_orphans() -> int:
    """Give up open attempts older than any call can be: their description is gone, or their process died unseen."""
    longest = sum(settings.VISION_TIMEOUTS.values()) + settings.LEASE_SECONDS
    with transaction.atomic():
        return give_up(sent_before(timezone.now() - timedelta(seconds=longest)).select_for_update())


def hand_back_held() -> int:
    """Hand back what a stopping process still runs when its grace time is over; its calls become unknown."""
    held = dict(process.leases.held)
    return sum(hand_back(Description(pk=number), token) for token, number in held.items())


def hand_all_back() -> int:
    """Hand back whatever was running, at the start of the one process that holds the lock of DATA_DIR.

    Not what a shell asks: it runs beside the site or without one, and while it lives it extends its leases.
    """
    leased = Description.objects.exclude(lease_token="")
    beside = [via for via in Via if via.policy.outlives_site]
    shells = set(leased.filter(via__in=beside, lease_until__gt=Now()).values_list("pk", flat=True))
    rows = list(leased.exclude(pk__in=shells).only("pk", "lease_token"))
    for row in rows:
        hand_back(row, row.lease_token)
    with transaction.atomic():
        give_up(Attempt.objects.filter(state=Attempt.State.SENT).exclude(description__in=shells))
    return len(rows)
