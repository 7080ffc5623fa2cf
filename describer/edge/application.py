"""The ASGI application: limits on bodies, then pages in threads, streams in the event loop, and our own endpoint beside."""

from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.template.loader import render_to_string

from describer.edge.admission import admit, admit_call
from describer.edge.body_limit import TRAITS, BodyLimit
from describer.edge.endpoint import EndpointEdge
from describer.edge.endpoint_handler import EndpointHandler
from describer.edge.pages import PageHandler
from describer.edge.sound_request import SoundPath, SoundRequest
from describer.lib.route_traits import Pool

_PERSON_BYTES = 4 * settings.UPLOAD_MAX_BYTES


class _SiteApplication:
    """Routes streams to Django's own asynchronous handler, all else to the one for pages."""

    def __init__(self) -> None:
        render_to_string("error_bare.html")  # read now: it tells of a lack of file handles, too
        self.pages = PageHandler()
        self.streams = ASGIHandler()
        self.streams.request_class = SoundRequest

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        handler: ASGIHandler = self.pages
        if scope[TRAITS].pool == Pool.LOOP:
            handler = self.streams
        await handler(scope, receive, send)


application = SoundPath(
    EndpointEdge(
        BodyLimit(
            _SiteApplication(),
            admit,
            file_bytes=settings.IMAGE_MAX_BYTES,
            request_bytes=settings.UPLOAD_MAX_BYTES,
            person_bytes=_PERSON_BYTES,
            words_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            silence=settings.UPLOAD_SILENCE_SECONDS,
        ),
        EndpointHandler(),
        admit_call,
        person_bytes=_PERSON_BYTES,
        body_bytes=settings.ENDPOINT_BODY_BYTES,
        silence=settings.UPLOAD_SILENCE_SECONDS,
    )
)
