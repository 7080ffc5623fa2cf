"""Values of a foreign JSON: read leniently, kept storable."""

import json
import math
from typing import Any

DEEPEST = 64
MOST_TOKENS = 2**31 - 1
LONGEST_NUMBER = 300


class TooDeep(ValueError):
    """Nested deeper than DEEPEST."""


def whole_number(digits: str) -> int | float | None:
    """Python refuses to read numbers of over 4,300 digits; those become the nearest float, or nothing."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else finite(digits)


def finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


DECODER = json.JSONDecoder(
    parse_int=whole_number, parse_float=finite, parse_constant=lambda name: None, strict=False
)


def loads(text: str) -> Any:
    """The JSON value of `text`; what follows an object or list is left out, NaN and infinities become null.

    Raises ValueError, also for nesting without end.
    """
    start = text.lstrip("\ufeff \t\r\n")
    try:
        value, end = DECODER.raw_decode(start)
    except RecursionError:
        raise TooDeep from None
    if not isinstance(value, dict | list) and start[end:].strip():
        raise ValueError("words that begin like a JSON value")
    return storable(value)


def storable(value: Any, depth: int = 0) -> Any:
    """The same value without NUL and lone surrogates, which PostgreSQL and UTF-8 refuse."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | dict) and depth >= DEEPEST:
        raise TooDeep
    if isinstance(value, list):
        return [storable(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {clean(key): storable(one, depth + 1) for key, one in value.items()}
    return value


def clean(text: str) -> str:
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return text.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def as_count(value: Any) -> int | None:
    """A number of tokens: a whole number, also as 12.0 or "12"; None for all else and for what no column holds."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_TOKENS else None


def as_text(value: Any, longest: int) -> str:
    """Text or a number as text, at most `longest` characters; "" for all else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)[:longest]


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
