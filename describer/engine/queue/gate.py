"""The gate before an endpoint: when its next call may begin, and how many may be under way at once.

A reply that says "later" (429, 503, 529) narrows it for the asks of all processes: the gate is shut for as long as the
endpoint told, and half as many calls may be under way as were. Each answer widens it again: by one, up to half the width
at which the endpoint began to refuse; from there by one for each round of calls, as TCP does. So a storm costs time and
no results, and the endpoint is not hammered. Replies to calls that were sent before the gate narrowed are of the same
storm and narrow it no further.

The admin's limits stand in the same place: calls in flight, requests and tokens a minute, counted in the ledger.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from describer.db.clock import SLACK_SECONDS, clock
from describer.lib.log_rate import LogRate
from describer.models import Attempt, Endpoint
from describer.models.endpoint import WIDE
from describer.models.statements import (
    COUNT_CALLS,
    COUNT_OPEN_CALLS,
    COUNT_RUNNING,
    COUNT_SHUT,
    SELECT_GATE,
    SUM_TOKENS,
    WIDEN_GATE,
    latest_opening,
)

logger = logging.getLogger(__name__)

_STORMS = LogRate()

MINUTE = timedelta(minutes=1)
MOMENT = 0.05  # seconds


class ShutGates:
    """Gates that let nobody through a moment ago: a hundred callers in line, each looking for itself, took a whole core."""

    def __init__(self) -> None:
        self.until: dict[tuple[int, int], float] = {}

    def seen_lately(self, endpoint: int, person: int = 0) -> bool:
        """Tell whether this endpoint's gate was shut a moment ago: for all or, with a person, for that one."""
        return time.monotonic() < self.until.get((endpoint, person), 0.0)

    def note(self, endpoint: int, person: int = 0) -> None:
        """Remember that this endpoint's gate is shut, for all or for one person."""
        self.until[endpoint, person] = time.monotonic() + MOMENT


def room(endpoint: Endpoint, wanted: int) -> int:
    """Return how many of `wanted` calls may begin now.

    Within a transaction: while a limit is in force the endpoint's row is held, so that two workers never count the same
    room.
    """
    if endpoint.is_free:
        return wanted
    (fresh,) = SELECT_GATE(endpoint=endpoint.pk)
    if COUNT_SHUT(endpoint=fresh.pk)[0]:
        return 0
    running = _running(fresh)
    lefts = [wanted, *_by_width(fresh, running), *_by_requests(fresh, running), *_by_tokens(fresh, running)]
    return max(0, min(lefts))


def _running(endpoint: Endpoint) -> int:
    """Count calls under way, or about to be. What waits under a lease of its caller's process makes none."""
    count: int = COUNT_RUNNING(endpoint=endpoint.pk)[0]
    return count


def _by_width(endpoint: Endpoint, running: int) -> list[int]:
    widths = [endpoint.gate_width, endpoint.limit("max_in_flight")]
    return [int(width) - running for width in widths if width]


def _by_requests(endpoint: Endpoint, running: int) -> list[int]:
    """Return what a minute's requests leave: less those in the ledger, and runs that have not sent theirs yet."""
    limit = endpoint.limit("requests_per_minute")
    if not limit:
        return []
    (open_calls,) = COUNT_OPEN_CALLS(name=endpoint.name)
    (calls,) = COUNT_CALLS(name=endpoint.name, **_last_minute())
    return [limit - calls - max(0, running - open_calls)]


def _by_tokens(endpoint: Endpoint, running: int) -> list[int]:
    """Return what a minute's tokens leave, each call under way taken as an average one; unknown before the first answer."""
    limit = endpoint.limit("tokens_per_minute")
    if not limit:
        return []
    tokens, calls = SUM_TOKENS(name=endpoint.name, **_last_minute())
    if not calls:
        return []
    average = tokens / calls
    return [int((limit - tokens) / average) - running]


def _last_minute() -> dict[str, datetime]:
    """Return the times between which a call counts: none from a future that a wrong clock wrote."""
    now = clock.now()
    return {"after": now - MINUTE, "before": now + MINUTE}


def narrow(endpoint: Endpoint, attempt: Attempt, seconds: float) -> None:
    """Shut the gate for so many seconds and halve it, once for each storm: the reply to this attempt said "later"."""
    with transaction.atomic():
        rows = Endpoint.objects.filter(pk=endpoint.pk)
        fresh = rows.select_for_update().get()
        opens = Now() + timedelta(seconds=min(seconds, settings.PATIENCE_SECONDS))
        sooner = Q(gate_opens=None) | Q(gate_opens__lt=opens) | Q(gate_opens__gt=latest_opening())
        rows.filter(sooner).update(gate_opens=opens)
        if fresh.gate_narrowed and attempt.sent <= fresh.gate_narrowed:
            return
        running = _running(endpoint)
        width = max(1.0, min(fresh.gate_width or running, running) / 2)
        # Refused again before any answer: the endpoint is away rather than crowded, which says nothing of its width.
        crowded = fresh.gate_answered or fresh.gate_threshold is None
        threshold = width if crowded else fresh.gate_threshold
        rows.update(
            gate_width=width, gate_threshold=threshold, gate_answered=False, gate_narrowed=clock.now()
        )
    if _STORMS.left_out(endpoint.pk) is not None:
        logger.info(
            "endpoint %s asks for less: %d calls at once, not before %.0f s", endpoint, width, seconds
        )


def widen(endpoint: Endpoint) -> None:
    """Widen a narrow gate, since an answer came: by one up to the threshold, beyond it by one a round."""
    if endpoint.gate_width is not None:
        WIDEN_GATE(endpoint=endpoint.pk)


def forget_storms() -> int:
    """Open the gates wide that nothing has narrowed for ten minutes."""
    calm = Q(gate_narrowed__lt=Now() - timedelta(seconds=settings.STORM_SECONDS))
    unbelievable = Q(gate_narrowed__gt=Now() + timedelta(seconds=SLACK_SECONDS))
    return Endpoint.objects.filter(calm | unbelievable).update(**WIDE)
