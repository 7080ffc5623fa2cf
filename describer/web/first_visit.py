"""The first visit: who sits at the machine makes the first account, an admin; from elsewhere nobody can."""

from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from describer.lib.route_traits import RouteTraits, route
from describer.models import User

_BACKEND = "django.contrib.auth.backends.ModelBackend"


class _FirstAccountForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """Name and password, twice, of the first admin."""

    class Meta:
        model = User
        fields = ("username",)
        help_texts = {"username": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least 8 characters, and nothing that is easily guessed."
        self.fields["password2"].help_text = ""
        self.fields["password2"].label = "Password again"

    def save(self, commit: bool = True) -> User:
        self.instance.is_staff = self.instance.is_superuser = True
        user: User = super().save(commit=commit)
        return user


@route(RouteTraits(open_early=True))
@never_cache
@sensitive_post_parameters("password1", "password2")
def first_visit(request: HttpRequest) -> HttpResponse:
    """Show the form for the first account; the page is gone for good once there is an account."""
    if User.objects.exists():
        return redirect("login")
    if not is_from_this_machine(request):
        return render(request, "first_visit.html", {"form": None}, status=403)
    form = _FirstAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _welcomed(request, form)
    return render(request, "first_visit.html", {"form": form})


def is_from_this_machine(request: HttpRequest) -> bool:
    """Tell whether the peer is loopback, a loopback name was asked for, and nothing forwarded the request."""
    forwarded = any(name == "HTTP_FORWARDED" or name.startswith("HTTP_X_FORWARDED") for name in request.META)
    host, _ = split_domain_port(request.get_host())
    return (
        not forwarded
        and host in settings.LOOPBACK_HOSTS
        and _is_loopback(request.META.get("REMOTE_ADDR", ""))
    )


def _is_loopback(peer: Any) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False


def _welcomed(request: HttpRequest, form: _FirstAccountForm) -> HttpResponse:
    user = _made_first(form)
    if user is None:
        return redirect("login")
    login(request, user, backend=_BACKEND)
    return redirect("ask")


def _made_first(form: _FirstAccountForm) -> User | None:
    """Make the first account; None when another visitor was quicker.

    SQLite's IMMEDIATE transactions come one after the other; PostgreSQL's do by the lock on a row that every
    site has.
    """
    with transaction.atomic():
        ContentType.objects.select_for_update().get(app_label="describer", model="user")
        if User.objects.exists():
            return None
        return form.save()
