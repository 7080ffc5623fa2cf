"""Light, dark, or as the system is. Kept in a cookie, so that the first byte of a page is right already."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

_COOKIE = "theme"
_THEMES = ("light", "dark")
_YEAR = 365 * 24 * 3600


def chosen_theme(request: HttpRequest) -> str:
    """Return "light", "dark", or "" for as the system is."""
    theme = request.COOKIES.get(_COOKIE, "")
    if theme not in _THEMES:
        return ""
    return theme


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the choice and go back. The page's script posts here too: no script need see the cookie."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in _THEMES:
        response.set_cookie(_COOKIE, chosen, max_age=_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(_COOKIE, samesite="Lax")
    return response
