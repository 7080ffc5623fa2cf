"""For whoever watches the site: whether the process lives, and whether it can do its work."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from describer.lib.route_traits import WATCHER, route
from describer.ops.monitoring.checks import problems


@route(WATCHER)
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process lives; it serves only after migrations and the first admin."""
    return HttpResponse("ok\n", content_type="text/plain")


@route(WATCHER)
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Tell whether database, broker, storage, disk and a worker are there; else 503 and why.

    The reply comes within 6 s, also when one of them hangs.
    """
    faults = problems()
    status = 200
    if faults:
        status = 503
    return JsonResponse({"ready": not faults, "problems": faults}, status=status)
