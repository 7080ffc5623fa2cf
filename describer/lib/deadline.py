"""Sockets that know how long their call may still take.

requests bounds the gap between two reads, never a whole call, and has one figure for "no byte yet" and "no more
bytes": a server that drips a byte a second, even in its headers, holds a worker for ever. Here each read and each
write asks the deadline of the call that its thread is making. A connection is used for a minute, since a name may lead
elsewhere by then.
"""

import http.client
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from describer.lib.framing import FramedResponse

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer

_THREAD = threading.local()
CONNECTION_SECONDS = 60.0


class TooMuchReceived(http.client.HTTPException):
    """A reply takes more bytes on its way than its call allows, whatever they unpack to."""


class Deadline:
    """The times of one call in seconds; `sent` tells whether any byte of it has left, None where no socket was used.

    `most_received` bounds all bytes that are read: heads, framing and what is packed as well.
    """

    def __init__(
        self, first_byte: float, between_bytes: float, whole_call: float, most_received: int | None = None
    ) -> None:
        self.left_to_receive = most_received
        self.first_byte = first_byte
        self.between_bytes = between_bytes
        self.ends = time.monotonic() + whole_call
        self.sent: bool | None = None
        self.begun = False

    def remaining(self) -> float:
        """Return how long to wait for the next byte. Raises TimeoutError when the call's time is used up."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole call took too long")
        if self.begun:
            return min(left, self.between_bytes)
        return min(left, self.first_byte)

    def receive(self, size: int) -> None:
        """Note that so many bytes came. Raises TooMuchReceived."""
        self.begun = True
        if self.left_to_receive is not None:
            self.left_to_receive -= size
            if self.left_to_receive < 0:
                raise TooMuchReceived

    @contextmanager
    def running(self) -> Iterator[None]:
        """Make this the deadline of all sockets that the thread uses."""
        _THREAD.deadline = self
        try:
            yield
        finally:
            _THREAD.deadline = None


def _current() -> Deadline | None:
    return getattr(_THREAD, "deadline", None)


def connecting() -> None:
    if deadline := _current():
        deadline.sent = False


class _DeadlineReader(io.RawIOBase):
    """What a response is read from: one recv at a time, each within what remains of the deadline."""

    def __init__(self, sock: "socket.socket") -> None:
        self.sock = sock
        self.raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        deadline = _current()
        if deadline is None:
            return self.raw.readinto(buffer)
        self.sock.settimeout(deadline.remaining())
        size = self.raw.readinto(buffer)
        deadline.receive(size or 0)
        return size

    def close(self) -> None:
        self.raw.close()
        super().close()


class _DeadlineSocket:
    """A connected socket, plain or TLS, whose reads and writes obey the deadline."""

    def __init__(self, sock: "socket.socket") -> None:
        self.sock = sock

    def sendall(self, data: bytes) -> None:
        if deadline := _current():
            self.sock.settimeout(deadline.remaining())
            deadline.sent = True
        self.sock.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self.sock))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


class DeadlineConnection(HTTPConnection):
    response_class = FramedResponse
    too_old = float("inf")

    def connect(self) -> None:
        connecting()
        super().connect()
        self.sock = cast("socket.socket", _DeadlineSocket(self.sock))
        self.too_old = time.monotonic() + CONNECTION_SECONDS

    @property
    def is_connected(self) -> bool:
        """Tell whether another call may go over this connection: the pool asks before each."""
        return time.monotonic() < self.too_old and super().is_connected


class DeadlineTLSConnection(DeadlineConnection, HTTPSConnection):
    """The same over TLS."""


class _DeadlinePool(HTTPConnectionPool):
    ConnectionCls = DeadlineConnection


class _DeadlineTLSPool(HTTPSConnectionPool):
    ConnectionCls = DeadlineTLSConnection


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _DeadlinePool, "https": _DeadlineTLSPool}


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """The adapter of requests over sockets with deadlines, direct or by a proxy; nothing is sent twice."""

    def __init__(self, pool_size: int) -> None:
        super().__init__(pool_connections=16, pool_maxsize=pool_size, max_retries=0, pool_block=False)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_deadlines(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return _use_deadlines(super().proxy_manager_for(proxy, **kwargs))


def _use_deadlines(manager: PoolManager) -> PoolManager:
    """Give a manager the pools with deadlines; SOCKS proxies bring connections of their own and keep them."""
    if "_socks_options" not in manager.connection_pool_kw:
        manager.pool_classes_by_scheme = _POOLS
    return manager
