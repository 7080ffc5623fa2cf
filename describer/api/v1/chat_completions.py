"""POST /v1/chat/completions: waiting for a call, and handing on what its thread gives."""

import asyncio
import json
from collections.abc import AsyncIterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from describer.api.errors import error
from describer.api.v1.call import EndpointCall, callers
from describer.chat.relay import dumped, frame
from describer.engine.submit import Refusal, check_open
from describer.lib.route_traits import SCRIPT_WITH_FILES, route

# A stream's status waits so long for the first words: an early failure is a true 4xx or 5xx.
_HEADERS_SECONDS = 10.0
_TOO_SLOW = {
    "message": "The stream was read too slowly; the whole answer is in the history.",
    "type": "invalid_request_error",
    "param": None,
    "code": "read_too_slowly",
}
WAITING = b": waiting\n"
_STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


@route(SCRIPT_WITH_FILES)
@csrf_exempt
async def chat_completions(request: HttpRequest) -> HttpResponseBase:
    """Answer a chat, whole or as a stream."""
    if refusal := _unfit(request):
        return _refused(refusal)
    try:
        EndpointCall.check_line()
        check_open()  # before it stands in line: behind calls that last, it would hear of a stop too late
        call = EndpointCall(request, await callers.caller(request.headers.get("Authorization", "")))
        done = call.begin()
    except Refusal as refusal:
        return error(refusal)
    try:
        return await _begun(call, done)
    except asyncio.CancelledError:
        call.hang_up()
        raise


async def _begun(call: EndpointCall, done: "asyncio.Future[HttpResponse]") -> HttpResponseBase:
    """Return a stream with its first words, or when they are long in coming; else the reply.

    The reply comes within the time of a whole call.
    """
    while not (done.done() or call.cut_off) and call.left > 0:
        await call.channel.wait(min(call.left, _HEADERS_SECONDS))
        if call.channel.frames or (call.streams and call.description and not done.done()):
            return _stream_reply(call, done)
    if call.cut_off:
        return call.marked(error(call.cut_off))
    if done.done():
        return done.result()
    return _too_late(call)


def _unfit(request: HttpRequest) -> Refusal | None:
    """Return the refusal of a request whose headers do not fit."""
    if request.method != "POST":
        return Refusal("This address takes POST.", code="method_not_allowed", status=405)
    if not _sends_json(request):
        message = "Send Content-Type: application/json, in UTF-8."
        return Refusal(message, code="unsupported_media_type", status=415)
    return None


def _sends_json(request: HttpRequest) -> bool:
    """Tell whether the headers announce JSON in UTF-8."""
    kind = (request.content_type or "").lower()
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"' ").lower()
    return (kind == "application/json" or kind.endswith("+json")) and charset in ("utf-8", "utf8")


def _refused(refusal: Refusal) -> HttpResponse:
    if refusal.status == 405:
        return error(refusal, Allow="POST")
    return error(refusal)


def _too_late(call: EndpointCall) -> HttpResponse:
    """Return the reply when none came in time; an answer that comes after all will be recorded."""
    call.waiter.over.set()
    seconds = settings.VISION_TIMEOUTS["whole_call"]
    message = f"No answer came within {seconds:g} seconds; it will be in the history if it comes after all."
    response = error(Refusal(message, code="timeout", status=504), **{"X-Should-Retry": "false"})
    return call.marked(response)


def _stream_reply(call: EndpointCall, done: "asyncio.Future[HttpResponse]") -> StreamingHttpResponse:
    return call.marked(StreamingHttpResponse(frames(call, done), headers=_STREAM_HEADERS))


async def frames(call: EndpointCall, done: "asyncio.Future[HttpResponse]") -> AsyncIterator[bytes]:
    """Yield a stream's frames as they come; after a failure the error, and no [DONE]."""
    channel, waits = call.channel, True
    try:
        if not channel.frames:
            yield WAITING
        while not (channel.is_behind or call.cut_off) and (channel.frames or not done.done()):
            if channel.frames:
                waits = False
                yield channel.take()
            elif waits and call.left <= 0:
                yield frame(dumped(json.loads(_too_late(call).content)))
                return
            elif not await channel.wait(_longest_silence(call, waits)):
                yield WAITING
        if call.cut_off:
            yield frame(dumped(call.cut_off.body))
        elif channel.is_behind:
            yield frame(dumped({"error": _TOO_SLOW}))
        elif done.result().status_code != 200:
            yield frame(dumped(json.loads(done.result().content)))
    finally:
        if not (done.done() or call.waiter.over.is_set()):
            call.hang_up()


def _longest_silence(call: EndpointCall, waits: bool) -> float:
    """Return how many seconds a stream may be silent: before its first words, to the call's end at most."""
    if waits:
        return min(_HEADERS_SECONDS, call.left)
    return _HEADERS_SECONDS
