"""Descriptions: what was asked and answered, to be read."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from describer.admin.lists import LongList, recorded
from describer.admin.words import MOST_CHARACTERS, begun, indented, short, shortened, thumbnail_link, tokens
from describer.desk.trash import delete_for_good
from describer.models import Attempt, Choice, Description, DescriptionImage

_MOST_ANSWERS = 8


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
    fields = readonly_fields = ("answer", "finish_reason", "declined", "calls", "thoughts")
    ordering = ("index",)
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Choice]:
        """Return the first answers, cut in the database; the description's own page shows all of them."""
        rows = begun(super().get_queryset(request), "content", "refusal", "reasoning", "tool_calls")
        first = Choice.objects.filter(description=OuterRef("description")).order_by("index").values("pk")
        return rows.filter(pk__in=Subquery(first[:_MOST_ANSWERS]))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="content")
    def answer(self, choice: Any) -> str:
        return shortened(choice.content_start)

    @admin.display(description="refusal")
    def declined(self, choice: Any) -> str:
        return shortened(choice.refusal_start)

    @admin.display(description="tool calls")
    def calls(self, choice: Any) -> str:
        return shortened(choice.tool_calls_start)

    @admin.display(description="reasoning")
    def thoughts(self, choice: Any) -> str:
        return shortened(choice.reasoning_start)


class InTrash(admin.SimpleListFilter):
    title = "trash"
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in", "In the trash"), ("out", "Not in the trash")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("in", "out"):
            return queryset
        return queryset.filter(trashed__isnull=self.value() == "out")


@admin.register(Description)
class DescriptionAdmin(LongList):
    """Read, searched and deleted, neither made nor changed here."""

    list_display = (
        "id",
        "preview",
        "about",
        "owner",
        "status",
        "model",
        "via",
        "usage",
        "created",
        "trashed",
    )
    list_display_links = ("id", "about")
    list_select_related = ("owner",)
    list_filter = ("status", "via", recorded("model", "model"), InTrash)
    search_fields = ("=id", "question", "=owner__username", "=transcript__request_id")
    search_help_text = "A number, words of the question, a user's whole name, or the x-request-id of a call."
    date_hierarchy = "created"
    ordering = ("-created",)
    sortable_by = ("id", "created")
    inlines = (PictureInline, ChoiceInline)
    fields = (
        ("status", "owner", "via", "key"),
        "asked",
        "prompt",
        ("endpoint", "model"),
        "set_parameters",
        ("waiting_reason", "not_before"),
        ("error_code", "error_message"),
        "ledger",
        ("created", "started", "finished", "trashed"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Description]:
        """Return the rows with their first picture and the usage of the answering attempt.

        Both are looked up for the listed rows alone.
        """
        pictures = DescriptionImage.objects.filter(description=OuterRef("pk"), position=0)
        attempts = Attempt.objects.filter(description=OuterRef("pk"), state=Attempt.State.ANSWERED)
        rows: QuerySet[Description] = super().get_queryset(request)
        return begun(rows, "question", "system_prompt", "parameters").annotate(
            first_image=Subquery(pictures.values("image")[:1]),
            total_tokens=Subquery(attempts.order_by("-number").values("total_tokens")[:1]),
        )

    def delete_model(self, request: HttpRequest, obj: Description) -> None:
        """Delete for good, the files too."""
        delete_for_good(Description.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Description]) -> None:
        """Delete what was chosen in the list for good."""
        delete_for_good(Description.objects.filter(pk__in=queryset.values("pk")))

    @admin.display(description="picture")
    def preview(self, row: Any) -> str:
        return thumbnail_link(row.first_image)

    @admin.display(description="question")
    def about(self, row: Any) -> str:
        return short(row.question_start)

    @admin.display(description="question")
    def asked(self, row: Any) -> str:
        return shortened(row.question_start)

    @admin.display(description="system prompt")
    def prompt(self, row: Any) -> str:
        return shortened(row.system_prompt_start)

    @admin.display(description="tokens")
    def usage(self, row: Any) -> str:
        return tokens(row.total_tokens)

    @admin.display(description="parameters")
    def set_parameters(self, row: Any) -> str:
        if len(row.parameters_start) > MOST_CHARACTERS:
            return shortened(row.parameters_start)
        return indented(json.loads(row.parameters_start))

    @admin.display(description="attempts")
    def ledger(self, row: Description) -> str:
        """Link to the description's lines in the ledger."""
        url = reverse("admin:describer_attempt_changelist")
        return format_html(
            '<a href="{}?description={}">{} in the ledger</a>', url, row.pk, row.attempts().count()
        )
