"""Claiming: the first queued rows by (lane, turn, id), in one conditional update.

Threads that come for a row while another is at the database stand in line, and that one takes rows for all of them:
a claim's statements and its commit then serve several asks.
"""

import threading
from collections import deque
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from describer.db.connections import released
from describer.engine.queue import gate
from describer.engine.queue.lease import Leases, new_token
from describer.engine.queue.run import Run
from describer.models import Description, Status
from describer.models.statements import claim_rows, first_queued, select_next
from describer.models.transcript import transcript_of


class ClaimBatcher:
    """Where the threads of this process come for their next row."""

    def __init__(self, leases: Leases) -> None:
        self.leases = leases
        self.lock, self.line_lock = threading.Lock(), threading.Lock()
        self.waiting = 0
        self.claimed: deque[Run] = deque()

    def claim(self) -> Run | None:
        """Return the next queued description under a new lease, or None when there is none."""
        with self.line_lock:
            self.waiting += 1
        with released(), self.lock:
            with self.line_lock:
                self.waiting -= 1
            if not self.claimed:
                self._claim(1 + self.waiting)
            return self.claimed.popleft() if self.claimed else None

    def _claim(self, most: int) -> None:
        for run in claim_up_to(most):
            self.leases.take(run.token, run.description.pk)
            self.claimed.append(run)


def claim_up_to(most: int) -> list[Run]:
    """Claim up to so many rows at once.

    PostgreSQL skips rows that others are taking and locks ours; SQLite has one writer. So all that was found is taken.
    """
    batch, now = f"{new_token()}-", timezone.now()
    with transaction.atomic():
        rows = _let_through(most)
        if rows:
            ids = {f"id{number}": row.pk for number, row in enumerate(rows)}
            claim_rows(len(rows))(batch=batch, now=now, **ids)
    return [_run(row, f"{batch}{row.pk}", now) for row in rows]


def _let_through(most: int) -> list[Description]:
    """Return the first rows that their endpoints' gates let through. Asks behind a shut gate hold up no other endpoint's."""
    shut: list[int] = []
    while rows := _first_rows(shut, most):
        through: list[Description] = []
        for endpoint in {row.endpoint for row in rows}:
            of_endpoint = [row for row in rows if row.endpoint_id == endpoint.pk]
            through += of_endpoint[: gate.room(endpoint, len(of_endpoint))]
        if through:
            return through
        shut += {row.endpoint_id for row in rows}
    return []


def _first_rows(shut: list[int], most: int) -> list[Description]:
    """Return the first rows of endpoints that are not among the shut, which are few and seldom any."""
    if shut:
        return list(first_queued().exclude(endpoint__in=shut)[:most])
    return select_next(most)()


def _run(row: Description, token: str, now: datetime) -> Run:
    """Take on in memory what the claim has written."""
    row.status, row.started, row.lease_token = Status.RUNNING, row.started or now, token
    row.not_before, row.waiting_reason = None, ""
    return Run(row, token, transcript=transcript_of(row))
