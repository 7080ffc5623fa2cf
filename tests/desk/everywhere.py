"""Whether a word is anywhere on a site: in any table of the database, in any file's bytes or name."""

from pathlib import Path
from typing import cast

from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection


def tables_with(word: str) -> list[str]:
    """The tables in which a word stands, in whatever column."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if any(word in str(row) for row in cursor.fetchall()):
                found.append(table)
    return found


def files() -> list[str]:
    """The names of all files in storage."""
    root = Path(cast(FileSystemStorage, default_storage).location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
