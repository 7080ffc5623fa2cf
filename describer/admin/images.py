"""Images: whose they are and what they weigh, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from describer.admin.lists import LongList
from describer.admin.words import thumbnail_link
from describer.models import Image


@admin.register(Image)
class ImageAdmin(LongList):
    """Neither made, changed nor deleted: an image goes by itself when nothing shows it any more."""

    list_display = ("id", "preview", "owner", "format", "pixels", "weight", "created")
    list_select_related = ("owner",)
    search_fields = ("=sha256", "=owner__username")
    search_help_text = "A file's SHA-256, or a user's whole name."
    fields = ("preview", "owner", "sha256", "format", "pixels", "weight", "notes", "created", "last_given")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="picture")
    def preview(self, image: Image) -> str:
        return thumbnail_link(image.pk)

    @admin.display(description="size")
    def pixels(self, image: Image) -> str:
        return f"{image.width} x {image.height}"

    @admin.display(description="bytes")
    def weight(self, image: Any) -> str:
        return filesizeformat(image.bytes)
