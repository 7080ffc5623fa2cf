"""Claiming: the first queued row by (lane, turn, id), in one conditional update."""

from django.db import transaction
from django.utils import timezone

from describer.models import Description, Status

from .lease import Run, leases, new_token, until


def claim() -> Run | None:
    """Take the next queued description under a new lease, or None when there is none or this process is stopping.

    PostgreSQL skips rows that others are taking; SQLite has one writer and ignores the lock.
    """
    if leases.stopping.is_set():
        return None
    token = new_token()
    with transaction.atomic():
        queued = Description.objects.filter(status=Status.QUEUED).select_related("endpoint")
        first = queued.order_by("lane", "turn", "id").select_for_update(skip_locked=True, of=("self",))
        row = first.first()
        if row is None or not _take(row, token):
            return None
    return Run(row, token)


def _take(row: Description, token: str) -> bool:
    now = timezone.now()
    started = row.started or now
    rows = Description.objects.filter(pk=row.pk, status=Status.QUEUED)
    taken = rows.update(
        status=Status.RUNNING,
        started=started,
        lease_token=token,
        lease_until=until(),
        not_before=None,
        waiting_reason="",
    )
    if taken:
        row.status, row.started, row.lease_token = Status.RUNNING, started, token
        leases.take(token, row.pk)
    return bool(taken)
