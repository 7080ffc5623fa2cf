"""Limits on a request's body, held while it arrives: Django would spool all of it to disk before any view runs.

Counts the bytes since the last multipart boundary (a file) and of the whole body, whatever Content-Length says: as many
as the route takes, and from strangers few. The refusal closes the connection: on a kept-alive one the server would read
on to the body's end.
"""

import asyncio
import errno
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string

from describer.errors import Refusal
from describer.lib.route_traits import Body, RouteTraits
from describer.middleware import traits_of_path

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = dict[bytes, bytes]
Admit = Callable[[RouteTraits, Headers], Awaitable[object]]

TRAITS = "describer.route_traits"  # the key in an ASGI scope of what its route says of itself
# From anybody, on any route: far above the forms of strangers (a login), and small beside what a connection costs.
STRANGERS_BYTES = 2**16

_DISK_FULL = "The site's disk is full; tell its admin. Nothing was stored."
HEAR_SECONDS, HEAR_PAUSE = 2.0, 0.01
_HEAR_BYTES = 2**24
_PART_HEADERS = 2048  # a part's headers and the line before the next boundary are not the file's
_FILE_NAME = re.compile(rb'filename="([^"\r\n]*)"')
_ADVICE = {
    Body.NOTHING: ", which this address does not take.",
    Body.WORDS: ", which this address does not take; it takes no files.",
    Body.FILES: "; send fewer pictures at once.",
}
SHUT = [
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
HEADERS = [(b"connection", b"close"), *SHUT]


class BodyLimit:
    """An ASGI layer: of files `file_bytes` each and `request_bytes` in all, and no silence longer than `silence` seconds.

    What is more than STRANGERS_BYTES is taken from those alone whom `admit` knows, and of a form `words_bytes` at most.
    """

    def __init__(
        self, app: App, admit: Admit, *, file_bytes: int, request_bytes: int, words_bytes: int, silence: float
    ) -> None:
        self.app = app
        self.admit = admit
        self.file_bytes = file_bytes
        self.most = {
            Body.NOTHING: STRANGERS_BYTES,
            Body.WORDS: max(words_bytes, STRANGERS_BYTES),
            Body.FILES: request_bytes,
        }
        self.silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        traits = traits_of_path(scope.get("path", ""))
        scope = {**scope, TRAITS: traits}
        headers = {name.lower(): value for name, value in scope["headers"]}
        # By its headers and not by its method: a GET may have a body as well.
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            await self.app(scope, receive, send)
            return
        body = _Body(self, traits, scope["method"], receive, headers)
        try:
            await body.announced()
            if not body.refused:
                await self.app(scope, body.receive, send)
        except OSError as error:
            # Django spools the body to disk before any view: there is nobody else to say it.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            body.refused = Refusal(_DISK_FULL, code="disk_full", status=507)
        if body.refused:
            await _refuse(scope, send, body.refused, body.hear_out)


class _Body:
    """A request's body on its way in. Once it is refused, the application sees a caller who has hung up."""

    def __init__(
        self, limit: BodyLimit, traits: RouteTraits, method: str, receive: Receive, headers: Headers
    ) -> None:
        self.limit = limit
        self.traits = traits
        self.kind = traits.body_of(method)
        self.receive_next = receive
        self.headers = headers
        self.part = _FormPart(_boundary(headers))
        self.whole = 0
        self.more = True
        self.is_admitted = False
        self.refused: Refusal | None = None

    async def announced(self) -> None:
        """Judge the body by the length that its sender tells, before any of it is taken."""
        await self._judge(int(self.headers.get(b"content-length") or 0))

    async def _judge(self, size: int) -> None:
        """Refuse a body of this size if it is more than the route takes, or more than is taken from a stranger."""
        self.refused = self._too_much(size)
        if self.refused or self.is_admitted or size <= STRANGERS_BYTES:
            return
        try:
            await self.limit.admit(self.traits, self.headers)
        except Refusal as refusal:
            self.refused = refusal
        self.is_admitted = True

    async def receive(self) -> Message:
        if not self.more:
            return await self.receive_next()
        try:
            async with asyncio.timeout(self.limit.silence):  # `wait_for` would make a task for each piece
                message = await self.receive_next()
        except TimeoutError:
            self.refused = Refusal(self._silent, code="request_timeout", status=408)
            return {"type": "http.disconnect"}
        chunk = message.get("body", b"")
        self.whole += len(chunk)
        self.more = bool(message.get("more_body"))
        await self._judge(self.whole)
        self.refused = self.refused or self._too_large(self.part.grown_by(chunk))
        if self.refused:
            return {"type": "http.disconnect"}
        return message

    async def hear_out(self) -> None:
        """Take in, for a moment and slowly, what is on its way.

        A socket that is closed over unread bytes is reset, and a proxy then tells of a bad gateway instead of what we
        said. Slowly, since nginx looks for an answer only when it has to wait.
        """
        heard = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(HEAR_SECONDS):
                while self.more and heard < _HEAR_BYTES:
                    await asyncio.sleep(HEAR_PAUSE)
                    message = await self.receive_next()
                    heard += len(message.get("body", b""))
                    self.more = bool(message.get("more_body"))

    @property
    def _silent(self) -> str:
        return f"Nothing came for {self.limit.silence:g} seconds; send it again."

    def _too_much(self, size: int) -> Refusal | None:
        if size <= self.limit.most[self.kind]:
            return None
        most = filesizeformat(self.limit.most[self.kind])
        message = f"That is more than {most} in one request{_ADVICE[self.kind]}"
        return Refusal(message, code="request_too_large", status=413)

    def _too_large(self, size: int) -> Refusal | None:
        if size <= self.limit.file_bytes or self.kind != Body.FILES:
            return None
        most = filesizeformat(self.limit.file_bytes)
        name = self.part.file_name or "One of the files"
        message = f"{name} is larger than {most}; send a smaller copy of it."
        return Refusal(message, code="image_too_large", param="image", status=413)


class _FormPart:
    """Counts the bytes since the last boundary of a multipart body, also where a boundary is cut by two chunks."""

    def __init__(self, boundary: bytes) -> None:
        self.boundary = boundary
        self.tail = b""
        self.head = b""
        self.size = 0

    def grown_by(self, chunk: bytes) -> int:
        """Return the part's size after this chunk, in bytes.

        The largest part within one chunk is the chunk: that is small.
        """
        if not self.boundary:
            return 0
        window = self.tail + chunk
        begin = window.rfind(self.boundary) + len(self.boundary)
        if begin < len(self.boundary):  # none there
            self.size += len(chunk)
        else:
            self.size = len(window) - begin
            self.head = b""
        if self.size:
            self.head = (self.head or window[begin:])[:_PART_HEADERS]
        self.tail = window[-(len(self.boundary) - 1) :]
        return self.size - _PART_HEADERS

    @property
    def file_name(self) -> str:
        """Return the name in the part's headers, its last path part only, or ""."""
        match = _FILE_NAME.search(self.head)
        if match is None:
            return ""
        name = match[1].decode("utf-8", "replace")
        return name.replace("\\", "/").rpartition("/")[2][:255]


def _boundary(headers: Headers) -> bytes:
    kind, _, rest = headers.get(b"content-type", b"").partition(b";")
    if kind.strip().lower() != b"multipart/form-data":
        return b""
    for option in rest.split(b";"):
        name, _, value = option.strip().partition(b"=")
        if name.lower() == b"boundary":
            return b"--" + value.strip(b'" ')
    return b""


async def _refuse(
    scope: Scope, send: Send, refused: Refusal, hear_out: Callable[[], Awaitable[None]]
) -> None:
    if scope[TRAITS].tells_json(scope["method"]):
        kind = b"application/json"
        body = json.dumps(refused.body).encode()
    else:
        kind = b"text/html; charset=utf-8"
        context = {"status": refused.status, "message": refused.message}
        body = render_to_string("error_bare.html", context).encode()
    length = str(len(body)).encode()
    headers = [*HEADERS, (b"content-type", kind), (b"content-length", length)]
    if refused.status == 401 and scope[TRAITS].by_key:
        headers.append((b"www-authenticate", b"Bearer"))
    if refused.retry_after:
        headers.append((b"retry-after", str(refused.retry_after).encode()))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await hear_out()
    await send({"type": "http.response.body", "body": b""})
