"""Prices, which are added and never changed, with from when until when each counts; and what re-pricing did, to be read."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils import timezone

from describer.admin.lists import LongList
from describer.admin.words import NONE, indented, money
from describer.db.exact_decimal import digits_of
from describer.models import Price, Repricing, UsageDay, User
from describer.models.price import AMOUNTS

_GAP_DAYS = 30
_MOST_GAPS = 20
_MAKERS = User.objects.filter(pk=OuterRef("made_by")).values("username")[:1]


class PricesList(ChangeList):
    """Tells beside the prices of which models calls were without one."""

    gaps: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        days = UsageDay.objects.filter(unpriced__gt=0, day__gte=timezone.localdate() - timedelta(_GAP_DAYS))
        calls: QuerySet[Any, Any] = days.values("endpoint", "model").annotate(
            calls=Sum("unpriced"), last=Max("day")
        )
        self.gaps = list(calls.order_by("-calls", "endpoint", "model")[:_MOST_GAPS])


class AddedOnly(LongList):
    """Rows that nobody changes or takes away, superusers included."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="by")
    def maker(self, row: Any) -> str:
        if row.maker_name:
            return str(row.maker_name)
        return f"deleted ({row.made_by})" if row.made_by else "the shell"


@admin.register(Price)
class PriceAdmin(AddedOnly):
    """A change is a new row, and so is an end; of two with one beginning the later one counts."""

    change_list_template = "admin/describer/prices.html"
    list_display = (
        "model",
        "of_endpoint",
        "state",
        "amounts",
        "begins",
        "until",
        "source",
        "maker",
    )
    list_filter = ("state", "source")
    search_fields = ("model", "endpoint")
    search_help_text = "A part of a model's pattern, or of an endpoint's name."
    fields = ("endpoint", "model", "state", *AMOUNTS, "begins")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """Rows with the beginning of the next one that is for the same."""
        later = Q(begins__gt=OuterRef("begins")) | Q(begins=OuterRef("begins"), pk__gt=OuterRef("pk"))
        same = Price.objects.filter(endpoint=OuterRef("endpoint"), model=OuterRef("model"))
        following = same.filter(later).order_by("begins", "pk").values("begins")[:1]
        told = {"ends": Subquery(following), "maker_name": Subquery(_MAKERS)}
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**told)
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PricesList

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("describer.add_price")

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        """Note whose price it is."""
        obj.made_by = request.user.pk or 0
        super().save_model(request, obj, form, change)

    @admin.display(description="endpoint")
    def of_endpoint(self, row: Price) -> str:
        return row.endpoint or "any"

    @admin.display(description="amounts")
    def amounts(self, row: Price) -> str:
        """Write what is not 0, each under its name."""
        told = (
            f"{name.replace('_', ' ')} {digits_of(amount)}" for name, amount in row.amounts.items() if amount
        )
        return ", ".join(told) or NONE

    @admin.display(description="until")
    def until(self, row: Any) -> str:
        if row.ends is None:
            return NONE
        if row.ends == row.begins:
            return "replaced at once"
        return f"{timezone.localtime(row.ends):%Y-%m-%d %H:%M}"


@admin.register(Repricing)
class RepricingAdmin(AddedOnly):
    list_display = ("day", "calls", "cost_before", "cost_after", "begins", "made", "maker")
    fields = ("day", "calls", "cost_before", "cost_after", "begins", "made", "maker", "models")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows: QuerySet[Any] = super().get_queryset(request).annotate(maker_name=Subquery(_MAKERS))
        return rows

    @admin.display(description="before")
    def cost_before(self, row: Repricing) -> str:
        return money(row.before)

    @admin.display(description="after")
    def cost_after(self, row: Repricing) -> str:
        return money(row.after)

    @admin.display(description="by model")
    def models(self, row: Repricing) -> str:
        return indented(row.by_model)
