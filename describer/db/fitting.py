"""What a column can hold: values of others, cut down to it.

A reply that was paid for must not be lost to a number that no column holds, or to a letter that the database's character
set lacks. This is looked at when a write was refused, so that writes which go well cost nothing.
"""

import codecs
import json
from collections.abc import Mapping
from typing import Any

from django.db import connection, models

from describer.lib.lenient_json import storable

_MOST = 2**63 - 1  # that SQLite's integers hold


def fitted(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row's columns as the database can hold them: numbers clipped, texts cut, letters replaced."""
    charset = _charset()
    return {name: _fitted(model._meta.get_field(name), value, charset) for name, value in values.items()}


def fitted_json(value: Any) -> Any:
    """Return a JSON value as the database can hold it; None for one that nests too deeply."""
    return _fitted_json(value, _charset())


def _fitted(field: Any, value: Any, charset: str) -> Any:
    if value is None:
        return None
    if isinstance(field, models.JSONField):
        return _fitted_json(value, charset)
    if isinstance(field, models.IntegerField):
        return _clipped(field, value)
    if isinstance(field, models.CharField | models.TextField):
        return _fitted_text(str(value), charset)[: field.max_length]
    return value


def _clipped(field: Any, value: int) -> int:
    kind = field.get_internal_type()
    least, most = connection.ops.integer_field_range(kind)
    if kind.startswith("Positive"):
        least = 0
    if least is None:
        least = -_MOST - 1
    if most is None:
        most = _MOST
    return int(max(least, min(most, value)))


def _fitted_text(text: str, charset: str) -> str:
    return str(storable(text)).encode(charset, "replace").decode(charset)


def _fitted_json(value: Any, charset: str) -> Any:
    try:
        text = json.dumps(storable(value), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return json.loads(_fitted_text(text, charset))


def _charset() -> str:
    """Return the name that Python has for the database's character set; ASCII where it knows none."""
    if connection.vendor != "postgresql":
        return "utf-8"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        name = cursor.fetchone()[0]
    try:
        return codecs.lookup(name.replace("WIN", "cp")).name
    except LookupError:
        return "ascii"
