"""Texts of an ask as they are stored."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from describer.errors import Refusal
from describer.lib.lenient_json import clean
from describer.lib.masks import without_api_keys


def storable_text(text: str, param: str) -> str:
    """Return text that can be stored: PostgreSQL refuses NUL, and nobody means it; nor a key of ours."""
    text = without_api_keys(clean(text.replace("\x00", "")).replace("\r\n", "\n"))
    if len(text) > settings.QUESTION_MAX_CHARACTERS:
        most = f"{settings.QUESTION_MAX_CHARACTERS:,}"
        message = f"The {param.replace('_', ' ')} is too long: at most {most} characters."
        raise Refusal(message, code="invalid_value", param=param)
    return text


def without_nul(value: Any) -> Any:
    """Return JSON-like data without NUL characters in its texts, in any depth."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nul(item) for item in value]
    return value
