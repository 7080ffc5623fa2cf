"""The site's figures for Prometheus: to whoever sends METRICS_TOKEN, and without such a token to nobody.

That this machine asks cannot be known: behind a proxy that runs on it, everybody comes from it.
"""

import logging
from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from describer.lib.route_traits import WATCHER, route
from describer.ops.monitoring.metrics import text

logger = logging.getLogger(__name__)

_PLAIN = "text/plain; charset=utf-8"
_CLOSED = (
    "Figures are closed: this site has no token for them. Set METRICS_TOKEN, start the site again, and have Prometheus "
    "send it as a bearer token.\n"
)
_ASKED = "Figures are for whoever sends the site's METRICS_TOKEN as a bearer token.\n"


@route(WATCHER)
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Serve Prometheus text; 401 to strangers, 403 while the site has no token, 503 while the database is away."""
    if not settings.METRICS_TOKEN:
        return HttpResponse(_CLOSED, _PLAIN, 403)
    if not _has_token(request):
        return HttpResponse(_ASKED, _PLAIN, 401, headers={"WWW-Authenticate": "Bearer"})
    try:
        return HttpResponse(text(), CONTENT_TYPE_LATEST)
    except (DatabaseError, InterfaceError, TimeoutError) as error:
        logger.warning("no figures: %r", error)
        return HttpResponse("The database cannot be reached.\n", _PLAIN, 503)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(
        token.strip().encode(), settings.METRICS_TOKEN.encode()
    )
