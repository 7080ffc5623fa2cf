"""A person's webhooks as the account page lists them, each with its last deliveries; and the form that makes one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms

from describer.lib.guard import LONGEST
from describer.models import User, Webhook, WebhookDelivery

LAST = 5


class WebhookForm(forms.Form):
    """A new one's address; whether it is one is for `make_webhook` to say."""

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
    """All of a person, the newest first."""
    return [WebhookRow(one, list(one.deliveries.all()[:LAST])) for one in user.webhooks.all()]
