"""The account: a person's API keys and password; webhooks have a module of their own."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from describer.lib.route_traits import Pool, RouteTraits, route
from describer.models import ApiKey, Endpoint
from describer.web.current_user import current_user
from describer.web.examples import examples
from describer.web.key_form import KeyForm
from describer.web.keys import key_rows
from describer.web.webhook_rows import WebhookForm, webhook_rows


class _PasswordForm(PasswordChangeForm):
    """Django's form, with fewer words. The old password is looked at as in a login, so that guesses are counted."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(current_user(request), *args, **kwargs)
        self.request = request
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["old_password"].label = "Password now"
        self.fields["new_password1"].help_text = "At least 8 characters, and nothing that is easily guessed."
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = "New password again"

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show the page with everything."""
    return account_page(request)


@login_required
@never_cache
def account_keys(request: HttpRequest) -> HttpResponse:
    """Make a new key (POST).

    Its secret is in this one reply and nowhere else, so the reply is no redirect.
    """
    if request.method != "POST":
        return redirect("account")
    user = current_user(request)
    form = KeyForm(user, _endpoint(), request.POST)
    if not form.is_valid():
        form.point_out()
        return account_page(request, key_form=form, status=400)
    key, secret = ApiKey.issue(user, form.cleaned_data["name"], **form.limits)
    return account_page(request, new_key=key, secret=secret, status=201)


@login_required
def account_key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a key for good (POST)."""
    key = _own_key(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    key.revoke()
    messages.success(request, f"The key {key.name} opens nothing any more.")
    return redirect("account")


@route(RouteTraits(post_pool=Pool.LOGIN))
@login_required
@sensitive_post_parameters()
def account_password(request: HttpRequest) -> HttpResponse:
    """Set a new password (POST). This session stays, all others of the person end."""
    if request.method != "POST":
        return redirect("account")
    form = _PasswordForm(request, request.POST)
    if not form.is_valid():
        return account_page(request, password_form=form, status=400)
    update_session_auth_hash(request, form.save())
    messages.success(request, "Your password is changed. Everywhere else you are logged out.")
    return redirect("account")


def _own_key(request: HttpRequest, pk: int) -> ApiKey:
    """Return the person's own key, or raise 404."""
    key = ApiKey.objects.filter(user=current_user(request), pk=pk).first()
    if key is None:
        raise Http404
    return key


def account_page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    """Show the whole page, with what `context` says beside."""
    user, endpoint = current_user(request), _endpoint()
    rows = key_rows(user)
    shown = {
        "key_form": KeyForm(user, endpoint),
        "password_form": _PasswordForm(request),
        "open_keys": [row for row in rows if row.is_open],
        "closed_keys": [row for row in rows if not row.is_open],
        "webhooks": webhook_rows(user),
        "webhook_form": WebhookForm(),
        "undo_minutes": settings.UNDO_MINUTES,
    }
    return render(
        request, "account.html", shown | _how_to(request, endpoint, context) | context, status=status
    )


def _endpoint() -> Endpoint | None:
    return Endpoint.objects.filter(is_default=True).first()


def _how_to(request: HttpRequest, endpoint: Endpoint | None, context: dict[str, Any]) -> dict[str, Any]:
    """Return the base URL and the examples, for a model that the key may ask.

    The examples hold the new key where one was just made.
    """
    base_url = request.build_absolute_uri("/v1")
    secret: str = context.get("secret", "")
    models = _askable_models(context.get("new_key"), endpoint)
    return {"base_url": base_url, "examples": examples(base_url, secret, next(iter(models), ""))}


def _askable_models(key: ApiKey | None, endpoint: Endpoint | None) -> list[str]:
    """Return the models that a new key is narrowed to, else all that the endpoint offers."""
    if key and key.model_names:
        return list(key.model_names)
    if endpoint:
        return endpoint.offered
    return []
