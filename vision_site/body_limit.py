"""Limits on a request's body, held while it arrives: Django would spool all of it to disk before any view runs.

Counts the bytes since the last multipart boundary (a file) and of the whole body, whatever Content-Length says. The
refusal closes the connection: on a kept-alive one the server would read on to the body's end.
"""

import asyncio
import errno
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DISK_FULL = "The site's disk is full; tell its admin. Nothing was stored."
PART_HEADERS = 2048  # a part's headers and the line before the next boundary are not the file's
FILE_NAME = re.compile(rb'filename="([^"\r\n]*)"')
FOR_SCRIPTS = ("/api/", "/v1/", "/images/")
HEADERS = [
    (b"connection", b"close"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (
        b"content-security-policy",
        b"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        b"frame-ancestors 'none'; img-src 'self' data: blob:",
    ),
]


class Refused(Exception):
    """Reading stops here."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = "image" if code == "image_too_large" else None


class BodyLimit:
    """An ASGI layer: `file_bytes` and `request_bytes` at most, and no silence longer than `silence` seconds."""

    def __init__(self, app: App, *, file_bytes: int, request_bytes: int, silence: float) -> None:
        self.app = app
        self.file_bytes = file_bytes
        self.request_bytes = request_bytes
        self.silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        try:
            self._check_whole(int(headers.get(b"content-length") or 0))
            await self.app(scope, self._counted(receive, _boundary(headers)), send)
        except Refused as refused:
            await _refuse(scope, send, refused)
        except OSError as error:
            # Django spools the body to disk before any view: there is nobody else to say it.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            await _refuse(scope, send, Refused(507, "disk_full", DISK_FULL))

    def _counted(self, receive: Receive, boundary: bytes) -> Receive:
        whole = 0
        part = Part(boundary)
        more = True

        async def counted() -> Message:
            nonlocal whole, more
            if not more:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self.silence)
            except TimeoutError:
                words = f"Nothing came for {self.silence:g} seconds; send it again."
                raise Refused(408, "request_timeout", words) from None
            chunk = message.get("body", b"")
            whole += len(chunk)
            more = bool(message.get("more_body"))
            self._check_whole(whole)
            if part.grown_by(chunk) > self.file_bytes:
                raise self._too_large(part.file_name)
            return message

        return counted

    def _check_whole(self, size: int) -> None:
        if size > self.request_bytes:
            most = filesizeformat(self.request_bytes)
            words = f"That is more than {most} in one request; send fewer pictures at once."
            raise Refused(413, "request_too_large", words)

    def _too_large(self, file_name: str) -> Refused:
        most = filesizeformat(self.file_bytes)
        words = f"{file_name or 'One of the files'} is larger than {most}; send a smaller copy of it."
        return Refused(413, "image_too_large", words)


class Part:
    """Counts the bytes since the last boundary of a multipart body, also where a boundary is cut by two chunks."""

    def __init__(self, boundary: bytes) -> None:
        self.boundary = boundary
        self.tail = b""
        self.head = b""
        self.size = 0

    def grown_by(self, chunk: bytes) -> int:
        """The part's size after this chunk, in bytes. The largest part within one chunk is the chunk: that is small."""
        if not self.boundary:
            return 0
        window = self.tail + chunk
        found = window.rfind(self.boundary)
        if found < 0:
            self.size += len(chunk)
        else:
            self.size = len(window) - found - len(self.boundary)
            self.head = b""
        self.head = (self.head or window[found + len(self.boundary) :])[:PART_HEADERS] if self.size else b""
        self.tail = window[-(len(self.boundary) - 1) :]
        return self.size - PART_HEADERS

    @property
    def file_name(self) -> str:
        """The name in the part's headers, its last path part only, or ""."""
        found = FILE_NAME.search(self.head)
        name = found[1].decode("utf-8", "replace") if found else ""
        return name.replace("\\", "/").rpartition("/")[2][:255]


def _boundary(headers: dict[bytes, bytes]) -> bytes:
    kind, _, rest = headers.get(b"content-type", b"").partition(b";")
    if kind.strip().lower() != b"multipart/form-data":
        return b""
    for option in rest.split(b";"):
        name, _, value = option.strip().partition(b"=")
        if name.lower() == b"boundary":
            return b"--" + value.strip(b'" ')
    return b""


async def _refuse(scope: Scope, send: Send, refused: Refused) -> None:
    if scope["path"].startswith(FOR_SCRIPTS):
        kind = b"application/json"
        error = {
            "message": refused.message,
            "type": "server_error" if refused.status >= 500 else "invalid_request_error",
            "param": refused.param,
            "code": refused.code,
        }
        body = json.dumps({"error": error}).encode()
    else:
        kind = b"text/html; charset=utf-8"
        body = render_to_string(
            "error_bare.html", {"status": refused.status, "message": refused.message}
        ).encode()
    length = str(len(body)).encode()
    headers = [*HEADERS, (b"content-type", kind), (b"content-length", length)]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
