"""Webhooks on the account page: made, tried, removed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from describer.errors import Refusal
from describer.lib.guard import host_of
from describer.models import Webhook
from describer.web.account import account_page
from describer.web.current_user import current_user
from describer.web.webhook_rows import WebhookForm
from describer.webhooks import make_webhook


@login_required
@never_cache
def account_webhooks(request: HttpRequest) -> HttpResponse:
    """Make a new webhook (POST).

    Its secret is in this one reply and nowhere else, so the reply is no redirect.
    """
    if request.method != "POST":
        return redirect("account")
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            made = make_webhook(current_user(request), form.cleaned_data["url"])
        except Refusal as refusal:
            form.add_error("url", refusal.message)
        else:
            return account_page(request, new_webhook=made, status=201)
    return account_page(request, webhook_form=form, status=400)


@login_required
def account_webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test (POST); the list says what it came to."""
    webhook = _own_webhook(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    webhook.test()
    messages.success(
        request, "A test is on its way. Open this page again in a moment to see whether it arrived."
    )
    return redirect(reverse("account") + "#webhooks")


@login_required
def account_webhook_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a webhook for good (POST)."""
    webhook = _own_webhook(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    webhook.delete()
    messages.success(request, f"{host_of(webhook.url)} is told nothing any more.")
    return redirect(reverse("account") + "#webhooks")


def _own_webhook(request: HttpRequest, pk: int) -> Webhook:
    """Return the person's own webhook, or raise 404."""
    webhook = Webhook.objects.filter(owner=current_user(request), pk=pk).first()
    if webhook is None:
        raise Http404
    return webhook
