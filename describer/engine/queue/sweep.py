"""The sweep, every second in each worker process: what ran out goes back, what is due is queued, bells are rung."""

import math
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from describer.db.clock import clock
from describer.engine import events
from describer.engine.queue import gate, times
from describer.engine.queue.doorbell import ring
from describer.engine.queue.process import process
from describer.ledger import rollup
from describer.models import Attempt, Description, Endpoint, Status, Via
from describer.models.attempt import sent_before
from describer.models.description import UNLEASED
from describer.models.statements import SELECT_ENDPOINTS
from describer.models.webhook import tell_webhooks

_ABANDONED = {
    "state": Attempt.State.UNKNOWN,
    "error_code": "connection_lost",
    "error_message": "This call was cut off on our side; it may have been billed.",
    "billed": Attempt.Billed.UNKNOWN,
}
_OFTEN = (
    "The process that asked ended each time before the answer was there; each of these calls may have been billed. "
    "Look at the list of calls before you ask again."
)
_PIECE = 200  # runs handed back in one transaction: some 50 ms
_ROUND_SECONDS = 0.5  # of a sweep for handing back; what waits for its time is not to be late for it
_GONE = "The process in which this was asked has ended, and whoever waited for it is gone; ask again."


def sweep() -> None:
    """Do one round. Each step is cheap when there is nothing to do: partial indexes hold only what is open."""
    times.follow_clock()
    wake()
    gate.forget_storms()
    _take_back_expired()
    _ring_for_queued()


def _take_back_expired() -> None:
    """Hand back runs whose leases stay expired; never one of this process, which lives, whatever its heartbeat could write.

    None while this process cannot write itself, nor for a while after: then the others could not either.
    """
    rows = Description.objects.filter(times.has_run_out()).exclude(lease_token="")
    expired = {
        (token, until): number
        for number, token, until in rows.values_list("pk", "lease_token", "lease_until")
    }
    ripe = process.suspects.ripe(expired) - process.leases.held.keys()
    if process.pulse.is_steady():
        hand_back({number: token for (token, _), number in expired.items() if token in ripe}, _ROUND_SECONDS)


def hand_back(leases: Mapping[int, str], seconds: float = math.inf) -> int:
    """Hand back the runs of these leases, which are dead, by the descriptions' numbers; return how many there were.

    In pieces, so that nobody waits for long, and no more once so many seconds are over: the rest comes with the next round.
    """
    numbers, count, end = sorted(leases), 0, time.monotonic() + seconds
    for first in range(0, len(numbers), _PIECE):
        count += _hand_back_piece({number: leases[number] for number in numbers[first : first + _PIECE]})
        if time.monotonic() > end:
            break
    return count


def _hand_back_piece(leases: Mapping[int, str]) -> int:
    """Move runs that are dead from running to queued, their open calls to unknown.

    A call that was under way counts as a try: what kills its process each time is not asked for ever.
    """
    with transaction.atomic():
        held = Description.objects.filter(pk__in=leases, lease_token__in=leases.values())
        free = held.order_by("pk").select_for_update(skip_locked=True)  # not what is written at this moment
        dead = list(free.only("pk", "status", "via", "tries", "owner"))
        numbers = [row.pk for row in dead]
        called = set(give_up(Attempt.objects.filter(description__in=numbers)))
        Description.objects.filter(pk__in=called).update(tries=F("tries") + 1)
        for values, rows in _by_what_becomes(dead, called):
            Description.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
            for row in rows:
                _tell(row, values)
    return len(dead)


def _by_what_becomes(
    dead: Iterable[Description], called: Container[int]
) -> Iterator[tuple[dict[str, Any], list[Description]]]:
    """Yield the columns that dead runs get, each with its rows.

    A run that somebody waited for in the dead process has failed: the caller is gone with it, and SDKs repeat by themselves.
    """
    gone, often, again, ended = [], [], [], []
    for row in dead:
        if row.policy.waits_inline and row.status in (Status.RUNNING, Status.WAITING):
            gone.append(row)
        elif row.status != Status.RUNNING:
            ended.append(row)
        elif row.pk in called and row.tries + 1 >= settings.TRIES:
            often.append(row)
        else:
            again.append(row)
    yield _cut_off(_GONE), gone
    yield _cut_off(_OFTEN), often
    yield UNLEASED | {"status": Status.QUEUED}, again
    yield UNLEASED, ended


def _cut_off(message: str) -> dict[str, Any]:
    failed = {"status": Status.FAILED, "finished": timezone.now(), "waiting_reason": "", "not_before": None}
    return failed | UNLEASED | {"error_code": "connection_lost", "error_message": message}


def _tell(row: Description, values: Mapping[str, Any]) -> None:
    """Tell open pages what became of a row, and webhooks of its end."""
    row.status = values.get("status", row.status)
    events.publish(row)
    if values.get("status") == Status.FAILED:
        tell_webhooks(row)


def give_up(attempts: "QuerySet[Attempt]") -> list[int]:
    """Move open calls from sent to unknown: nobody will read their replies, and each may have been billed.

    Within a transaction. Returns the descriptions that they were made for.
    """
    still_open = attempts.filter(state=Attempt.State.SENT)
    given_up = list(still_open.order_by("pk").select_for_update())
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in given_up]).update(**_ABANDONED)
    for attempt in given_up:
        attempt.state = Attempt.State.UNKNOWN
    rollup.roll_up_all(given_up)
    return [attempt.description for attempt in given_up]


def wake() -> int:
    """Move all that is due from waiting to queued, with the turns it had."""
    due = Description.objects.filter(times.is_due(), status=Status.WAITING, lease_token="")
    return due.update(status=Status.QUEUED, not_before=None)


def _ring_for_queued() -> None:
    """Ring for rows that nobody took, as often as this process has room for them and their endpoints' gates."""
    idle = process.leases.idle_slots()
    if not idle:
        return
    queued = _queued_by_endpoint(idle)
    with transaction.atomic():
        asked = [endpoint for endpoint in SELECT_ENDPOINTS() if queued[endpoint.pk]] if queued else []
        rows = sum(gate.room(endpoint, queued[endpoint.pk]) for endpoint in asked)
    if rows:
        ring(min(rows, idle))


def _queued_by_endpoint(most: int) -> Counter[int]:
    """Count what is queued for each endpoint, up to so many: what lies first may lie behind a shut gate."""
    queued = Description.objects.filter(status=Status.QUEUED)
    first = Counter(queued.values_list("endpoint_id", flat=True)[:most])
    if first.total() < most:
        return first
    endpoints = Endpoint.objects.values_list("pk", flat=True)
    return Counter({endpoint: queued.filter(endpoint=endpoint)[:most].count() for endpoint in endpoints})


def give_up_orphans() -> int:
    """Give up open attempts older than any call can be: their description is gone, or their process died unseen."""
    longest = sum(settings.VISION_TIMEOUTS.values()) + settings.LEASE_SECONDS
    with transaction.atomic():
        return len(give_up(sent_before(clock.now() - timedelta(seconds=longest))))


def hand_back_held(kept: Container[str]) -> int:
    """Hand back what a stopping process still runs when its grace time is over; its calls become unknown.

    Not what lies on disk under the tokens `kept`: whoever reads it there writes it down before its lease runs out.
    """
    held = process.leases.held.items()
    return hand_back({number: token for token, number in held if token not in kept})


def hand_all_back() -> Callable[[], int]:
    """Find whatever was running, at the start of the one process that holds the lock of DATA_DIR; return what hands it back.

    That may run beside the new work: it was found before any of that began. Not found is what a shell asks: it runs beside
    the site or without one, and while it lives it extends its leases.
    """
    leased = Description.objects.exclude(lease_token="")
    beside = [via for via in Via if via.policy.outlives_site]
    living = leased.filter(times.is_leased(), via__in=beside)
    shells = set(living.values_list("pk", flat=True))
    leases = {
        number: token for number, token in leased.values_list("pk", "lease_token") if number not in shells
    }
    newest = Attempt.objects.order_by("pk").values_list("pk", flat=True).last() or 0

    def finish() -> int:
        count = hand_back(leases)
        with transaction.atomic():
            give_up(Attempt.objects.filter(pk__lte=newest).exclude(description__in=shells))
        return count

    return finish
