"""For whoever watches the site: whether the process lives, and whether it can do its work."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from describer.ops.monitoring.checks import problems


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; it does so only after migrations and the first admin."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker, storage, disk and a worker are there; else 503 and why, within 6 s also when one hangs."""
    found = problems()
    return JsonResponse({"ready": not found, "problems": found}, status=503 if found else 200)
