"""API keys: seen and revoked here; made by their owners, or with `manage.py create_api_key`."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from describer.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A key's hash is shown nowhere, and a key is closed rather than deleted, so that its calls keep a name."""

    list_display = ("name", "prefix", "user", "created", "last_used", "revoked")
    list_select_related = ("user",)
    list_filter = (("revoked", admin.EmptyFieldListFilter), "last_used")
    search_fields = ("name", "prefix", "user__username")
    show_full_result_count = False
    fields = readonly_fields = ("name", "prefix", "user", "created", "last_used", "revoked")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        revoked = sum(key.revoke() for key in keys)
        self.message_user(
            request, f"{revoked} revoked: calls with them are refused from now on.", messages.SUCCESS
        )
