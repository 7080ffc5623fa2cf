"""The one event stream of an open page."""

import json
import resource
from collections.abc import AsyncIterator
from functools import partial

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from describer.db.connections import closed
from describer.engine.events import events, hub
from describer.engine.standing import standing
from describer.lib.route_traits import Body, Pool, RouteTraits, route

_AGAIN_SECONDS = "30"


@route(RouteTraits(pool=Pool.LOOP, body=Body.NOTHING))
@require_GET
async def live(request: HttpRequest) -> HttpResponseBase:
    """Stream server-sent events of the person's own descriptions, until page or session go away.

    `{id, status}`; and, named `words`, words of answers as they come.
    """
    known = await sync_to_async(_person)(request)
    if known is None:
        return HttpResponse(status=401)
    owner, session = known
    if refused := _one_too_many(owner):
        return refused
    response = StreamingHttpResponse(_lines(owner, session), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def most_streams() -> int:
    """Return how many streams may be open in this process: a third of its file handles, the rest is for asks and pages."""
    handles, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if handles == resource.RLIM_INFINITY:
        return settings.LIVE_STREAMS
    return min(settings.LIVE_STREAMS, handles // 3)


def _one_too_many(owner: int) -> HttpResponse | None:
    """Return why a stream more is not opened, if it is not; a page without a stream polls."""
    count = len(hub.streams.get(owner, ()))
    if count >= settings.LIVE_STREAMS_PER_PERSON:
        return _not_now(
            f"{count} pages of yours have a live stream already; this page asks now and then.", 429
        )
    if sum(map(len, hub.streams.values())) >= most_streams():
        return _not_now("As many live streams are open as the site has; this page asks now and then.", 503)
    return None


def _not_now(words: str, status: int) -> HttpResponse:
    headers = {"Retry-After": _AGAIN_SECONDS}
    return HttpResponse(words, status=status, headers=headers, content_type="text/plain; charset=utf-8")


def _person(request: HttpRequest) -> tuple[int, str] | None:
    """Return the id of who asks, and the key of the session: the stream lasts as long as that.

    The stream stays open for hours; the connection that this needs does not.
    """
    with closed():
        if not request.user.is_authenticated:
            return None
        return request.user.pk, request.session.session_key or ""


async def _lines(owner: int, session: str) -> AsyncIterator[str]:
    yield ": open\n\n"
    async for event in events(owner, partial(standing.held, session)):
        if event and "words" in event:
            yield f"event: words\ndata: {json.dumps(event)}\n\n"
        elif event:
            yield f"data: {json.dumps(event)}\n\n"
        else:
            yield ": quiet\n\n"
