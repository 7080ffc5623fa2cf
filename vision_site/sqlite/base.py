"""Django's SQLite backend with one fair lock around this process's write transactions.

SQLite has one writer, and its own busy handler sleeps and is unfair: under 64 threads the worst wait was 2-3 s with it
and under 1 s with this lock, at the same throughput. The busy handler stays for other processes (`manage.py`).
Every transaction is IMMEDIATE (settings), so each one that begins is a writer.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db.backends.sqlite3 import base
from django.db.utils import DatabaseError, OperationalError

_WRITER = threading.Lock()


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds _WRITER from BEGIN until autocommit is back or the connection is closed."""

    _holds_writer = False
    _waits = True

    @contextmanager
    def without_waiting(self) -> Iterator[None]:
        """Raise OperationalError where a write of this connection would wait for another writer."""
        seconds = self.settings_dict["OPTIONS"].get("timeout", 5)
        self._waits = False
        try:
            self._be_patient(0)
            yield
        finally:
            self._waits = True
            with suppress(DatabaseError):
                self._be_patient(seconds)

    def _be_patient(self, seconds: float) -> None:
        with self.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")

    def _start_transaction_under_autocommit(self) -> None:
        if not _WRITER.acquire(blocking=self._waits):
            raise OperationalError("another thread writes")
        self._holds_writer = True
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_back()
            raise

    def _set_autocommit(self, autocommit: bool) -> None:
        # Below `set_autocommit`, which runs the on-commit hooks: these may write, and would wait for themselves.
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if autocommit:
            self._give_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._give_back()

    def _give_back(self) -> None:
        if self._holds_writer:
            self._holds_writer = False
            _WRITER.release()
