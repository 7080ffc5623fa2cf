"""Descriptions: what was asked and answered, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from describer.admin.lists import LongList, recorded
from describer.admin.words import indented, short, thumbnail_link, tokens
from describer.models import Attempt, Choice, Description, DescriptionImage


class PictureInline(admin.TabularInline):  # type: ignore[type-arg]
    model = DescriptionImage
    verbose_name_plural = "pictures"
    fields = readonly_fields = ("preview", "name", "size")
    ordering = ("position",)
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DescriptionImage]:
        return super().get_queryset(request).select_related("image")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def preview(self, shown: DescriptionImage) -> str:
        return thumbnail_link(shown.image_id)

    def size(self, shown: DescriptionImage) -> str:
        return f"{shown.image.width} x {shown.image.height}"


class ChoiceInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Choice
    fields = readonly_fields = ("content", "finish_reason", "refusal", "tool_calls", "reasoning")
    ordering = ("index",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Description)
class DescriptionAdmin(LongList):
    """Read, searched and deleted, neither made nor changed here."""

    list_display = ("id", "preview", "about", "owner", "status", "model", "via", "usage", "created")
    list_display_links = ("id", "about")
    list_select_related = ("owner",)
    list_filter = ("status", "via", recorded("model", "model"))
    search_fields = ("=id", "question", "=owner__username", "=transcript__request_id")
    search_help_text = "A number, words of the question, a user's whole name, or the x-request-id of a call."
    date_hierarchy = "created"
    ordering = ("-created",)
    sortable_by = ("id", "created")
    inlines = (PictureInline, ChoiceInline)
    fields = (
        ("status", "owner", "via", "key"),
        "question",
        "system_prompt",
        ("endpoint", "model"),
        "set_parameters",
        ("waiting_reason", "not_before"),
        ("error_code", "error_message"),
        "ledger",
        ("created", "started", "finished"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Description]:
        """Return the rows with their first picture and the usage of the answering attempt.

        Both are looked up for the listed rows alone.
        """
        pictures = DescriptionImage.objects.filter(description=OuterRef("pk"), position=0)
        attempts = Attempt.objects.filter(description=OuterRef("pk"), state=Attempt.State.ANSWERED)
        rows: QuerySet[Description] = super().get_queryset(request)
        return rows.annotate(
            first_image=Subquery(pictures.values("image")[:1]),
            total_tokens=Subquery(attempts.order_by("-number").values("total_tokens")[:1]),
        )

    @admin.display(description="picture")
    def preview(self, row: Any) -> str:
        return thumbnail_link(row.first_image)

    @admin.display(description="question")
    def about(self, row: Description) -> str:
        return short(row.question)

    @admin.display(description="tokens")
    def usage(self, row: Any) -> str:
        return tokens(row.total_tokens)

    @admin.display(description="parameters")
    def set_parameters(self, row: Description) -> str:
        return indented(row.parameters)

    @admin.display(description="attempts")
    def ledger(self, row: Description) -> str:
        """Link to the description's lines in the ledger."""
        url = reverse("admin:describer_attempt_changelist")
        return format_html(
            '<a href="{}?description={}">{} in the ledger</a>', url, row.pk, row.attempts().count()
        )
