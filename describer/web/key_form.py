"""The form of a new API key: a name, and what narrows the key."""

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone

from describer.models import Endpoint, Scope, User
from describer.models.person import MOST_ASKS_PER_MINUTE, end_of, scopes_of

_EXPIRES = {"": "never", "30": "in 30 days", "90": "in 90 days", "365": "in a year", "date": "on a date"}
_ASKS = f"A whole number from 1 to {MOST_ASKS_PER_MINUTE:,}, or nothing."
_USUAL = [Scope.ASK.value, Scope.READ.value]
_UNLIMITED = [*_USUAL, Scope.WEBHOOKS.value]


class KeyForm(forms.Form):
    """All that a key is made with. What is not ticked or filled in does not narrow it, but for the scopes."""

    name = forms.CharField(max_length=100, help_text="What it is for, such as the script that will use it.")
    expires = forms.ChoiceField(choices=_EXPIRES.items(), required=False, widget=forms.RadioSelect)
    last_day = forms.DateField(
        label="Its last day",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day as year-month-day, such as 2030-01-31."},
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        initial=_USUAL,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one: a key that may do nothing opens nothing."},
    )
    model_names = forms.MultipleChoiceField(
        label="Models",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "%(value)s is not offered."},
    )
    asks_per_minute = forms.IntegerField(
        label="Asks a minute",
        required=False,
        min_value=1,
        max_value=MOST_ASKS_PER_MINUTE,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _ASKS),
        help_text="More than these are told to wait. Empty: no limit.",
    )

    def __init__(self, user: User, endpoint: Endpoint | None, data: QueryDict | None = None) -> None:
        if data is not None:
            data = _without_limits(data)
        super().__init__(data)
        self.offered: list[str] = []
        if endpoint:
            self.offered = endpoint.offered
        self._offer("scopes", [(name, Scope(name).label) for name in scopes_of(user)])
        self._offer("model_names", [(name, name) for name in self.offered])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.MultipleChoiceField, self.fields[name]).choices = choices

    def clean_scopes(self) -> list[str]:
        return [scope.value for scope in Scope if scope in self.cleaned_data["scopes"]]

    def clean_model_names(self) -> list[str]:
        return [name for name in self.offered if name in self.cleaned_data["model_names"]]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        try:
            data["expires"] = self._expiry(data)
        except ValueError as error:
            self.add_error("last_day", str(error))
        return data

    def _expiry(self, data: dict[str, Any]) -> datetime | None:
        kind = data.get("expires", "")
        if kind != "date":
            self.errors.pop("last_day", None)  # nobody sees that field then
            if not kind:
                return None
            return end_of(timezone.localdate() + timedelta(days=int(kind)))
        if self.has_error("last_day"):
            return None
        if not data.get("last_day"):
            raise ValueError("Choose the day.")
        return end_of(data["last_day"])

    @property
    def is_unfolded(self) -> bool:
        """Tell whether there is anything to see under "Limits"."""
        return self.is_bound and bool({*self.changed_data, *self.errors} - {"name"})

    def point_out(self) -> None:
        """Have the browser show the first field that is wrong, below however many keys it stands."""
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong:
            self.fields[wrong].widget.attrs["autofocus"] = True

    @property
    def limits(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name] for name in ("expires", "scopes", "model_names", "asks_per_minute")
        }


def _without_limits(data: QueryDict) -> QueryDict:
    """Tick all scopes but an admin's where the form was sent without its limits.

    Only from a person who saw the scopes is none ticked an answer.
    """
    if "limits" in data:
        return data
    unlimited = data.copy()
    unlimited.setlist("scopes", list(_UNLIMITED))
    return unlimited
