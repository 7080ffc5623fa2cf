"""Claiming: the first queued rows by (lane, turn, id), in one conditional update.

Threads that come for a row while another is at the database stand in line, and that one takes rows for all of them:
a claim's statements and its commit then serve several asks.
"""

import threading
from collections import deque
from datetime import datetime
from functools import cache

from django.db import transaction
from django.db.models import CharField, DateTimeField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from describer.db.group_commit import give_back
from describer.db.statements import Param, Select, Update
from describer.engine.queue import gate
from describer.engine.queue.lease import Run, leases, new_token, until
from describer.models import Description, Status


class ClaimBatcher:
    """Where the threads of this process come for their next row."""

    def __init__(self) -> None:
        self.lock, self.line_lock = threading.Lock(), threading.Lock()
        self.waiting = 0
        self.taken: deque[Run] = deque()

    def claim(self) -> Run | None:
        """The next queued description under a new lease, or None when there is none."""
        with self.line_lock:
            self.waiting += 1
        give_back()
        with self.lock:
            with self.line_lock:
                self.waiting -= 1
            if not self.taken:
                self.taken.extend(take(1 + self.waiting))
            return self.taken.popleft() if self.taken else None


batcher = ClaimBatcher()


def claim() -> Run | None:
    """Take the next queued description under a new lease, or None when there is none or this process takes no more."""
    return batcher.claim() if leases.takes_more else None


def take(most: int) -> list[Run]:
    """Claim up to so many rows at once.

    PostgreSQL skips rows that others are taking and locks ours; SQLite has one writer. So all that was found is taken.
    """
    batch, now = new_token(), timezone.now()
    with transaction.atomic():
        rows = _let_through(most)
        if rows:
            _take_rows(len(rows))(
                batch=f"{batch}-", now=now, **{f"id{n}": row.pk for n, row in enumerate(rows)}
            )
    return [_run(row, f"{batch}-{row.pk}", now) for row in rows]


def _let_through(most: int) -> list[Description]:
    """The first rows that their endpoints' gates let through. Asks behind a shut gate hold up no other endpoint's."""
    shut: list[int] = []
    while rows := (_others(shut, most) if shut else _next(most)()):
        through: list[Description] = []
        for endpoint in {row.endpoint for row in rows}:
            of_endpoint = [row for row in rows if row.endpoint_id == endpoint.pk]
            through += of_endpoint[: gate.room(endpoint, len(of_endpoint))]
        if through:
            return through
        shut += {row.endpoint_id for row in rows}
    return []


def _others(shut: list[int], most: int) -> list[Description]:
    return list(_first_queued().exclude(endpoint__in=shut)[:most])


def _first_queued() -> "QuerySet[Description]":
    queued = Description.objects.filter(status=Status.QUEUED).select_related("endpoint", "transcript")
    first = queued.order_by("lane", "turn", "id").select_for_update(skip_locked=True, of=("self",))
    return first.defer("endpoint__model_names", "transcript__answer")


@cache
def _next(most: int) -> Select[Description]:
    return Select(lambda: _first_queued()[:most])


@cache
def _take_rows(count: int) -> Update:
    rows = Description.objects.filter(pk__in=[Param(f"id{n}") for n in range(count)], status=Status.QUEUED)
    return Update(
        lambda: rows,
        status=Value(Status.RUNNING),
        started=Coalesce(F("started"), Param("now", DateTimeField())),
        lease_token=Concat(Param("batch"), Cast("id", CharField())),
        lease_until=until(),
        not_before=None,
        waiting_reason="",
    )


def _run(row: Description, token: str, now: datetime) -> Run:
    row.status, row.started, row.lease_token = Status.RUNNING, row.started or now, token
    row.not_before, row.waiting_reason = None, ""
    leases.take(token, row.pk)
    return Run(row, token)
