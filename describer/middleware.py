"""What every request passes that Django has no middleware for."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control

from describer.lib.route_traits import PAGE, RouteTraits, traits_of

_GetResponse = Callable[[HttpRequest], HttpResponse]


def traits_of_path(path: str) -> RouteTraits:
    """Return what the route of a path says of itself; a path without a route is a page's."""
    try:
        return traits_of(resolve(path).func)
    except Resolver404:
        return PAGE


def keep_private(get_response: _GetResponse) -> _GetResponse:
    """Keep pages private: they hold what people own.

    No cache keeps a page, so that no browser shows one after logout, not by its Back button either. A logout empties
    what the browser has kept besides. Over https no cookie goes out without it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_store=True)
        if _has_logged_out(request, response):
            response["Clear-Site-Data"] = '"cache"'
        if request.is_secure() or settings.SERVED_BY_HTTPS:
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response

    return middleware


def _has_logged_out(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether this was a logout, from the site or from the admin."""
    match = request.resolver_match
    is_logout = match is not None and match.url_name == "logout" and request.method == "POST"
    return is_logout and response.status_code < 400


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
        if not _is_open_early(request.path) and _is_first(request):
            return redirect("first_visit")
        return get_response(request)

    return middleware


def _is_open_early(path: str) -> bool:
    """Tell whether a path answers before there is an account: static files, and routes that say so."""
    return path.startswith(settings.STATIC_URL) or traits_of_path(path).open_early


def _is_first(request: HttpRequest) -> bool:
    """Tell whether no user exists; only a visitor who is not logged in costs this query."""
    return not request.user.is_authenticated and not get_user_model().objects.exists()
