"""The lock of whoever makes a database ready.

On PostgreSQL it belongs to a transaction on a connection of its own, open for as long as the work lasts. A lock of a session
would stay behind on the server's connection where a pooler lends that to the next one (PgBouncer by transactions): each
later start waited for ever. A transaction ends with whoever began it.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.db import DatabaseError, InterfaceError

logger = logging.getLogger(__name__)

_NUMBER = 7_305_801_386  # any number that is ours alone; earlier versions hold it by their sessions
_LOOK_SECONDS = 0.2
# The lock's transaction is idle while the work is done on another connection: no server shall end it for that.
_PATIENT = """
SELECT set_config(name, '0', true) FROM pg_settings
 WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""
_TRY = "SELECT pg_try_advisory_xact_lock(%s)"
_HOLDER = """
SELECT pid, coalesce(host(client_addr), 'this machine') FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = %s
   AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def only_holder(connection: Any) -> Iterator[None]:
    """Hold the lock of this database. Raises CommandError when another process does not let go of it."""
    if connection.vendor != "postgresql":
        with settings.DATA_FOLDER.locked("migrate.lock"):
            yield
        return
    with closing(connection.copy()) as beside:
        beside.set_autocommit(False)
        _wait_for_lock(beside)
        yield
        _let_go(beside)


def _wait_for_lock(beside: Any) -> None:
    end = time.monotonic() + settings.MIGRATE_WAIT_SECONDS
    is_told = False
    while holder := _holder_unless_ours(beside):
        beside.rollback()
        if time.monotonic() > end:
            raise CommandError(_given_up(*holder))
        if not is_told:
            logger.warning(
                "Another process makes this database ready (%s); waiting for it, %s s at most.",
                _named(*holder),
                settings.MIGRATE_WAIT_SECONDS,
            )
            is_told = True
        threading.Event().wait(_LOOK_SECONDS)


def _holder_unless_ours(beside: Any) -> tuple[int, str] | None:
    """Take the lock, or return who has it: PostgreSQL's process, 0 if it let go just now, and from where it is used."""
    with beside.cursor() as cursor:
        cursor.execute(_PATIENT)
        cursor.execute(_TRY, [_NUMBER])
        if cursor.fetchone()[0]:
            return None
        cursor.execute(_HOLDER, [_NUMBER])
        return cursor.fetchone() or (0, "")


def _named(process: int, place: str) -> str:
    return f"PostgreSQL's process {process}, used from {place}"


def _given_up(process: int, place: str) -> str:
    return (
        f"Another process has held the lock of migrations for {settings.MIGRATE_WAIT_SECONDS} s ({_named(process, place)}): "
        "wait until it is done and start again, or, if nothing migrates, end that by "
        f"SELECT pg_terminate_backend({process})."
    )


def _let_go(beside: Any) -> None:
    try:
        beside.rollback()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("the lock of migrations was lost before the work was done: %s", error)
