"""Claiming: the first queued rows by (lane, turn, id), in one conditional update.

Threads that come for a row while another is at the database stand in line, and that one takes rows for all of them:
a claim's statements and its commit then serve several asks.
"""

import threading
from collections import deque
from collections.abc import Container
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from describer.db.connections import released
from describer.engine.queue import gate
from describer.engine.queue.lease import Leases, new_token
from describer.engine.queue.run import Run
from describer.models import Description, Status
from describer.models.statements import SELECT_ENDPOINTS, claim_rows, select_next, select_next_of
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
    """Claim up to so many rows at once: the first of all that their endpoints' gates let through.

    Asks behind a shut gate hold up no other endpoint's: those are looked for only then. In a transaction of its own, since
    one that holds the row of an endpoint waits for no other endpoint's but in the order of their ids.
    """
    with transaction.atomic():
        first = select_next(most)()
        runs = _claim(_through_gates(first))
    if runs or not first:
        return runs
    shut = {row.endpoint_id for row in first}
    with transaction.atomic():
        return _claim(_through_gates(_first_of_others(shut, most))[:most])


def _first_of_others(shut: Container[int], most: int) -> list[Description]:
    """Return the first rows of each endpoint that is not among the shut."""
    others = [endpoint.pk for endpoint in SELECT_ENDPOINTS() if endpoint.pk not in shut]
    return [row for endpoint in others for row in select_next_of(most)(endpoint=endpoint)]


def _through_gates(rows: list[Description]) -> list[Description]:
    """Return those of the rows that may begin now, in the order in which they are claimed."""
    through: list[Description] = []
    for endpoint in sorted({row.endpoint for row in rows}, key=lambda endpoint: endpoint.pk):
        of_endpoint = [row for row in rows if row.endpoint_id == endpoint.pk]
        through += of_endpoint[: gate.room(endpoint, len(of_endpoint))]
    return sorted(through, key=lambda row: (row.lane, row.turn, row.pk))


def _claim(rows: list[Description]) -> list[Run]:
    """Claim these rows, within the transaction that found them.

    PostgreSQL has locked them and skipped what others are taking; SQLite has one writer. So all that was found is taken.
    """
    if not rows:
        return []
    batch, now = f"{new_token()}-", timezone.now()
    claim_rows(len(rows))(batch=batch, now=now, **{f"id{number}": row.pk for number, row in enumerate(rows)})
    return [_run(row, f"{batch}{row.pk}", now) for row in rows]


def _run(row: Description, token: str, now: datetime) -> Run:
    """Take on in memory what the claim has written."""
    row.status, row.started, row.lease_token = Status.RUNNING, row.started or now, token
    row.not_before, row.waiting_reason = None, ""
    return Run(row, token, transcript=transcript_of(row))
