"""The account: a person's API keys and password."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from describer.models import ApiKey, UsageDay, User

from .person import person


class KeyForm(forms.Form):
    """A new key's name."""

    name = forms.CharField(max_length=100, help_text="What it is for, such as the script that will use it.")


class PasswordForm(PasswordChangeForm):
    """Django's form, with fewer words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["old_password"].label = "Password now"
        self.fields["new_password1"].help_text = "At least 8 characters, and nothing that is easily guessed."
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = "New password again"


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """The page with everything."""
    return _page(request)


@login_required
@never_cache
def account_keys(request: HttpRequest) -> HttpResponse:
    """POST: a new key. Its secret is in this one reply and nowhere else, so the reply is no redirect."""
    if request.method != "POST":
        return redirect("account")
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, key_form=form, status=400)
    key, secret = ApiKey.issue(person(request), form.cleaned_data["name"])
    return _page(request, new_key=key, secret=secret, status=201)


@login_required
def account_key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: close a key for good."""
    key = own_key(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    key.revoke()
    messages.success(request, f"The key {key.name} opens nothing any more.")
    return redirect("account")


@login_required
@sensitive_post_parameters()
def account_password(request: HttpRequest) -> HttpResponse:
    """POST: a new password. This session stays, all others of the person end."""
    if request.method != "POST":
        return redirect("account")
    form = PasswordForm(person(request), request.POST)
    if not form.is_valid():
        return _page(request, password_form=form, status=400)
    update_session_auth_hash(request, form.save())
    messages.success(request, "Your password is changed. Everywhere else you are logged out.")
    return redirect("account")


def own_key(request: HttpRequest, pk: int) -> ApiKey:
    """The person's own key, or 404."""
    key = ApiKey.objects.filter(user=person(request), pk=pk).first()
    if key is None:
        raise Http404
    return key


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    user = person(request)
    forms_ = {"key_form": KeyForm(), "password_form": PasswordForm(user)}
    return render(request, "account.html", forms_ | {"keys": _keys(user)} | context, status=status)


def _keys(user: User) -> list[dict[str, Any]]:
    """Keys in use first, the newest on top, each with its tokens of this month."""
    month = timezone.localdate().replace(day=1)
    days = UsageDay.objects.filter(owner=user.pk, day__gte=month).exclude(key=0)
    tokens = dict(days.values_list("key").annotate(Sum("total_tokens")))
    rows = sorted(user.api_keys.all(), key=lambda key: key.revoked is not None)
    return [{"key": key, "tokens": tokens.get(key.pk, 0)} for key in rows]
