"""POST /v1/chat/completions: waiting for a call, and handing on what its thread gives."""

import asyncio
import json
from collections.abc import AsyncIterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from describer.api.errors import error
from describer.api.v1.call import MOST_IN_LINE, EndpointCall
from describer.chat.relay import dumped, frame
from describer.engine.submit import Refusal, check_open

HEADERS_SECONDS = (
    10.0  # a stream's status waits so long for the first words: an early failure is a true 4xx or 5xx
)
LEFT = {
    "message": "The stream was read too slowly; the whole answer is in the history.",
    "type": "invalid_request_error",
    "param": None,
    "code": "read_too_slowly",
}
WAITING = b": waiting\n"
STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


@csrf_exempt
async def chat_completions(request: HttpRequest) -> HttpResponseBase:
    """The answer, whole or as a stream."""
    if refusal := unfit(request):
        return error(refusal, **({"Allow": "POST"} if refusal.status == 405 else {}))
    try:
        check_open()  # before it stands in line: behind calls that last, it would hear of a stop too late
    except Refusal as refusal:
        return error(refusal)
    call = EndpointCall(request)
    done = call.begin()
    try:
        return await begun(call, done)
    except asyncio.CancelledError:
        call.waiter.hang_up()
        raise


async def begun(call: EndpointCall, done: "asyncio.Future[HttpResponse]") -> HttpResponseBase:
    """A stream with its first words, or when they are long in coming; else the reply, within the time of a whole call."""
    while not done.done() and call.left > 0:
        await call.channel.wait(min(call.left, HEADERS_SECONDS))
        if call.channel.frames or (call.streams and call.description and not done.done()):
            return streamed(call, done)
    return done.result() if done.done() else too_late(call)


def unfit(request: HttpRequest) -> Refusal | None:
    """What is refused by its headers."""
    if request.method != "POST":
        return Refusal("This address takes POST.", code="method_not_allowed", status=405)
    kind, charset = request.content_type or "", (request.content_params or {}).get("charset", "utf-8")
    is_json = kind.lower() == "application/json" or kind.lower().endswith("+json")
    packed = request.headers.get("Content-Encoding", "identity").strip().lower()
    if not is_json or charset.strip("\"' ").lower() not in ("utf-8", "utf8"):
        words = "Send Content-Type: application/json, in UTF-8."
        return Refusal(words, code="unsupported_media_type", status=415)
    if packed not in ("", "identity"):
        return Refusal("Send the body as it is, not packed.", code="unsupported_media_type", status=415)
    if EndpointCall.in_line >= MOST_IN_LINE:
        words = "Too many calls are under way here; try again in a few seconds."
        return Refusal(words, code="queue_full", status=429, retry_after=5)
    return None


def too_late(call: EndpointCall) -> HttpResponse:
    """The reply when none came in time. One that comes after all will be recorded."""
    call.waiter.over.set()
    seconds = settings.VISION_TIMEOUTS["whole_call"]
    words = f"No answer came within {seconds:g} seconds; it will be in the history if it comes after all."
    response = error(Refusal(words, code="timeout", status=504), **{"X-Should-Retry": "false"})
    return call.marked(response)


def streamed(call: EndpointCall, done: "asyncio.Future[HttpResponse]") -> StreamingHttpResponse:
    return call.marked(StreamingHttpResponse(frames(call, done), headers=STREAM_HEADERS))


async def frames(call: EndpointCall, done: "asyncio.Future[HttpResponse]") -> AsyncIterator[bytes]:
    """A stream's frames as they come. After a failure the error, and no [DONE]."""
    channel, waits = call.channel, True
    try:
        if not channel.frames:
            yield WAITING
        while not channel.is_behind and (channel.frames or not done.done()):
            if channel.frames:
                waits = False
                yield channel.take()
            elif waits and call.left <= 0:
                yield frame(dumped(json.loads(too_late(call).content)))
                return
            elif not await channel.wait(min(HEADERS_SECONDS, call.left) if waits else HEADERS_SECONDS):
                yield WAITING
        if channel.is_behind:
            yield frame(dumped({"error": LEFT}))
        elif done.result().status_code != 200:
            yield frame(dumped(json.loads(done.result().content)))
    finally:
        if not (done.done() or call.waiter.over.is_set()):
            call.waiter.hang_up()
