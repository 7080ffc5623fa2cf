"""Everything under /api/, in one shape.

Each address is served with and without a slash at the end: a redirected POST becomes a GET.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from describer.api.access import compared, visible
from describer.api.api import PARTS, api
from describer.api.auth import calling
from describer.api.errors import error, unknown_url
from describer.api.webhooks import own_webhook
from describer.desk.presets import chosen_preset
from describer.desk.shares import own_share
from describer.errors import Refusal
from describer.lib.route_traits import SCRIPT, RouteTraits, route, traits_of
from describer.models import ApiKey

_View = Callable[..., HttpResponseBase]
_ROUTES = [route for route in api.urls[0] if isinstance(route, URLPattern) and str(route.pattern)]
_GETTERS: dict[str, Callable[[ApiKey, Any], object]] = {
    "description_id": visible,
    "comparison_id": compared,
    "webhook_id": own_webhook,
    "share_id": lambda key, number: own_share(key.user, number),
    "name": lambda key, name: chosen_preset(key.user, name),
}
app_name = "api"


def _said_at_functions() -> Iterator[tuple[str, RouteTraits]]:
    """Yield the name of each route, with what the functions of its path say: one address has one pool and one limit."""
    for part in PARTS:
        for operations in part.router.path_operations.values():
            views = [operation.view_func for operation in operations.operations]
            for traits in [traits_of(view) for view in views if hasattr(view, "route_traits")]:
                yield from ((view.__name__, traits) for view in views)


_TRAITS = dict(_said_at_functions())


def _served(pattern: URLPattern) -> Iterator[URLPattern]:
    """Yield a route of the interface, as it is and with a slash at the end."""
    view = route(_traits(pattern))(_one_shape(pattern.callback))
    for end in ("", "/"):
        yield path(f"{pattern.pattern}{end}", view, name=pattern.name)


def _traits(pattern: URLPattern) -> RouteTraits:
    """Return what the route's function says of itself; ninja names a route by its function."""
    return _TRAITS.get(pattern.name or "", SCRIPT)


def _one_shape(view: _View) -> _View:
    """Answer HEAD as GET, and a wrong method in the shape of all errors."""

    @csrf_exempt
    @wraps(view)
    def shaped(request: HttpRequest, **ids: int) -> HttpResponseBase:
        method = request.method
        if method == "PATCH" and (told := _unseen(request, **ids)):
            return told  # before a word about the body
        if method == "HEAD":
            request.method = "GET"
        response = view(request, **ids)
        request.method = method
        if method == "HEAD" and isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()  # nobody reads an export's end
        if response.status_code == 405:
            return _not_allowed(request, response["Allow"], **ids)
        return response

    return shaped


def _unseen(request: HttpRequest, **ids: int) -> HttpResponseBase | None:
    """Return what somebody is told who may not see a thing; None for whoever may."""
    try:
        key = calling(request)
        for name, number in ids.items():
            _GETTERS[name](key, number)
    except Exception as raised:
        return api.on_exception(request, raised)
    return None


def _not_allowed(request: HttpRequest, allowed: str, **ids: int) -> HttpResponseBase:
    """Tell what can be done with a thing only to who may see it: first 401, then 404, then 405."""
    if told := _unseen(request, **ids):
        return told
    names = set(allowed.split(", "))
    if "GET" in names:
        names.add("HEAD")
    methods = ", ".join(sorted(names))
    refusal = Refusal(f"This address takes {methods}.", code="method_not_allowed", status=405)
    return error(refusal, Allow=methods)


urlpatterns = [
    path("", unknown_url, name="api-root"),  # the name by which ninja finds where it is mounted
    *chain.from_iterable(map(_served, _ROUTES)),
    path("<path:rest>", unknown_url),
]
