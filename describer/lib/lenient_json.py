"""Values of a foreign JSON: read leniently, kept storable."""

import json
import math
from collections.abc import Callable
from typing import Any

from describer.lib.limits import NESTING, NUMBER_DIGITS

_MOST_TOKENS = 2**31 - 1


class TooDeep(ValueError):
    """Nested deeper than NESTING."""


def _whole_number(digits: str) -> int | float | None:
    """Read a number; Python refuses above 4,300 digits, so long numbers become the nearest float, or None."""
    if len(digits) <= NUMBER_DIGITS:
        return int(digits)
    return _finite(digits)


def _finite(digits: str) -> float | None:
    number = float(digits)
    if not math.isfinite(number):
        return None
    return number


_DECODER = json.JSONDecoder(
    parse_int=_whole_number, parse_float=_finite, parse_constant=lambda name: None, strict=False
)


def loads(text: str) -> Any:
    """Read the JSON value of `text`, without what follows an object or list; NaN and infinities become null.

    Raises ValueError, also for nesting without end.
    """
    start = text.lstrip("\ufeff \t\r\n")
    try:
        value, end = _DECODER.raw_decode(start)
    except RecursionError:
        raise TooDeep from None
    if not isinstance(value, dict | list) and start[end:].strip():
        raise ValueError("words that begin like a JSON value")
    if _is_plain(start):
        return value
    return change_texts(value, clean)


def _is_plain(text: str) -> bool:
    """Tell by its signs alone that a JSON text, as most do, holds nothing to be cleaned and is not deep."""
    shallow = text.count("[") + text.count("{") <= NESTING
    return shallow and text.isascii() and "\\u" not in text and "\0" not in text


def storable(value: Any, depth: int = 0) -> Any:
    """Return the same value without NUL and lone surrogates, which PostgreSQL and UTF-8 refuse."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | dict) and depth >= NESTING:
        raise TooDeep
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): storable(item, depth + 1) for key, item in value.items()}
    return value


def change_texts(value: Any, change: Callable[[str], str], depth: int = 0) -> Any:
    """Change all texts and names of a JSON value that nobody else holds, in place; return the value.

    A copy of a large one would take its memory twice. Raises TooDeep.
    """
    if isinstance(value, str):
        return change(value)
    if not isinstance(value, list | dict):
        return value
    if depth >= NESTING:
        raise TooDeep
    places = enumerate(value) if isinstance(value, list) else value.items()
    for place, item in places:
        if isinstance(item, str | list | dict):
            value[place] = change_texts(item, change, depth + 1)
    if isinstance(value, list) or all(change(name) is name for name in value):
        return value
    return {change(name): item for name, item in value.items()}


def _is_clean(text: str) -> bool:
    """Tell whether a text holds no NUL and no lone surrogate."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def clean(text: str) -> str:
    """Replace NUL and lone surrogates in a text by U+FFFD."""
    if _is_clean(text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def as_count(value: Any) -> int | None:
    """Read a number of tokens, also 12.0 or "12"; None for all else and for what no column holds."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if not 0 <= value <= _MOST_TOKENS:
        return None
    return value


def as_text(value: Any, longest: int) -> str:
    """Return text or a number as text, at most `longest` characters; "" for all else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)[:longest]


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
