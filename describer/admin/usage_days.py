"""Days of usage: the roll-up of the ledger, only read."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Aggregate

from describer.admin.lists import LedgerAdmin, recorded
from describer.admin.words import money, tokens
from describer.ledger.totals import SUMS
from describer.models import UsageDay


@admin.register(UsageDay)
class UsageDayAdmin(LedgerAdmin):
    list_display = ("day", "person", "endpoint", "model", "attempts", "asks", "failed", "total", "price")
    list_filter = ("day", recorded("endpoint", "endpoint"), recorded("model", "model"))
    ordering = ("-day", "-id")
    sortable_by = ("day",)
    totals: ClassVar[dict[str, Aggregate]] = SUMS

    @admin.display(description="total tokens")
    def total(self, row: UsageDay) -> str:
        return tokens(row.total_tokens)

    @admin.display(description="cost")
    def price(self, row: UsageDay) -> str:
        return money(row.cost)
