"""The ASGI application: a limit on bodies, then pages in one hop to a few threads, streams in the event loop.

Django's stock handler hops to a thread for every middleware hook and starts a thread per request: a plain view then
costs 1.5-2 ms, and pages 16 at once run at half the rate of one. One hop into two shared threads is three times as
quick and needs a third less memory: rendering is Python's, so more threads only wait for each other.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from errno import ENODATA
from tempfile import SpooledTemporaryFile
from typing import Any, cast

import django
from asgiref.sync import sync_to_async

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vision_site.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  Django comes first
from django.core import signals  # noqa: E402
from django.core.exceptions import RequestAborted  # noqa: E402
from django.core.handlers.asgi import ASGIHandler, get_script_prefix  # noqa: E402
from django.core.handlers.base import BaseHandler  # noqa: E402
from django.core.handlers.exception import convert_exception_to_response  # noqa: E402
from django.db import close_old_connections, connections, reset_queries  # noqa: E402
from django.dispatch import receiver  # noqa: E402
from django.http.response import HttpResponseBase  # noqa: E402
from django.urls import set_script_prefix  # noqa: E402

from .body_limit import BodyLimit  # noqa: E402
from .endpoint import EndpointEdge  # noqa: E402

PAGE_THREADS = 2
UPLOAD_THREADS = 4  # decoding waits without the GIL; it shall hold up no page
LOGIN_THREADS = 2  # a password's hash takes 0.2 s, and anybody may ask for one
PICTURE_THREADS = 4  # a bucket that hangs shall hold up no page either
EXPORT_THREADS = 1  # pages shall compete with one at most; long exports take turns, piece by piece
WATCH_THREADS = 4  # whoever watches the site is answered though all pages hang
LOGINS = ("/login/", "/admin/login/")
STREAMS = ("/live/",)
WATCHED = ("/healthz", "/readyz", "/metrics")
EXPORTS = re.compile(r"/api/descriptions\.(jsonl|csv)/?$")
BODY_IN_MEMORY = 2**20  # of a call at our own endpoint; the rest lies in a file without a name
PICTURES = re.compile(r"/images/\d|/descriptions/\d+/sent/")

# Done inside the hop instead: as receivers these would run in another thread than the view.
for done in (close_old_connections, reset_queries):
    signals.request_started.disconnect(done)
    signals.request_finished.disconnect(done)


@receiver(signals.request_finished, sender=ASGIHandler)
def close_connections(**_: Any) -> None:
    """After a reply of Django's own handler, in whose thread this runs: the connection would outlive the thread.

    A page that goes wrong under /live/ opens one; PostgreSQL's pool was empty after sixteen of them.
    """
    connections.close_all()


class PageHandler(ASGIHandler):
    """Runs middleware and view in one hop; uploads, logins, pictures, exports and watchers in threads of their own."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.pages = ThreadPoolExecutor(PAGE_THREADS, "page")
        self.uploads = ThreadPoolExecutor(UPLOAD_THREADS, "upload")
        self.logins = ThreadPoolExecutor(LOGIN_THREADS, "login")
        self.pictures = ThreadPoolExecutor(PICTURE_THREADS, "picture")
        self.exports = ThreadPoolExecutor(EXPORT_THREADS, "export")
        self.watch = ThreadPoolExecutor(WATCH_THREADS, "watch")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)  # without a thread of its own for each request

    async def run_get_response(self, request: Any) -> Any:
        pool = self._pool(request)
        answer = sync_to_async(self._answer, thread_sensitive=False, executor=pool)
        response = await to_its_end(answer(request))
        if response.streaming and not response.is_async:
            response.streaming_content = in_pool(iter(response.streaming_content), pool)
        return response

    def _pool(self, request: Any) -> ThreadPoolExecutor:
        if request.method == "POST" and request.path in LOGINS:
            return self.logins
        if PICTURES.match(request.path):
            return self.pictures
        if EXPORTS.match(request.path):
            return self.exports
        if request.path in WATCHED:
            return self.watch
        upload = request.method == "POST" and request.content_type == "multipart/form-data"
        return self.uploads if upload else self.pages

    def _answer(self, request: Any) -> Any:
        close_old_connections()
        try:
            response = self.get_response(request)
            vars(response).update(_handler_class=type(self), block_size=self.chunk_size)
            return response
        finally:
            close_old_connections()
            if request.content_type == "multipart/form-data":
                for handler in request.upload_handlers:
                    handler.upload_interrupted()


async def to_its_end(work: Awaitable[Any]) -> Any:
    """What the work answers. A caller who hangs up cancels us, but never work that has begun or stands in line.

    Django closes the body as soon as the cancelled task ends: a view that still reads it would meet a closed file.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def in_pool(parts: Iterator[bytes], pool: ThreadPoolExecutor) -> AsyncIterator[bytes]:
    """The parts of a file or an export, each made in the pool: the loop never waits for a disk, and memory stays flat."""
    loop = asyncio.get_running_loop()
    while part := await to_its_end(loop.run_in_executor(pool, next_of, parts)):
        yield part


def next_of(parts: Iterator[bytes]) -> bytes:
    """The next part, or b"" at the end. While a slow reader takes it, no connection to the database is held."""
    try:
        return next(parts, b"")
    finally:
        close_old_connections()


class EndpointHandler(ASGIHandler):
    """Runs the asynchronous views of our own endpoint, /v1/, without middleware.

    Sessions, messages, CSRF and static files have no business there; what all its answers have in common is put on by
    EndpointEdge.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        answer = self._get_response_async  # type: ignore[attr-defined]
        none: list[Any] = []
        self._view_middleware = self._template_response_middleware = self._exception_middleware = none
        self._middleware_chain = convert_exception_to_response(answer)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As Django's own `handle` does it, without its signals: nobody hears them here, and each is a hop to a thread."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        set_script_prefix(get_script_prefix(scope))
        request, refused = self.create_request(scope, body)
        if request is None:
            await self.send_response(cast(HttpResponseBase, refused), send)
            return
        answering = asyncio.ensure_future(self._answer(request, send))
        hung_up = asyncio.ensure_future(receive())
        try:
            await asyncio.wait((answering, hung_up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            hung_up.cancel()
            answering.cancel()  # of one that has ended this changes nothing
        with suppress(asyncio.CancelledError):
            await answering
        body.close()

    async def _answer(self, request: Any, send: Any) -> None:
        await self.send_response(await self.run_get_response(request), send)

    async def run_get_response(self, request: Any) -> Any:
        response: Any = await super().run_get_response(request)
        if not response.streaming and "Content-Length" not in response:
            response["Content-Length"] = str(len(response.content))
        return response

    async def read_body(self, receive: Any) -> Any:
        body = TakenOnce(max_size=BODY_IN_MEMORY)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise RequestAborted
            body.write(message.get("body", b""))
            if not message.get("more_body"):
                body.seek(0)
                return body


class TakenOnce(SpooledTemporaryFile[bytes]):
    """A body that is read once and whole; with that its memory is free, and does not wait for the answer."""

    def read(self, *_: Any) -> bytes:
        """Raises OSError when the caller has hung up: it is closed then, whoever is about to read it."""
        try:
            data = super().read()
        except ValueError as error:
            raise OSError(ENODATA, "the caller has hung up") from error
        self.close()
        return data


class Site:
    """Routes streams to Django's own asynchronous handler, all else to the one for pages."""

    def __init__(self) -> None:
        self.pages = PageHandler()
        self.streams = ASGIHandler()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        handler = self.streams if scope.get("path", "").startswith(STREAMS) else self.pages
        await handler(scope, receive, send)


application = EndpointEdge(
    BodyLimit(
        Site(),
        file_bytes=settings.IMAGE_MAX_BYTES,
        request_bytes=settings.UPLOAD_MAX_BYTES,
        silence=settings.UPLOAD_SILENCE_SECONDS,
    ),
    EndpointHandler(),
    body_bytes=settings.ENDPOINT_BODY_BYTES,
    silence=settings.UPLOAD_SILENCE_SECONDS,
)
