"""A person's webhooks as the account page lists them, each with its last deliveries; and the form of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms

from describer.lib.guard import LONGEST
from describer.models import User, Webhook, WebhookDelivery

_LAST = 5


class WebhookForm(forms.Form):
    """The address of a new webhook; `make_webhook` says whether a webhook may have it."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )


@dataclass(frozen=True)
class WebhookRow:
    webhook: Webhook
    deliveries: Sequence[WebhookDelivery]


def webhook_rows(user: User) -> list[WebhookRow]:
    """List all webhooks of a person, the newest first."""
    rows = user.webhooks.select_related("key")
    return [WebhookRow(webhook, list(webhook.deliveries.all()[:_LAST])) for webhook in rows]
