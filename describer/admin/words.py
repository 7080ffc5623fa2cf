"""How values of all lists look. Whatever people or models wrote is escaped here or by the templates."""

import json
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Left
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import Truncator

NONE = "-"
MOST_CHARACTERS = 20_000  # of a text; the description's own page leads to all of it
_SIDE = 64
_Rows = TypeVar("_Rows", bound="QuerySet[Any]")


def short(text: str) -> str:
    """Return the beginning of a text, on one line."""
    return Truncator(" ".join(text[:400].split())).chars(80) or NONE


def begun(rows: _Rows, *columns: str) -> _Rows:
    """Read the beginnings of these columns alone, as `NAME_start`: a model or a script may have written megabytes."""
    starts = {f"{name}_start": Left(Cast(name, TextField()), MOST_CHARACTERS + 1) for name in columns}
    return rows.defer(*columns).annotate(**starts)


def shortened(text: str | None) -> str:
    """Return the beginning of a long text; a dash for none."""
    if text and len(text) > MOST_CHARACTERS:
        return f"{text[:MOST_CHARACTERS]} …"
    return text or NONE


def thumbnail_link(image_id: int | None) -> str:
    if not image_id:
        return NONE
    source = reverse("thumbnail", args=[image_id])
    return format_html('<img src="{}" alt="" width="{}" loading="lazy">', source, _SIDE)


def tokens(count: int | None) -> str:
    """Write a count grouped; a dash for what was not reported, which is not 0."""
    if count is None:
        return NONE
    return number_format(count, force_grouping=True)


def money(cost: Decimal | None) -> str:
    if cost is None:
        return NONE
    return f"{cost.normalize():f}"


def indented(value: Any) -> str:
    """Write JSON as people read it."""
    if not value:
        return NONE
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))
