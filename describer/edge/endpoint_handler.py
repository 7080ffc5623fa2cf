"""The views of our own endpoint, /v1/, run without middleware and without Django's signals."""

import asyncio
from contextlib import suppress
from errno import ENODATA
from tempfile import SpooledTemporaryFile
from typing import Any, cast

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from describer.edge.sound_request import SoundRequest

_BODY_IN_MEMORY = 2**20  # of a call; the rest lies in a file without a name


class EndpointHandler(ASGIHandler):
    """Runs the asynchronous views of our own endpoint, /v1/, without middleware.

    Sessions, messages, CSRF and static files have no business there; what all its answers have in common is put on by
    EndpointEdge.
    """

    request_class = SoundRequest

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        answer = self._get_response_async  # type: ignore[attr-defined]
        none: list[Any] = []
        self._view_middleware = self._template_response_middleware = self._exception_middleware = none
        self._middleware_chain = convert_exception_to_response(answer)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as Django's own `handle` does, without its signals.

        Nobody hears these here, and each is a hop to a thread.
        """
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
        body = _TakenOnce(max_size=_BODY_IN_MEMORY)
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise RequestAborted
            body.write(message.get("body", b""))
            if not message.get("more_body"):
                body.seek(0)
                return body


class _TakenOnce(SpooledTemporaryFile[bytes]):
    """A body that is read once and whole; with that its memory is free, and does not wait for the answer."""

    def read(self, *_: Any) -> bytes:
        """Return the body. Raises OSError when the caller has hung up: the body is closed then."""
        try:
            data = super().read()
        except ValueError as error:
            raise OSError(ENODATA, "the caller has hung up") from error
        self.close()
        return data
