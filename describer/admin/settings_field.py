"""A field for an object of settings as JSON, which says what is wrong with anything that is put into it."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput

from describer.chat.header_rules import header_fault
from describer.models.endpoint import HEADERS

_CHARACTERS = 2_000
_MOST_HEADERS = 20
_UNREADABLE = (
    ValueError,
    RecursionError,
)  # no JSON; a number of more digits than Python reads; lists without end


class SettingsField(forms.JSONField):
    """Takes whole numbers within `ranges`, `switches` that are true or false, and `headers`; nothing else, and none twice."""

    widget = forms.Textarea(attrs={"rows": 5})

    def __init__(
        self, *, ranges: Mapping[str, tuple[int, int]], switches: tuple[str, ...], **kwargs: Any
    ) -> None:
        super().__init__(required=False, **kwargs)
        self.ranges, self.switches = ranges, switches

    def to_python(self, value: Any) -> Any:
        values = _typed(value)
        known = [*self.ranges, *self.switches, HEADERS]
        if not isinstance(values, dict) or set(values) - set(known):
            raise forms.ValidationError(f"An object with any of {', '.join(known)}, and nothing else.")
        for name, given in values.items():
            self._check(name, given)
        return values

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what is shown again: what was typed, letter by letter."""
        return InvalidJSONInput(data)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return super().has_changed(initial, data)
        except forms.ValidationError:
            return True

    def _check(self, name: str, given: Any) -> None:
        if name == HEADERS:
            _check_headers(given)
            return
        if name in self.switches:
            if not isinstance(given, bool):
                raise forms.ValidationError(f"{name} is true or false.")
            return
        least, most = self.ranges[name]
        if type(given) is not int or not least <= given <= most:  # a bool is an int
            raise forms.ValidationError(f"{name} is a whole number from {least:,} to {most:,}.")


def _check_headers(given: Any) -> None:
    if not isinstance(given, dict) or len(given) > _MOST_HEADERS:
        raise forms.ValidationError(f"headers is an object of at most {_MOST_HEADERS} texts by their names.")
    for name, value in given.items():
        if fault := header_fault(name, value):
            raise forms.ValidationError(fault)
    if len({name.lower() for name in given}) < len(given):
        raise forms.ValidationError("A header stands there twice.")


def _typed(value: Any) -> Any:
    if not value:
        return {}
    if len(str(value)) > _CHARACTERS:
        raise forms.ValidationError(f"At most {_CHARACTERS:,} characters.")
    try:
        return json.loads(value, object_pairs_hook=_once)
    except _UNREADABLE as error:
        message = 'That is no JSON that can be read. Write an object like {"max_in_flight": 4}.'
        raise forms.ValidationError(message) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name that stands there twice")
    return values
