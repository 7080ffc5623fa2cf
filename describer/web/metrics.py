"""The site's figures for Prometheus: to this machine, or to whoever sends METRICS_TOKEN."""

import logging
from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from describer.lib.route_traits import WATCHER, route
from describer.ops.monitoring.metrics import text
from describer.web.first_visit import is_from_this_machine

logger = logging.getLogger(__name__)

_PLAIN = "text/plain; charset=utf-8"


@route(WATCHER)
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Serve Prometheus text; 401 to strangers, 503 while the database is away."""
    if not (_is_near(request) or _has_token(request)):
        message = "Figures are for this machine, and for whoever sends METRICS_TOKEN as a bearer token.\n"
        return HttpResponse(message, _PLAIN, 401, headers={"WWW-Authenticate": "Bearer"})
    try:
        return HttpResponse(text(), CONTENT_TYPE_LATEST)
    except (DatabaseError, InterfaceError, TimeoutError) as error:
        logger.warning("no figures: %r", error)
        return HttpResponse("The database cannot be reached.\n", _PLAIN, 503)


def _is_near(request: HttpRequest) -> bool:
    """Tell whether this machine asks.

    Behind a proxy everybody comes from this machine, so there the answer is always no.
    """
    return not settings.TRUSTED_PROXIES and is_from_this_machine(request)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_TOKEN.encode()
    return scheme.lower() == "bearer" and bool(known) and compare_digest(token.strip().encode(), known)
