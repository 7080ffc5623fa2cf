"""One moment of the database, while others go on writing; and the numbers that its rows have had."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from describer.ops.archive.rows import APPS, MODELS, model_of


@contextmanager
def snapshot() -> Iterator[None]:
    """Let all that is read within be of one moment.

    This holds up nobody: neither database lets readers wait for writers.
    """
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    with connection.cursor() as cursor:
        # Not atomic(): its transactions are a writer's from their beginning, here.
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def migrations() -> dict[str, list[str]]:
    """Return the migrations that the database has had, of the apps whose rows are kept."""
    done = MigrationRecorder(connection).applied_migrations()
    return {app: sorted(name for of, name in done if of == app) for app in APPS}


def numbers() -> dict[str, int]:
    """Return the last id that each model has given.

    The ledger remembers rows that are gone: their numbers never come again.
    """
    return {label: _last_number(model_of(label)) for label in MODELS}


def _is_numbered(model: type[models.Model]) -> bool:
    """Tell whether the database gives a model's rows their ids; a transcript has its description's."""
    return isinstance(model._meta.pk, models.AutoField)


def _last_number(model: type[models.Model]) -> int:
    if not _is_numbered(model):
        return 0
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [f'"{table}"'])
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608  as PostgreSQL names it
            last, is_called = cursor.fetchone()
            if not is_called:
                return 0
            return int(last)
        cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [table])
        return int(cursor.fetchone()[0] or 0)


def set_number(model: type[models.Model], last: int) -> None:
    """Let the next id of a model be after `last`, and after all that are there."""
    if not _is_numbered(model):
        return
    table = model._meta.db_table
    last = max(last, model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            call = "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, %s)"
            cursor.execute(call, [f'"{table}"', max(last, 1), last > 0])
            return
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])


def is_filled(label: str) -> bool:
    """Tell whether a model has rows in this database, of whatever state of migrations it is."""
    table = model_of(label)._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608  a table of ours
        row: Any = cursor.fetchone()
    return row is not None
