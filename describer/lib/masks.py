"""Secrets are taken out of texts: an endpoint's key out of its words, keys of ours out of a person's.

Where an endpoint has several secrets, its "key" is all of them, one a line: no header can hold the end of one.
"""

import re
from collections.abc import Iterable
from typing import Any

from describer.lib.lenient_json import change_texts

MASK = "[key]"
API_KEY_MASK = "[API key taken out]"
_SHORTEST_KEY = 8
_API_KEY_PREFIX = "dsc_"
_API_KEY = re.compile(rf"{_API_KEY_PREFIX}[A-Za-z0-9_-]{{40,80}}")


def hides(key: str) -> bool:
    """Tell whether a key is long enough to be told from a word."""
    return bool(keys_in(key))


def one_key(secrets: Iterable[str]) -> str:
    """Return these secrets as one key; the longest first, so that none that is part of another leaves half of that."""
    return "\n".join(sorted({secret for secret in secrets if secret}, key=lambda one: (-len(one), one)))


def keys_in(key: str) -> list[str]:
    """Return the secrets of a key that are long enough to be told from a word."""
    return [one for one in key.split("\n") if len(one) >= _SHORTEST_KEY]


def masked(text: str, key: str) -> str:
    """Return the text without an endpoint's key, should the endpoint have repeated it."""
    for one in keys_in(key):
        if one in text:
            text = text.replace(one, MASK)
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
