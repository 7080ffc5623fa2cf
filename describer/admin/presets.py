"""The site's presets, for everybody, to be made and changed; people's own are theirs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from describer.admin.lists import LongList
from describer.models import Preset


@admin.register(Preset)
class PresetAdmin(LongList):
    list_display = ("label", "name", "position", "is_plain", "archived")
    list_filter = ("archived",)
    search_fields = ("name", "label")
    search_help_text = "A part of a preset's name or label."
    fields = (
        "label",
        "name",
        "question",
        "system_prompt",
        "model",
        "parameters",
        "is_plain",
        "position",
        "archived",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        return super().get_queryset(request).filter(owner=None)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("describer.add_preset")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("describer.change_preset")
