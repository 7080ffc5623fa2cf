"""Django's PostgreSQL backend with connections that notice a server which takes everything and answers nothing.

libpq waits for ever for the answer to a statement: a server that is stopped, or a network that swallows what is sent,
would take every thread of pages and none could say so. A long statement is no fault, so silence alone proves nothing:
after some seconds of it the server is asked, on a connection beside, whether it speaks at all.
"""

import select
import socket
import struct
import time
from collections.abc import Generator
from typing import Any

import psycopg
from django.db.backends.postgresql import base

_SILENCE = 5.0  # seconds without a byte before the server is asked
_SILENCE_OF_ONE_THAT_HUNG = 1.0
_ANSWER = 2.0  # seconds in which it must answer
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # anybody may send it first, and one byte comes back


class Connection(psycopg.Connection[Any]):
    """Raises OperationalError, and is closed, when its server hangs in the midst of a statement."""

    hangs = False  # any of them, a moment ago: threads then find out sooner

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        return super().wait(self._watched(gen), *args, **options)

    def _watched(self, gen: Any) -> Generator[Any, Any, Any]:
        heard = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard, Connection.hangs = time.monotonic(), False
                elif time.monotonic() - heard > self._patience():
                    self._ask()
                    heard = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _patience(self) -> float:
        if self.hangs:
            return _SILENCE_OF_ONE_THAT_HUNG
        return _SILENCE

    def _ask(self) -> None:
        Connection.hangs = not _speaks(self.info.hostaddr or self.info.host, self.info.port)
        if self.hangs:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database does not answer")


def _speaks(host: str, port: int) -> bool:
    """Tell whether a PostgreSQL answers there in time; `host` may be the folder of a Unix socket."""
    try:
        if not host.startswith("/"):
            with socket.create_connection((host, port), _ANSWER) as server:
                return _answers(server)
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(_ANSWER)
            server.connect(f"{host}/.s.PGSQL.{port}")
            return _answers(server)
    except OSError:
        return False


def _answers(server: socket.socket) -> bool:
    server.sendall(_SSL_REQUEST)
    return bool(server.recv(1))


def _lives(connection: psycopg.Connection[Any]) -> bool:
    """Tell whether the server has not hung up meanwhile, which the socket knows.

    This takes 1 us of processor time. The pool's own check is a statement, 64 us, and an ask takes several connections.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if not waiting.poll(0):
        return True
    try:
        connection.execute("")  # it may have been a notice
    except psycopg.Error:
        return False
    return True


class DatabaseWrapper(base.DatabaseWrapper):
    """Its pool is filled with such connections, and gives no dead one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.settings_dict["OPTIONS"].get("pool", {})["connection_class"] = Connection

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection that lives. After a restart of the server all that lie in the pool are dead."""
        while True:
            connection = super().get_new_connection(conn_params)
            if not self.pool or _lives(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)  # which fetches another in its place
