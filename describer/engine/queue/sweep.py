"""The sweep, every second in each worker process: what ran out goes back, what is due is queued, bells are rung."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from describer.engine import events as live
from describer.engine.queue import gate
from describer.engine.queue.doorbell import ring
from describer.engine.queue.lease import leases
from describer.ledger import rollup as usage
from describer.models import Attempt, Description, Endpoint, Status, Via
from describer.models.attempt import sent_before
from describer.models.description import UNLEASED, WAITED_FOR
from describer.models.webhook import tell_webhooks

CUT_OFF = "This call was cut off on our side; it may have been billed."
GONE = "The process in which this was asked has ended, and whoever waited for it is gone; ask again."


Lease = tuple[str, datetime | None]


class Suspects:
    """Leases seen expired, by token and end, and since when by this process's monotonic clock.

    One is taken back only when it stays expired, and is not extended, for longer than a heartbeat: a clock that jumps
    ahead by an hour makes every lease look expired until its holder's next heartbeat.
    """

    def __init__(self) -> None:
        self.since: dict[Lease, float] = {}

    def ripe(self, expired: "Iterable[Lease]") -> set[str]:
        """Tokens of those that have stayed as they are for so long."""
        now = time.monotonic()
        self.since = {lease: self.since.get(lease, now) for lease in expired}
        patience = settings.HEARTBEAT_SECONDS * 1.5
        return {token for (token, _), since in self.since.items() if now - since > patience}


suspects = Suspects()


def sweep() -> None:
    """One round. Each step is cheap when there is nothing to do: partial indexes hold only what is open."""
    _take_back_expired()
    wake()
    gate.forget_storms()
    _ring_for_queued()


def _take_back_expired() -> None:
    rows = Description.objects.filter(lease_until__lt=Now()).exclude(lease_token="")
    expired = {(row.lease_token, row.lease_until): row for row in rows.only("lease_token", "lease_until")}
    ripe = suspects.ripe(expired)
    for (token, _), row in expired.items():
        if token in ripe:
            hand_back(row, token)


def hand_back(description: Description, token: str) -> bool:
    """running -> queued for a run that is dead; its open call becomes unknown. False when the run was not there.

    One that somebody waited for in the dead process has failed: they are gone with it, and SDKs repeat by themselves.
    """
    with transaction.atomic():
        rows = Description.objects.filter(pk=description.pk, lease_token=token)
        waited_for = rows.filter(status__in=(Status.RUNNING, Status.WAITING), via__in=WAITED_FOR)
        running = rows.filter(status=Status.RUNNING)
        cut_off = waited_for.update(**_cut_off())
        moved = cut_off or running.update(status=Status.QUEUED, **UNLEASED) or rows.update(**UNLEASED)
        if moved:
            give_up(Attempt.objects.filter(description=description.pk))
            row = Description.objects.get(pk=description.pk)
            live.publish(row)
        if cut_off:
            tell_webhooks(row.pk, row.owner_id)
    return bool(moved)


def _cut_off() -> dict[str, Any]:
    failed = {"status": Status.FAILED, "finished": timezone.now(), "waiting_reason": "", "not_before": None}
    return failed | UNLEASED | {"error_code": "connection_lost", "error_message": GONE}


def give_up(attempts: "Iterable[Attempt]") -> int:
    """sent -> unknown: nobody will read the reply of these calls, and each may have been billed."""
    count = 0
    for attempt in attempts:
        if attempt.state != Attempt.State.SENT:
            continue
        values = {"error_code": "connection_lost", "error_message": CUT_OFF, "billed": Attempt.Billed.UNKNOWN}
        if attempt.abandon(**values):
            usage.roll_up(attempt, Attempt.State.SENT)
            count += 1
    return count


def wake() -> int:
    """waiting -> queued for all that is due, with the turns they had."""
    due = Description.objects.filter(status=Status.WAITING, not_before__lte=Now(), lease_token="")
    return due.update(status=Status.QUEUED, not_before=None)


def _ring_for_queued() -> None:
    """Ring for rows that nobody took, as often as this process has room for them and their endpoints' gates."""
    idle = leases.idle_slots()
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
    """Open attempts older than any call can be: their description is gone, or their process died unseen."""
    longest = sum(settings.VISION_TIMEOUTS.values()) + settings.LEASE_SECONDS
    with transaction.atomic():
        return give_up(sent_before(timezone.now() - timedelta(seconds=longest)).select_for_update())


def hand_back_held() -> int:
    """When the grace time of a stopping process is over: what it still runs goes back, its calls become unknown."""
    held = dict(leases.held)
    return sum(hand_back(Description(pk=number), token) for token, number in held.items())


def hand_all_back() -> int:
    """At the start of the one process that holds the lock of DATA_DIR: whatever was running is not any more.

    But for what a shell asks, which runs beside the site or without one: while it lives, it extends its leases.
    """
    leased = Description.objects.exclude(lease_token="")
    shells = set(leased.filter(via=Via.SHELL, lease_until__gt=Now()).values_list("pk", flat=True))
    rows = list(leased.exclude(pk__in=shells).only("pk", "lease_token"))
    for row in rows:
        hand_back(row, row.lease_token)
    with transaction.atomic():
        give_up(Attempt.objects.filter(state=Attempt.State.SENT).exclude(description__in=shells))
    return len(rows)
