"""Times that rows hold, and the database's clock: which have come, which nobody can have meant, and a clock that was set."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from describer.db import version
from describer.db.clock import SLACK_SECONDS, clock
from describer.models import Description, Endpoint, Lane, Status, Webhook, WebhookDelivery

_TIMES: tuple[tuple[Callable[[], "QuerySet[Any]"], tuple[str, ...]], ...] = (
    (lambda: Description.objects.filter(status=Status.WAITING), ("not_before",)),
    (Endpoint.objects.all, ("gate_opens", "gate_narrowed", "next_probe", "models_fetched")),
    (WebhookDelivery.objects.pending, ("not_before",)),
    (Webhook.objects.all, ("rests_until",)),
)


def follow_clock() -> None:
    """Move what waits for a time along with the clock of the database, where that is this machine's and was set.

    A server's clock is the same for many processes, of which each would move the times: there a time further ahead than
    it can be is not believed, and that is all.
    """
    jump = timedelta(seconds=clock.look())
    if not jump or not version.is_local():
        return
    with transaction.atomic():
        for rows, columns in _TIMES:
            for column in columns:
                rows().exclude(**{column: None}).update(**{column: F(column) + jump})


def is_due() -> Q:
    """Return what is due: its time has come, or is further ahead than any wait is long, so that a wrong clock wrote it."""
    most = settings.PATIENCE_SECONDS + settings.BACKOFF_MOST_SECONDS + SLACK_SECONDS
    too_far = Q(lane=Lane.INTERACTIVE, not_before__gt=Now() + timedelta(seconds=most))
    return Q(not_before__lte=Now()) | too_far


def is_leased() -> Q:
    """Return leases that have not run out, nor last longer than a lease."""
    latest = Now() + timedelta(seconds=settings.LEASE_SECONDS + SLACK_SECONDS)
    return Q(lease_until__gt=Now(), lease_until__lt=latest)


def has_run_out() -> Q:
    """Return leases that have run out, or last longer than a lease."""
    latest = Now() + timedelta(seconds=settings.LEASE_SECONDS + SLACK_SECONDS)
    return Q(lease_until__lt=Now()) | Q(lease_until__gt=latest)
