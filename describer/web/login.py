"""Login and logout: Django's own, in our frame, with the words of who guesses too often."""

from datetime import timedelta
from typing import Any

from axes.helpers import get_cool_off
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse

from describer.lib.route_traits import Pool, RouteTraits, route
from describer.web.errors import too_many_requests


class _LoginForm(AuthenticationForm):
    """Says the same of an unknown name, a wrong password and a closed account."""

    error_messages = {"invalid_login": "That name and password do not belong together.", "inactive": ""}


login = route(RouteTraits(post_pool=Pool.LOGIN))(
    LoginView.as_view(
        template_name="login.html", authentication_form=_LoginForm, redirect_authenticated_user=True
    )
)
logout = LogoutView.as_view()


def locked_out(
    request: HttpRequest,
    response: HttpResponse | None = None,
    credentials: dict[str, Any] | None = None,
    *_: object,
) -> HttpResponse:
    """Answer 429 where one address has guessed too often, at one name or at many; axes calls this view."""
    wait = get_cool_off(request) or timedelta(0)
    minutes = round(wait.total_seconds() / 60)
    message = (
        "Too many wrong passwords came from your address. "
        f"Wait {minutes} minutes, then try again. "
        "If you forgot the password, ask the site's admin for a new one."
    )
    return too_many_requests(request, message, retry_after=round(wait.total_seconds()))
