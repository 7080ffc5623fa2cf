"""The one event stream of an open page."""

import json
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from describer.db.connections import closed
from describer.engine.events import events, hub
from describer.lib.route_traits import Body, Pool, RouteTraits, route

_MOST_STREAMS = 1000  # in one process; a page without a stream polls


@route(RouteTraits(pool=Pool.LOOP, body=Body.NOTHING))
@require_GET
async def live(request: HttpRequest) -> HttpResponseBase:
    """Stream server-sent events `{id, status}` of the person's own descriptions, until the page goes away."""
    owner = await sync_to_async(_person)(request)
    if owner is None:
        return HttpResponse(status=401)
    if sum(map(len, hub.streams.values())) >= _MOST_STREAMS:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    response = StreamingHttpResponse(_lines(owner), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _person(request: HttpRequest) -> int | None:
    """Return the id of who asks. The stream stays open for hours; the connection that this needs does not."""
    with closed():
        if not request.user.is_authenticated:
            return None
        return request.user.pk


async def _lines(owner: int) -> AsyncIterator[str]:
    yield ": open\n\n"
    async for event in events(owner):
        if event:
            yield f"data: {json.dumps(event)}\n\n"
        else:
            yield ": quiet\n\n"
