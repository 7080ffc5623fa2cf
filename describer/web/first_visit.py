"""The first visit: who has the code that `up` printed makes the first account, an admin; nobody else can.

Where a request comes from says nothing here: a proxy on this machine makes everybody look as if they sat at it.
"""

from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from describer.lib.few_tries import FewTries
from describer.lib.route_traits import RouteTraits, route
from describer.models import User
from describer.ops.first_account import FILE, drop_code, is_first_account_code
from describer.web.errors import too_many_requests

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_wrong_codes = FewTries(10, seconds=60)
_NOT_THE_CODE = "That is not the code. It stands where the site was started."
_TOO_MANY = "Too many wrong codes came within a minute. Wait a minute, and look for the code where the site was started."


class _FirstAccountForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """Name and password, twice, of the first admin, and the code that only the site's owner has."""

    code = forms.CharField(
        label="Code",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

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
@sensitive_post_parameters("password1", "password2", "code")
def first_visit(request: HttpRequest) -> HttpResponse:
    """Show the form for the first account; the page is gone for good once there is an account."""
    if User.objects.exists():
        return redirect("login")
    form = _FirstAccountForm(request.POST or None, initial={"code": request.GET.get("code", "")})
    if request.method != "POST":
        return _shown(request, form)
    if not is_first_account_code(request.POST.get("code", "")):
        return _without_code(request, form)
    if form.is_valid():
        return _welcomed(request, form)
    return _shown(request, form)


def _shown(request: HttpRequest, form: _FirstAccountForm, status: int = 200) -> HttpResponse:
    return render(request, "first_visit.html", {"form": form, "file": FILE}, status=status)


def _without_code(request: HttpRequest, form: _FirstAccountForm) -> HttpResponse:
    """Say that the code is wrong.

    The right one is taken however many wrong ones came: nobody can guess 80 bits, and nobody shall hold the owner out.
    """
    if not _wrong_codes.count():
        return too_many_requests(request, _TOO_MANY)
    form.errors["code"] = form.error_class([_NOT_THE_CODE])
    return _shown(request, form, 403)


def _welcomed(request: HttpRequest, form: _FirstAccountForm) -> HttpResponse:
    user = _made_first(form)
    if user is None:
        return redirect("login")
    drop_code()
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
