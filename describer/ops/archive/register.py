"""What was seen in an archive, and what must be there, on disk: a site has millions of rows and files."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Register:
    """Keys by kind: `see` each once, `want` those that others name."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        for table in ("seen", "wanted"):
            columns = "(kind TEXT, key TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
            database.execute(f"CREATE TABLE {table} {columns}")

    def see(self, kind: str, *key: Any) -> bool:
        """Note a key; return False when it was seen before."""
        added = self.database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (kind, repr(key)))
        return added.rowcount == 1

    def want(self, kind: str, *key: Any) -> None:
        """Note a key that must be there in the end."""
        self.database.execute("INSERT OR IGNORE INTO wanted VALUES (?, ?)", (kind, repr(key)))

    def missing(self) -> str:
        """Return one that is wanted and was not seen, or ""."""
        query = "SELECT kind, key FROM wanted EXCEPT SELECT kind, key FROM seen LIMIT 1"
        found = self.database.execute(query).fetchone()
        if found is None:
            return ""
        return f"{found[0]} {found[1].strip('(),')}"


@contextmanager
def register() -> Iterator[Register]:
    """Yield an empty one; its file has no name and goes with it."""
    database = sqlite3.connect("", isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA cache_size = -16384")
        database.execute("BEGIN")
        yield Register(database)
    finally:
        database.close()
