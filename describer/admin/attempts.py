"""Attempts: the ledger. Nobody adds, changes or deletes a line of it."""

from django.contrib import admin
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.html import format_html

from describer.admin.lists import LedgerAdmin, recorded
from describer.admin.words import indented, money, short, tokens
from describer.db.decimal_sum import DecimalSum
from describer.models import Attempt


@admin.register(Attempt)
class AttemptAdmin(LedgerAdmin):
    list_display = (
        "sent",
        "of",
        "number",
        "person",
        "endpoint",
        "model_asked",
        "state",
        "error",
        "prompt",
        "completion",
        "total",
        "price",
        "billed",
    )
    list_filter = ("state", "billed", recorded("endpoint", "endpoint"), recorded("model", "model_asked"))
    search_fields = ("=description", "=request_id", "=error_code")
    search_help_text = "A description's number, an endpoint's request id, or an error code."
    linked_filters = ("description",)
    date_hierarchy = "sent"
    ordering = ("-sent",)
    sortable_by = ("sent",)
    totals = {
        "attempts": Count("pk"),
        "prompt_tokens": Sum("prompt_tokens"),
        "completion_tokens": Sum("completion_tokens"),
        "total_tokens": Sum("total_tokens"),
        "cost": DecimalSum("cost"),
    }
    exclude = ("changed", "raw_usage", "estimated_usage", "price_used", "owner")
    readonly_fields = ("person", "changes", "reported", "estimate", "by_price")

    @admin.display(description="description")
    def of(self, row: Attempt) -> str:
        url = reverse("admin:describer_description_change", args=[row.description])
        return format_html('<a href="{}">{}</a>', url, str(row.description))

    @admin.display(description="error")
    def error(self, row: Attempt) -> str:
        return short(row.error_code)

    @admin.display(description="prompt")
    def prompt(self, row: Attempt) -> str:
        return tokens(row.prompt_tokens)

    @admin.display(description="completion")
    def completion(self, row: Attempt) -> str:
        return tokens(row.completion_tokens)

    @admin.display(description="total")
    def total(self, row: Attempt) -> str:
        return tokens(row.total_tokens)

    @admin.display(description="cost")
    def price(self, row: Attempt) -> str:
        return money(row.cost)

    @admin.display(description="asked without or renamed")
    def changes(self, row: Attempt) -> str:
        return indented(row.changed)

    @admin.display(description="usage as reported")
    def reported(self, row: Attempt) -> str:
        return indented(row.raw_usage)

    @admin.display(description="estimated usage")
    def estimate(self, row: Attempt) -> str:
        return indented(row.estimated_usage)

    @admin.display(description="by the price")
    def by_price(self, row: Attempt) -> str:
        return indented(row.price_used)
