"""Endpoints: which one is asked, what it offers, whether it is paused. Its key is in the environment, not here."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from describer.admin.words import indented
from describer.engine import queue
from describer.models import Endpoint
from describer.models.endpoint import LIMITS, SIZES, SWITCHES

_NUMBERS = (*LIMITS, *SIZES)
_SETTINGS = (*_NUMBERS, *SWITCHES)


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only `settings` can be changed: all else is read from the environment at each start."""

    class Meta:
        model = Endpoint
        fields = ("settings",)
        help_texts = {
            "settings": f"An object of whole numbers above 0: {', '.join(_NUMBERS)}; and of true or false: "
            f"{', '.join(SWITCHES)} (links to pictures go to the endpoint as they are)."
        }

    def clean_settings(self) -> dict[str, int | bool]:
        values = self.cleaned_data["settings"] or {}
        if not isinstance(values, dict) or set(values) - set(_SETTINGS):
            raise forms.ValidationError(f"An object with any of {', '.join(_SETTINGS)}, and nothing else.")
        if any(type(values[name]) is not int or values[name] < 1 for name in _NUMBERS if name in values):
            raise forms.ValidationError(f"Each value of {', '.join(_NUMBERS)} is a whole number above 0.")
        if any(type(values[name]) is not bool for name in SWITCHES if name in values):
            raise forms.ValidationError(f"Each value of {', '.join(SWITCHES)} is true or false.")
        return values


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
    actions = ("open_again",)

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

    @admin.action(description="Open again: ask the selected endpoints again", permissions=["change"])
    def open_again(self, request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
        opened = sum(map(queue.open_endpoint, endpoints))
        self.message_user(request, f"{opened} opened: what waited for them is asked now.", messages.SUCCESS)
