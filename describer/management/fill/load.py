"""Writing rows by the quickest way that each database has: COPY into PostgreSQL, plain tuples by executemany into SQLite."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model

from describer.management.fill.columns import Columns

_CACHE_KIB = 256 * 1024  # of SQLite's pages: indexes grow at as many places as there are people


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


@contextmanager
def roomy() -> Iterator[None]:
    """Give SQLite room for the indexes; the site itself needs little."""
    if is_postgresql():
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA cache_size").fetchone()[0]
        cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {before}")


def write(columns: Columns, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows of one table, within the caller's transaction."""
    table = connection.ops.quote_name(columns.table)
    with connection.cursor() as cursor:
        if is_postgresql():
            with cursor.copy(f"COPY {table} ({columns.listed}) FROM STDIN") as copy:
                for row in columns.complete(rows):
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(columns.names))
        statement = f"INSERT INTO {table} ({columns.listed}) VALUES ({places})"  # noqa: S608  names of columns
        cursor.executemany(statement, columns.complete(rows))  # type: ignore[arg-type]  # any iterable goes


def take_numbers(model: type[Model], count: int) -> int:
    """Reserve so many ids in a row, within the caller's transaction; return the first.

    Never one that was used before: the ledger keeps the numbers of descriptions that were deleted. Nobody else makes a row
    meanwhile: on SQLite there is one writer, on PostgreSQL the table is locked against others' rows.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if not is_postgresql():
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            found = cursor.fetchone()
            return int(found[0]) + 1 if found else 1
        quoted = connection.ops.quote_name(table)
        cursor.execute(f"LOCK TABLE {quoted} IN SHARE ROW EXCLUSIVE MODE")
        sequence = "pg_get_serial_sequence(%s, 'id')"
        cursor.execute(f"SELECT nextval({sequence})", [quoted])
        first = int(cursor.fetchone()[0])
        cursor.execute(f"SELECT setval({sequence}, %s)", [quoted, first + count - 1])
    return first


def settle(models: Iterable[type[Model]]) -> None:
    """Have PostgreSQL look through what was copied: it plans by what it knows, and counts by an index only what it has seen."""
    if not is_postgresql() or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"VACUUM ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
