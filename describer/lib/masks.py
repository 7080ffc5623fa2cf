"""Secrets are taken out of texts: an endpoint's key out of its words, keys of ours out of a person's."""

import re
from typing import Any

from describer.lib.lenient_json import change_texts

MASK = "[key]"
API_KEY_MASK = "[API key taken out]"
_SHORTEST_KEY = 8
_API_KEY_PREFIX = "dsc_"
_API_KEY = re.compile(rf"{_API_KEY_PREFIX}[A-Za-z0-9_-]{{40,80}}")


def hides(key: str) -> bool:
    """Tell whether a key is long enough to be told from a word."""
    return len(key) >= _SHORTEST_KEY


def masked(text: str, key: str) -> str:
    """Return the text without an endpoint's key, should the endpoint have repeated it."""
    if hides(key) and key in text:
        return text.replace(key, MASK)
    return text


def masked_values(value: Any, key: str) -> Any:
    """Take the key out of all texts and names of a JSON value that nobody else holds; return the value."""
    if not hides(key):
        return value
    return change_texts(value, lambda text: masked(text, key))


def without_api_keys(text: str) -> str:
    """Return the text without anything that has the shape of a key of ours."""
    if _API_KEY_PREFIX not in text:
        return text
    return _API_KEY.sub(API_KEY_MASK, text)


def values_without_api_keys(value: Any) -> Any:
    """Take keys of ours out of all texts and names of a JSON value that nobody else holds; return the value."""
    return change_texts(value, without_api_keys)
