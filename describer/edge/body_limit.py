"""Limits on a request's body, held while it arrives: Django would spool all of it to disk before any view runs.

Counts the bytes since the last multipart boundary (a file) and of the whole body, whatever Content-Length says: as many
as the route takes, and from strangers few. The refusal closes the connection: on a kept-alive one the server would read
on to the body's end.
"""

import asyncio
import errno
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string

from describer.edge.form_part import FormPart, boundary_of
from describer.errors import Refusal
from describer.lib.route_traits import Body, RouteTraits
from describer.lib.shortage import refused_by_machine
from describer.middleware import traits_of_path

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = dict[bytes, bytes]
Admit = Callable[[RouteTraits, Headers], Awaitable[int]]

TRAITS = "describer.route_traits"  # the key in an ASGI scope of what its route says of itself
# From anybody, on any route: far above the forms of strangers (a login), and small beside what a connection costs.
STRANGERS_BYTES = 2**16

_DISK_FULL = "The site's disk is full; tell its admin. Nothing was stored."
_PACKED = "Send the body as it is, not packed."
_SHORT = "The site has too many files open or too little memory to take that right now. Nothing was stored; try again in a few seconds."
HEAR_SECONDS, HEAR_PAUSE = 2.0, 0.01
_HEAR_BYTES = 2**24
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

    What is more than STRANGERS_BYTES is taken from those alone whom `admit` knows, of a form `words_bytes` at most, and of
    one person `person_bytes` at once.
    """

    def __init__(
        self,
        app: App,
        admit: Admit,
        *,
        file_bytes: int,
        request_bytes: int,
        words_bytes: int,
        person_bytes: int,
        silence: float,
    ) -> None:
        self.app = app
        self.admit = admit
        self.file_bytes = file_bytes
        self.most = {
            Body.NOTHING: STRANGERS_BYTES,
            Body.WORDS: max(words_bytes, STRANGERS_BYTES),
            Body.FILES: request_bytes,
        }
        self.person_bytes = person_bytes
        self.under_way: Counter[int] = (
            Counter()
        )  # bytes of bodies that lie here until they are answered, by person
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
        except (OSError, MemoryError) as error:
            # Django spools the body to disk before any view: there is nobody else to say it.
            body.refused = _refusal_of(error)
            if body.refused is None:
                raise
        finally:
            body.let_go()
        if body.refused:
            await _refuse(scope, send, body.refused, body.hear_out)


def _refusal_of(error: OSError | MemoryError) -> Refusal | None:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return Refusal(_DISK_FULL, code="disk_full", status=507)
    if refused_by_machine(error):
        logger.warning("a request cannot be taken in now: %r", error)
        return Refusal(_SHORT, code="busy", status=503, retry_after=5)
    return None


def _is_packed(headers: Headers) -> bool:
    codings = (headers.get(b"content-encoding", b""), headers.get(b"transfer-encoding", b""))
    named = {coding.strip().lower() for coding in b",".join(codings).split(b",")}
    return bool(named - {b"", b"identity", b"chunked"})


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
        self.part = FormPart(boundary_of(headers.get(b"content-type", b"")))
        self.whole = 0
        self.more = True
        self.person: int | None = None  # known once more has come than is taken from strangers
        self.held = 0
        self.refused: Refusal | None = None

    async def announced(self) -> None:
        """Judge the body by what its sender tells of it, before any of it is taken: whether it is packed, and its length."""
        if _is_packed(self.headers):
            self.refused = Refusal(_PACKED, code="unsupported_media_type", status=415)
            return
        await self._judge(int(self.headers.get(b"content-length") or 0))

    async def _judge(self, size: int) -> None:
        """Refuse a body of this size if it is more than the route takes, or more than is taken from a stranger."""
        self.refused = self._too_much(size)
        if self.refused or self.person is not None or size <= STRANGERS_BYTES:
            return
        try:
            self.person = await self.limit.admit(self.traits, self.headers)
        except Refusal as refusal:
            self.refused = refusal

    def _hold(self, size: int) -> Refusal | None:
        """Count bytes as the person's under way; refuse the body that makes them too many."""
        if self.person is None:
            return None
        self.held += size
        self.limit.under_way[self.person] += size
        if self.limit.under_way[self.person] <= self.limit.person_bytes:
            return None
        most = filesizeformat(self.limit.person_bytes)
        message = f"More than {most} of your uploads are under way at once; send them one after the other."
        return Refusal(message, code="too_many_uploads", status=429, retry_after=10)

    def let_go(self) -> None:
        """Count the body no longer as under way."""
        if self.person is not None:
            self.limit.under_way[self.person] -= self.held
            if not self.limit.under_way[self.person]:
                del self.limit.under_way[self.person]

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
        self.refused = self.refused or self._hold(len(chunk)) or self._too_large(self.part.grown_by(chunk))
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
