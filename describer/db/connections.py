"""Who holds a connection to the database, and how long: a pool has sixteen, and there are hundreds of threads."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connection, connections


def release() -> None:
    """Give this thread's connection back to the pool, unless a transaction is open on it."""
    if not connection.in_atomic_block:
        close_old_connections()


@contextmanager
def released() -> Iterator[None]:
    """Hold no connection while the block runs: it waits for somebody else, perhaps for minutes."""
    release()
    yield


@contextmanager
def borrowed() -> Iterator[None]:
    """Give back what the block has used of connections, however the block ends; one that died before is let go first."""
    release()
    try:
        yield
    finally:
        release()


@contextmanager
def closed() -> Iterator[None]:
    """Close the connections that the block has opened: they would outlive their thread."""
    try:
        yield
    finally:
        connections.close_all()
