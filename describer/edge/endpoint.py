"""The outermost layer of our own endpoint, /v1/: what holds for every answer there, and what needs no look at the body.

Who brings no key is refused before a byte of the body is read, and browsers of other sites may ask without one what they
may send (CORS): a key is the only way in here, no cookie is, so there is nothing to protect from them.
"""

import asyncio
import json
import re
import uuid

from describer.edge.body_limit import SHUT, Admit, App, BodyLimit, Message, Receive, Scope, Send
from describer.errors import Refusal

_PATH = "/v1"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_METHODS = b"GET, HEAD, POST, OPTIONS"
_SHOWN = b"x-request-id, x-description-id, retry-after"
_MISSING = Refusal(
    "An API key is needed. Send the header Authorization: Bearer <API key>.",
    code="missing_api_key",
    status=401,
)
_STOPPED = Refusal(
    "The site was stopped before the answer came. What was sent on by then may have been billed.",
    code="unavailable",
    status=503,
)


class _EndpointSend:
    """A `send` that puts on the headers of every answer, each once, and knows whether the answer has begun or is over."""

    def __init__(self, send: Send, request_id: bytes) -> None:
        self.send = send
        self.begun = self.over = False
        self.ours = [
            *SHUT,
            (b"x-request-id", request_id),
            (b"access-control-allow-origin", b"*"),
            (b"access-control-expose-headers", _SHOWN),
        ]

    async def __call__(self, message: Message) -> None:
        if self.over:
            return
        if message["type"] == "http.response.start":
            self.begun = True
            names = {name for name, _ in self.ours}
            headers = message.get("headers", [])
            others = [(name, value) for name, value in headers if name.lower() not in names]
            message = {**message, "headers": [*others, *self.ours]}
        await self.send(message)


class EndpointEdge:
    """An ASGI layer: requests under /v1 get an id and a limit of their own, all others go to `rest`."""

    def __init__(
        self, rest: App, site: App, admit: Admit, *, body_bytes: int, person_bytes: int, silence: float
    ) -> None:
        self.rest = rest
        most = dict.fromkeys(("file_bytes", "request_bytes", "words_bytes"), body_bytes)
        self.site = BodyLimit(site, admit, person_bytes=person_bytes, silence=silence, **most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == _PATH or path.startswith(f"{_PATH}/")):
            await self.rest(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        request_id = headers.get(b"x-request-id", b"")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = uuid.uuid4().hex.encode()
        answer = _EndpointSend(send, request_id)
        if scope["method"] == "OPTIONS":
            await _reply(answer, 204, _preflight(headers))
        elif not headers.get(b"authorization", b"").strip():
            await _reply(answer, 401, _UNKNOWN, json.dumps(_MISSING.body).encode())
        else:
            named = [(name, value) for name, value in scope["headers"] if name.lower() != b"x-request-id"]
            known = {**scope, "headers": [*named, (b"x-request-id", request_id)]}
            await self._served(known, receive, answer)

    async def _served(self, scope: Scope, receive: Receive, answer: _EndpointSend) -> None:
        """Let the site answer.

        When the server stops and waits no longer for a call, its own words would be no JSON.
        """
        try:
            await self.site(scope, receive, answer)
        except asyncio.CancelledError:
            if not answer.begun:
                await _reply(answer, 503, _CUT_OFF, json.dumps(_STOPPED.body).encode())
                answer.over = True
            raise


_UNKNOWN = [
    (b"content-type", b"application/json"),
    (b"www-authenticate", b"Bearer"),
    (b"connection", b"close"),
]
_CUT_OFF = [
    (b"content-type", b"application/json"),
    (b"retry-after", b"5"),
    (b"x-should-retry", b"false"),
    (b"connection", b"close"),
]


def _preflight(headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """Return what a browser may send: whatever it asks for, since SDKs send headers of their own."""
    allowed = [(b"access-control-allow-methods", _METHODS)]
    if wanted := headers.get(b"access-control-request-headers", b""):
        allowed.append((b"access-control-allow-headers", wanted))
    return [
        *allowed,
        (b"access-control-max-age", b"86400"),
        (b"vary", b"access-control-request-headers"),
    ]


async def _reply(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    if status != 204:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
