"""HTTP on the socket: uvicorn's own, with limits on the head of a request, and our headers on what it refuses itself.

A head without end would take memory without end, and time by its square: 200 MB of one header held the loop for two
minutes. What follows a body (trailers) is counted as a head.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from describer.edge.body_limit import HEADERS

_HEAD_BYTES = 2**16
_HEAD_SECONDS = 60.0


class Protocol(HttpToolsProtocol):
    """Ends a connection whose next head, or next piece of a body, is longer than _HEAD_BYTES or _HEAD_SECONDS in coming."""

    beside = 0  # bytes since a head or a piece of a body was whole
    patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.beside += len(data)
        super().data_received(data)
        if self.beside > _HEAD_BYTES and not self.transport.is_closing():
            self._refuse(431, f"The head of a request has at most {_HEAD_BYTES // 1024} KiB.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.beside = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _expect_head(self) -> None:
        if self.patience is None:
            self.patience = self.loop.call_later(_HEAD_SECONDS, self._lose_patience)

    def _head_came(self) -> None:
        self.beside = 0
        if self.patience:
            self.patience.cancel()
            self.patience = None

    def _lose_patience(self) -> None:
        if self.beside:
            self._refuse(408, f"No request came within {_HEAD_SECONDS:g} seconds.")
        self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        """Say why, unless a reply is under way, and hang up."""
        reply: Any = self.cycle
        if reply is None or reply.response_complete or not reply.response_started:
            body = message.encode()
            headers = [
                *HEADERS,
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
            ]
            lines = [name + b": " + value + b"\r\n" for name, value in headers]
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.close()
