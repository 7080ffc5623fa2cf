"""Login."""

from typing import Any

from django.http import HttpRequest, HttpResponse


def locked_out(request: HttpRequest, credentials: Any = None) -> HttpResponse:
    return HttpResponse("429", status=429)
