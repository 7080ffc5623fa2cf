"""GET /v1/models and /v1/models/<id>: what a key may ask."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from describer.api.errors import error
from describer.api.v1.call import json_response
from describer.api.v1.errors import reply_to
from describer.api.v1.parse_request import offered, opened
from describer.db.connections import borrowed
from describer.engine.submit import Refusal
from describer.lib.route_traits import SCRIPT, route
from describer.models import Endpoint, Scope

_POOL = ThreadPoolExecutor(2, "models")  # of their own: behind calls that last, a list would come too late


@route(SCRIPT)
@csrf_exempt
async def models(request: HttpRequest) -> HttpResponse:
    """List what a key may ask, the default model first."""
    return await _in_thread(request, _list_models)


@route(SCRIPT)
@csrf_exempt
async def model(request: HttpRequest, name: str) -> HttpResponse:
    """Get one model, whose name may hold slashes, dots and colons."""
    return await _in_thread(request, partial(_get_model, name))


async def _in_thread(request: HttpRequest, work: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        message = "This address takes GET and HEAD."
        return error(Refusal(message, code="method_not_allowed", status=405), Allow="GET, HEAD")
    return await asyncio.get_running_loop().run_in_executor(_POOL, _answered, request, work)


def _answered(request: HttpRequest, work: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    try:
        with borrowed():
            return work(request)
    except Exception as raised:
        return reply_to(request, raised)


def _list_models(request: HttpRequest) -> HttpResponse:
    key = opened(request.headers.get("Authorization", ""), Scope.READ)
    endpoint = Endpoint.default()
    return json_response(
        {"object": "list", "data": [_model_row(name, endpoint) for name in offered(key, endpoint)]}
    )


def _get_model(name: str, request: HttpRequest) -> HttpResponse:
    key = opened(request.headers.get("Authorization", ""), Scope.READ)
    endpoint = Endpoint.default()
    if name not in offered(key, endpoint):
        message = f"The model {name[:200]} does not exist here. GET /v1/models lists what there is."
        raise Refusal(message, code="model_not_found", param="model", status=404)
    return json_response(_model_row(name, endpoint))


def _model_row(name: str, endpoint: Endpoint) -> dict[str, Any]:
    created = 0
    if endpoint.models_fetched:
        created = int(endpoint.models_fetched.timestamp())
    return {"id": name, "object": "model", "created": created, "owned_by": endpoint.name}
