"""Pages in one hop to a few threads: middleware and view run together in one of the pools.

Django's stock handler hops to a thread for every middleware hook and starts a thread per request: a plain view then
costs 1.5-2 ms, and pages 16 at once run at half the rate of one. One hop into two shared threads is three times as
quick and needs a third less memory: rendering is Python's, so more threads only wait for each other.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections, connections, reset_queries
from django.dispatch import receiver

from describer.db.connections import borrowed
from describer.edge.body_limit import TRAITS
from describer.edge.login_line import LoginLine, rank_of, turned_away
from describer.edge.sound_request import SoundRequest
from describer.lib.route_traits import Pool

_THREADS = {
    Pool.PAGE: 2,
    Pool.UPLOAD: 4,  # decoding waits without the GIL; it shall hold up no page
    Pool.LOGIN: 2,  # a password's hash takes 0.2 s, and anybody may ask for one
    Pool.PICTURE: 4,  # a bucket that hangs shall hold up no page either
    Pool.EXPORT: 1,  # pages shall compete with one at most; long exports take turns, piece by piece
    Pool.WATCH: 4,  # whoever watches the site is answered though all pages hang
}

_LOGINS_IN_LINE = 16

# Done inside the hop instead: as receivers these would run in another thread than the view.
for done in (close_old_connections, reset_queries):
    signals.request_started.disconnect(done)
    signals.request_finished.disconnect(done)


@receiver(signals.request_finished, sender=ASGIHandler)
def _close_connections(**_: Any) -> None:
    """Close the connections after a reply of Django's own handler: they would outlive its thread, this one.

    A page that goes wrong under /live/ opens one; PostgreSQL's pool was empty after sixteen of them.
    """
    connections.close_all()


class PageHandler(ASGIHandler):
    """Runs middleware and view in one hop; uploads, logins, pictures, exports and watchers in threads of their own."""

    request_class = SoundRequest

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.pools = {pool: ThreadPoolExecutor(count, pool.value) for pool, count in _THREADS.items()}
        self.login_line = LoginLine(_THREADS[Pool.LOGIN], _LOGINS_IN_LINE)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)  # without a thread of its own for each request

    async def run_get_response(self, request: Any) -> Any:
        pool = self._pool(request)
        if pool is not self.pools[Pool.LOGIN]:
            return await self._response(request, pool)
        if not await self.login_line.enter(rank_of(request)):
            return self._ours(turned_away(request))
        try:
            return await self._response(request, pool)
        finally:
            self.login_line.leave()

    async def _response(self, request: Any, pool: ThreadPoolExecutor) -> Any:
        answer = sync_to_async(self._answer, thread_sensitive=False, executor=pool)
        response = await _to_its_end(answer(request))
        if response.streaming and not response.is_async:
            response.streaming_content = _in_pool(iter(response.streaming_content), pool)
        return response

    def _pool(self, request: Any) -> ThreadPoolExecutor:
        """Return the threads that the route asks for; forms with files have threads of their own on every page."""
        pool = request.scope[TRAITS].pool_of(request.method)
        is_upload = request.method == "POST" and request.content_type == "multipart/form-data"
        if pool == Pool.PAGE and is_upload:
            pool = Pool.UPLOAD
        return self.pools[pool]

    def _answer(self, request: Any) -> Any:
        try:
            with borrowed():
                return self._ours(self.get_response(request))
        finally:
            if request.content_type == "multipart/form-data":
                for handler in request.upload_handlers:
                    handler.upload_interrupted()

    def _ours(self, response: Any) -> Any:
        vars(response).update(_handler_class=type(self), block_size=self.chunk_size)
        return response


async def _to_its_end(work: Awaitable[Any]) -> Any:
    """Return what the work answers.

    A caller who hangs up cancels us, but never work that has begun or stands in line.

    Django closes the body as soon as the cancelled task ends: a view that still reads it would meet a closed file.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _in_pool(parts: Iterator[bytes], pool: ThreadPoolExecutor) -> AsyncIterator[bytes]:
    """Yield the parts of a file or an export, each made in the pool.

    The loop never waits for a disk, and memory stays flat.
    """
    loop = asyncio.get_running_loop()
    while part := await _to_its_end(loop.run_in_executor(pool, _next_of, parts)):
        yield part


def _next_of(parts: Iterator[bytes]) -> bytes:
    """Return the next part, or b"" at the end; no connection is held while a slow reader takes the part."""
    with borrowed():
        return next(parts, b"")
