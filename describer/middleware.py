"""What every request passes that Django has no middleware for."""

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control

_GetResponse = Callable[[HttpRequest], HttpResponse]

_OPEN_BEFORE_FIRST_VISIT = ("/static/", "/healthz", "/readyz", "/metrics", "/api/", "/v1/")


def keep_private(get_response: _GetResponse) -> _GetResponse:
    """Keep pages private: they hold what people own.

    No cache that others share may keep a page, and no browser shows an old page after logout.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return middleware


def only_utf8(get_response: _GetResponse) -> _GetResponse:
    """Decode words as UTF-8, as browsers send them.

    Django would decode them with any codec that a caller names: `hex`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.encoding:
            request.encoding = "utf-8"
        return get_response(request)

    return middleware


def welcome_first_visitor(get_response: _GetResponse) -> _GetResponse:
    """Lead every page, while no user exists, to the page that makes the first account."""

    def middleware(request: HttpRequest) -> HttpResponse:
        page = reverse("first_visit")
        if (
            request.path != page
            and not request.path.startswith(_OPEN_BEFORE_FIRST_VISIT)
            and _is_first(request)
        ):
            return redirect(page)
        return get_response(request)

    return middleware


def _is_first(request: HttpRequest) -> bool:
    """Tell whether no user exists; only a visitor who is not logged in costs this query."""
    return not request.user.is_authenticated and not get_user_model().objects.exists()
