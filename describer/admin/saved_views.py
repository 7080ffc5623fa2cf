"""People's saved views, to be read and removed."""

from django.contrib import admin

from describer.admin.lists import LongList
from describer.models import SavedView


@admin.register(SavedView)
class SavedViewAdmin(LongList):
    list_display = ("id", "owner", "name")
    list_select_related = ("owner",)
    search_fields = ("=owner__username", "name")
    search_help_text = "A user's whole name, or a part of a view's."
    fields = ("owner", "name", "query")
