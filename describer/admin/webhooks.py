"""Webhooks and their deliveries, to be read: whose they are, which host they lead to, and what became of each telling.

Neither secret nor path of an address is shown: both may be somebody's key elsewhere.
"""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from describer.admin.lists import LongList
from describer.admin.words import NONE, short
from describer.lib.guard import host_of
from describer.models import Webhook, WebhookDelivery
from describer.templatetags.figures import ago


class ReadOnly(LongList):
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    list_display = ("id", "owner", "host", "key", "state", "created")
    list_select_related = ("owner", "key")
    search_fields = ("=owner__username",)
    search_help_text = "A user's whole name."
    fields = ("owner", "host", "key", "created", "failures", "failing_since", "rests_until", "paused", "why")

    @admin.display(description="host")
    def host(self, row: Webhook) -> str:
        return short(host_of(row.url))

    @admin.display(description="state")
    def state(self, row: Webhook) -> str:
        if row.ended:
            return format_html("ended with its key {}", ago(row.ended))
        if row.paused:
            return format_html("paused {}", ago(row.paused))
        if row.failing_since:
            return format_html("failing, first {}", ago(row.failing_since))
        return "open"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    list_display = ("id", "owner", "host", "of", "state", "tries", "http_status", "failure", "created")
    list_select_related = ("webhook__owner",)
    list_filter = ("state",)
    search_fields = ("=description", "=webhook__owner__username")
    search_help_text = "A description's number, or a user's whole name."
    fields = (
        "owner",
        "host",
        "of",
        "state",
        "tries",
        "http_status",
        "error",
        "created",
        "tried",
        "not_before",
        "delivered",
    )

    @admin.display(description="owner")
    def owner(self, row: WebhookDelivery) -> str:
        return row.webhook.owner.get_username()

    @admin.display(description="host")
    def host(self, row: WebhookDelivery) -> str:
        return short(host_of(row.webhook.url))

    @admin.display(description="description")
    def of(self, row: WebhookDelivery) -> str:
        if row.is_test:
            return "a test"
        url = reverse("admin:describer_description_change", args=[row.description])
        return format_html('<a href="{}">{}</a>', url, str(row.description))

    @admin.display(description="error")
    def failure(self, row: WebhookDelivery) -> str:
        return short(row.error) or NONE
