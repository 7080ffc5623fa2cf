"""Everything under /api/, in one shape, with and without a slash at the end: a redirected POST becomes a GET."""

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import chain

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from describer.api.access import visible
from describer.api.api import api
from describer.api.auth import calling
from describer.api.errors import error, unknown_url
from describer.api.webhooks import own_webhook
from describer.engine.submit import Refusal
from describer.models import ApiKey

View = Callable[..., HttpResponseBase]
ROUTES = [route for route in api.urls[0] if isinstance(route, URLPattern) and str(route.pattern)]
SEEN: dict[str, Callable[[ApiKey, int], object]] = {"description_id": visible, "webhook_id": own_webhook}
app_name = "api"


def served(pattern: URLPattern) -> Iterator[URLPattern]:
    """A route of the interface, as it is and with a slash at the end."""
    view = one_shape(pattern.callback)
    for end in ("", "/"):
        yield path(f"{pattern.pattern}{end}", view, name=pattern.name)


def one_shape(view: View) -> View:
    """HEAD is answered as GET, and a wrong method in the shape of all errors."""

    @csrf_exempt
    @wraps(view)
    def shaped(request: HttpRequest, **ids: int) -> HttpResponseBase:
        method = request.method
        request.method = "GET" if method == "HEAD" else method
        response = view(request, **ids)
        request.method = method
        if method == "HEAD" and isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()  # nobody reads an export's end
        return response if response.status_code != 405 else not_allowed(request, response["Allow"], **ids)

    return shaped


def not_allowed(request: HttpRequest, allowed: str, **ids: int) -> HttpResponseBase:
    """Only who may see a thing is told what can be done with it: first 401, then 404, then 405."""
    try:
        key = calling(request)
        for name, number in ids.items():
            SEEN[name](key, number)
    except Exception as raised:
        return api.on_exception(request, raised)
    methods = ", ".join(sorted({*allowed.split(", "), *(["HEAD"] if "GET" in allowed else [])}))
    refusal = Refusal(f"This address takes {methods}.", code="method_not_allowed", status=405)
    return error(refusal, Allow=methods)


urlpatterns = [
    path("", unknown_url, name="api-root"),  # the name by which ninja finds where it is mounted
    *chain.from_iterable(map(served, ROUTES)),
    path("<path:rest>", unknown_url),
]
