"""How values of all lists look. Whatever people or models wrote is escaped here or by the templates."""

import json
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import Truncator

NONE = "-"
SIDE = 64


def short(text: str) -> str:
    """The beginning of a text, on one line."""
    return Truncator(" ".join(text[:400].split())).chars(80) or NONE


def thumbnail_link(image_id: int | None) -> str:
    if not image_id:
        return NONE
    source = reverse("thumbnail", args=[image_id])
    return format_html('<img src="{}" alt="" width="{}" loading="lazy">', source, SIDE)


def tokens(count: int | None) -> str:
    """Grouped; a dash for what was not reported, which is not 0."""
    return NONE if count is None else number_format(count, force_grouping=True)


def money(cost: Decimal | None) -> str:
    return NONE if cost is None else f"{cost.normalize():f}"


def indented(value: Any) -> str:
    """JSON as people read it."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False)) if value else NONE
