"""Migrating so that it can be cut off anywhere, and so that of several processes that start at once each waits its turn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection as default_connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from describer.db.migration_lock import only_holder

_held = threading.local()


class WholeExecutor(MigrationExecutor):
    """Writes a migration and its line in `django_migrations` in one transaction.

    Django writes the line after the commit wherever statements are left for a migration's end: a process that is killed
    in between would leave tables that the next start tries to make again.
    """

    def apply_migration(
        self, state: Any, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> Any:
        if fake or fake_initial:
            return super().apply_migration(state, migration, fake, fake_initial)
        self._tell("apply_start", migration)
        with self.connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.apply(state, editor)
            _finish(editor)
            self.record_migration(migration)  # type: ignore[call-arg, arg-type]
        self._tell("apply_success", migration)
        return state

    def unapply_migration(self, state: Any, migration: Migration, fake: bool = False) -> Any:
        if fake or migration.replaces:
            return super().unapply_migration(state, migration, fake)
        self._tell("unapply_start", migration)
        with self.connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.unapply(state, editor)
            _finish(editor)
            self.recorder.record_unapplied(migration.app_label, migration.name)
        self._tell("unapply_success", migration)
        return state

    def _tell(self, what: str, migration: Migration) -> None:
        if self.progress_callback:
            self.progress_callback(what, migration, False)


def _finish(editor: Any) -> None:
    """Run what an editor has left for the end, so that nothing is left to run after the line is written."""
    for statement in editor.deferred_sql:
        editor.execute(statement, None)
    editor.deferred_sql.clear()


@contextmanager
def one_at_a_time(connection: Any = default_connection) -> Iterator[None]:
    """Hold this while a database is made ready: of processes that start at once, the others wait. It may be held twice."""
    if getattr(_held, "is_held", False):
        yield
        return
    _held.is_held = True
    try:
        with only_holder(connection):
            yield
    finally:
        _held.is_held = False
