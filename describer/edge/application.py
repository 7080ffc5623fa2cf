"""The ASGI application: limits on bodies, then pages in threads, streams in the event loop, and our own endpoint beside."""

from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from describer.edge.body_limit import BodyLimit
from describer.edge.endpoint import EndpointEdge
from describer.edge.endpoint_handler import EndpointHandler
from describer.edge.pages import TRAITS, PageHandler
from describer.lib.route_traits import Pool
from describer.middleware import traits_of_path


class _SiteApplication:
    """Routes streams to Django's own asynchronous handler, all else to the one for pages."""

    def __init__(self) -> None:
        self.pages = PageHandler()
        self.streams = ASGIHandler()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        traits = traits_of_path(scope.get("path", ""))
        handler: ASGIHandler = self.pages
        if traits.pool == Pool.LOOP:
            handler = self.streams
        await handler({**scope, TRAITS: traits}, receive, send)


application = EndpointEdge(
    BodyLimit(
        _SiteApplication(),
        file_bytes=settings.IMAGE_MAX_BYTES,
        request_bytes=settings.UPLOAD_MAX_BYTES,
        silence=settings.UPLOAD_SILENCE_SECONDS,
    ),
    EndpointHandler(),
    body_bytes=settings.ENDPOINT_BODY_BYTES,
    silence=settings.UPLOAD_SILENCE_SECONDS,
)
