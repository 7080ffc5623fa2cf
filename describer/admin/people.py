"""People: made here, given passwords here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from describer.models import ApiKey, Description, Image, SearchGap, User
from describer.search.purge import purge_words

_DATES = (
    "last_login",
    "date_joined",
)  # what happened; a date of the year 9999 would be a fault of every page
_ROLE = ("is_superuser", "groups", "user_permissions")


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's own pages. Who is no superuser makes none, and cannot reach one's account."""

    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login")
    show_full_result_count = False
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Retention", {"fields": ("retention_days",)}))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = (*super().get_readonly_fields(request, obj), *_DATES)
        if request.user.is_superuser:
            return fields
        return (*fields, *_ROLE)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        with _with_their_words():
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with _with_their_words():
            super().delete_queryset(request, queryset)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Count what goes with these people: to list it one by one could take a million lines.

        Who may delete a person may delete what is theirs. The ledger keeps its lines.
        """
        people = list(objs)
        theirs = {
            "descriptions": Description.objects.filter(owner__in=people).count(),
            "images": Image.objects.filter(owner__in=people).count(),
            "API keys": ApiKey.objects.filter(user__in=people).count(),
        }
        forbidden = {"superuser" for person in people if not _may_touch(request, person)}
        lines = [f"User: {person}" for person in people]
        return lines, {"users": len(people)} | theirs, forbidden, []


@contextmanager
def _with_their_words() -> Iterator[None]:
    """Take the words of what goes with a person out of the index's file, too."""
    with transaction.atomic():
        SearchGap.objects.note_left_words()
        yield
    purge_words()


def _may_touch(request: HttpRequest, person: User | None) -> bool:
    return person is None or not person.is_superuser or bool(request.user.is_superuser)
