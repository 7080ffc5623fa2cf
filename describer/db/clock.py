"""The database's clock: the one by which everything is decided that comes later. Machines' clocks are never compared.

A process reckons it by its monotonic clock from a look, so that it costs no statement, nor a wait where the database
is away: rounds look, each sweep and each heartbeat. A look is as exact as it was quick, and a quicker one wins: what
happened in the process and what the database noted stand beside each other in a row, milliseconds apart.
"""

import logging
import time
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)

SLACK_SECONDS = 15.0  # a time that much further ahead than it can be is not believed
_LEAST_JUMP = 0.5
_CUT_OFF = 0.001
_SECONDS = {
    "postgresql": "SELECT EXTRACT(EPOCH FROM clock_timestamp())",
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0",
}


class DatabaseClock:
    """The database's time as this process reckons it."""

    def __init__(self) -> None:
        self.ahead: float | None = None  # of the monotonic clock, in seconds
        self.slack = 0.0  # by how many seconds it may be less than that
        self.latest = 0.0  # time that was told, in seconds

    def now(self) -> datetime:
        """Return the time by the database's clock."""
        if self.ahead is None:
            self.look()
        seconds = time.monotonic() + (self.ahead or 0.0)
        # A more exact look may set it back a little: it stands still then, since who asks twice compares the two.
        if not 0 < self.latest - seconds < SLACK_SECONDS:
            self.latest = seconds
        return datetime.fromtimestamp(self.latest, UTC)

    def look(self) -> float:
        """Ask the database for its time; return by how many seconds its clock was set since the last look, mostly 0."""
        before = self.ahead
        try:
            ahead, slack = _measured()
        except (DatabaseError, InterfaceError):
            if before is None:
                raise
            return 0.0  # whoever needs the database now will say that it is away
        if before is None:
            self.ahead, self.slack = ahead, slack
            return 0.0
        jump = ahead - before
        has_drifted = abs(jump) > max(self.slack, slack)
        is_set = has_drifted and abs(jump) > _LEAST_JUMP
        if is_set or has_drifted or slack < self.slack:
            self.ahead, self.slack = ahead, slack
        if not is_set:
            return 0.0
        logger.warning("the database's clock was set by %+.1f s", jump)
        return jump


def _measured() -> tuple[float, float]:
    """Return how far the database's clock is ahead of the monotonic one, at most, and by how much that may be too much."""
    connection.ensure_connection()  # opening one takes longer than asking
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_SECONDS[connection.vendor])
        seconds = float(cursor.fetchone()[0])
    # Never behind: SQLite cuts off at milliseconds.
    return seconds + _CUT_OFF - began, time.monotonic() - began + _CUT_OFF


clock = DatabaseClock()
