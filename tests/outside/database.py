"""A site's database from beside the site: rows as they are, and locks that make its processes hang."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from tests.site import Site, until


class Database:
    """The SQLite file or the PostgreSQL database of a site."""

    def __init__(self, site: Site) -> None:
        self.url = site.environment.get("DATABASE_URL", "")
        self.file = site.data / "describer.sqlite3"

    def _open(self) -> Any:
        if self.url:
            return psycopg.connect(self.url, autocommit=True)
        return sqlite3.connect(self.file, timeout=20, isolation_level=None)

    def rows(self, query: str) -> list[Any]:
        with closing(self._open()) as database:
            return list(database.execute(query).fetchall())

    def do(self, statement: str) -> None:
        with closing(self._open()) as database:
            database.execute(statement)

    @contextmanager
    def locked(self, table: str = "describer_attempt") -> Iterator[None]:
        """Nobody else writes this table meanwhile (in SQLite: any table)."""
        with closing(self._open()) as database:
            database.execute("BEGIN" if self.url else "BEGIN IMMEDIATE")
            if self.url:
                database.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
            database.execute("ROLLBACK")

    def waiters(self) -> int:
        """How many connections wait for such a lock; PostgreSQL only."""
        return int(self.rows("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0])

    def attempts(self) -> dict[int, list[str]]:
        """The states of each description's attempts, in order."""
        found: dict[int, list[str]] = {}
        query = "SELECT description, state FROM describer_attempt ORDER BY description, number"
        for number, state in self.rows(query):
            found.setdefault(number, []).append(state)
        return found

    def status(self, number: int) -> str:
        return str(self.rows(f"SELECT status FROM describer_description WHERE id = {number}")[0][0])

    def tokens(self) -> tuple[int, int]:
        """Total tokens by the ledger's lines, and by its days: they must agree."""
        lines = self.rows("SELECT coalesce(sum(total_tokens), 0) FROM describer_attempt")[0][0]
        days = self.rows("SELECT coalesce(sum(total_tokens), 0) FROM describer_usageday")[0][0]
        return int(lines), int(days)


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """The server of this database takes no writes meanwhile, as a standby does.

    A new connection that sees the change proves that all others were told of it before: the server tells them first.
    """

    def is_turned(value: str) -> bool:
        with psycopg.connect(url, autocommit=True) as server:
            return server.execute("SHOW default_transaction_read_only").fetchone() == (value,)

    def turn(value: str) -> None:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
            server.execute("SELECT pg_reload_conf()")
        until(lambda: is_turned(value), f"writes are refused: {value}")

    turn("on")
    try:
        yield
    finally:
        turn("off")
