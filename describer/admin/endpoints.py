"""Endpoints: which one is asked, what it offers, whether it is paused. Its key is in the environment, not here."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from describer.admin.settings_field import SettingsField
from describer.admin.words import indented
from describer.engine import queue
from describer.models import Endpoint
from describer.models.endpoint import SWITCHES

# What an admin may set: less makes no call, more is a slip of the hand.
_RANGES = {
    "max_in_flight": (1, 10_000),
    "requests_per_minute": (1, 1_000_000),
    "tokens_per_minute": (1, 1_000_000_000),
    "long_side": (28, 20_000),
    "picture_bytes": (1_000, 100 * 2**20),
    "body_bytes": (1_000, 2**30),
}


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only `settings` can be changed: all else is read from the environment at each start."""

    settings = SettingsField(
        ranges=_RANGES,
        switches=SWITCHES,
        help_text=f"An object of whole numbers: {', '.join(_RANGES)}; and of true or false: "
        f"{', '.join(SWITCHES)} (links to pictures go to the endpoint as they are; answers are streamed to pages). headers: an object of texts that go with "
        "each call, by their names; secret ones belong into the variable VISION_HEADERS.",
    )

    class Meta:
        model = Endpoint
        fields = ("settings",)


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = EndpointForm
    list_display = (
        "name",
        "base_url",
        "is_default",
        "default_model",
        "offers",
        "paused_code",
        "paused_since",
        "gate",
    )
    readonly_fields = (
        "name",
        "base_url",
        "is_default",
        "default_model",
        "all_models",
        "models_fetched",
        "paused_code",
        "paused_since",
        "next_probe",
        "gate",
        "has_learned",
    )
    fields = (*readonly_fields, "settings")
    actions = ("open_again", "forget")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="models")
    def offers(self, endpoint: Endpoint) -> int:
        return len(endpoint.offered)

    @admin.display(description="models")
    def all_models(self, endpoint: Endpoint) -> str:
        return ", ".join(endpoint.offered) or "-"

    @admin.display(description="calls at once", empty_value="no limit")
    def gate(self, endpoint: Endpoint) -> int | None:
        """Return how many calls the gate lets through after a storm, or None."""
        if not endpoint.gate_width:
            return None
        return int(endpoint.gate_width)

    @admin.display(description="learned")
    def has_learned(self, endpoint: Endpoint) -> str:
        return indented(endpoint.learned)

    @admin.action(description="Forget what was learned of their models", permissions=["change"])
    def forget(self, request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
        """Have each thing met once more: what a model takes may have changed."""
        count = endpoints.update(learned={})
        self.message_user(
            request, f"{count} forgotten: each model is asked as if it were new.", messages.SUCCESS
        )

    @admin.action(description="Open again: ask the selected endpoints again", permissions=["change"])
    def open_again(self, request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
        opened = sum(map(queue.open_endpoint, endpoints))
        self.message_user(request, f"{opened} opened: what waited for them is asked now.", messages.SUCCESS)
