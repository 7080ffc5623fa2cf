"""Comparisons: what was asked in which variants, and what won, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from describer.admin.lists import LongList
from describer.admin.words import begun, indented, short, shortened
from describer.desk.comparisons import headings
from describer.models import Comparison


@admin.register(Comparison)
class ComparisonAdmin(LongList):
    """Read, and neither made, changed nor deleted here: one goes with the last of its descriptions."""

    list_display = ("id", "about", "compared", "owner", "best", "created")
    list_display_links = ("id", "about")
    list_select_related = ("owner",)
    search_fields = ("=id", "=owner__username")
    search_help_text = "A number, or a user's whole name."
    fields = ("owner", "asked", "set_variants", "best", "judged", "created")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return begun(super().get_queryset(request), "question")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="question")
    def about(self, row: Any) -> str:
        return short(row.question_start)

    @admin.display(description="question")
    def asked(self, row: Any) -> str:
        return shortened(row.question_start)

    @admin.display(description="variants")
    def compared(self, row: Comparison) -> str:
        return short(" | ".join(headings(row.variants)))

    @admin.display(description="variants")
    def set_variants(self, row: Comparison) -> str:
        return indented(row.variants)

    @admin.display(description="best")
    def best(self, row: Comparison) -> str:
        if row.judged is None:
            return "not judged"
        if row.winner is None:
            return "none of them"
        return headings(row.variants)[row.winner]
