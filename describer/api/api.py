"""The interface as a whole: its key, its errors, its documentation."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from ninja import NinjaAPI

from describer import __version__
from describer.api import actions, comparisons, descriptions, export, presets, prices, shares, usage, webhooks
from describer.api.auth import reading
from describer.api.errors import handle_errors
from describer.api.examples import with_examples
from describer.api.json_body import WeighedJson

_ABOUT = """\
Upload pictures, ask a question about them, and read the answer with its usage and cost.

**Key.** Every call carries `Authorization: Bearer <API key>`. Keys are made on the account page.

The examples take it from `$KEY`, this site's address from `$SITE`, and an id from `$ID`.

**Errors** have one shape, whatever the status:
`{"error": {"message": "…", "type": "…", "param": "…" or null, "code": "…" or null}}`.
`message` is for people, `code` for scripts. 429 and 503 carry `Retry-After` in seconds.

**Waiting.** POST answers 202 before the model was asked. Get the description again until its `status` is
`done`, `failed` or `cancelled`.
"""

PARTS = (descriptions, actions, comparisons, shares, presets, prices, export, usage, webhooks)

api = NinjaAPI(
    title="Describer",
    version=__version__,
    description=_ABOUT,
    auth=reading,
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    parser=WeighedJson(),
)
handle_errors(api)
for part in PARTS:
    api.add_router("", part.router)


def _reader(request: HttpRequest) -> Any:
    """Return who reads the OpenAPI: the person who is logged in, or the key of a script."""
    if request.user.is_authenticated:
        return request.user
    return reading(request)


@api.get("/docs", auth=None, include_in_schema=False)
def docs(request: HttpRequest) -> HttpResponse:
    """Show the viewer that ninja ships, from our own static files."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    viewer = {"url": reverse("api:openapi"), "layout": "BaseLayout", "deepLinking": True}
    return render(request, "api_docs.html", {"viewer": viewer})


@api.get("/openapi.json", auth=_reader, include_in_schema=False)
def openapi(request: HttpRequest) -> dict[str, Any]:
    """Return the interface as OpenAPI 3.1."""
    return with_examples(api.get_openapi_schema())
