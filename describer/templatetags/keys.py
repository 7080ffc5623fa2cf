"""API keys in words: what one is limited to, and until when."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from describer.models import ApiKey, Scope
from describer.templatetags.figures import MONTHS, exact

register = template.Library()

DOES = {Scope.ASK: "asks", Scope.READ: "reads", Scope.ADMIN: "sees everybody's"}


@register.filter
def limits(key: ApiKey) -> str:
    """ "asks and reads · vision-1 only · 60 a minute": what it does, and what narrows it."""
    found = [joined([words for scope, words in DOES.items() if scope in key.scopes]) or "opens nothing"]
    if key.model_names:
        few = joined(key.model_names) if len(key.model_names) < 3 else f"{len(key.model_names):,} models"
        found.append(f"{few} only")
    if key.asks_per_minute:
        found.append(f"{key.asks_per_minute:,} a minute")
    return " · ".join(found)


@register.filter
def expiry(key: ApiKey) -> SafeString | str:
    """ "never expires", "expires 25 Dec" or "expired 3 Mar 2025", the exact time on hover."""
    if key.expires is None:
        return "never expires"
    local = timezone.localtime(key.expires)
    return format_html(
        '{} <time datetime="{}" title="{}">{}</time>',
        "expired" if key.is_expired else "expires",
        local.isoformat(),
        exact(local),
        day(local),
    )


def day(local: datetime) -> str:
    """ "today, 23:59", "25 Dec", and the year where it is another."""
    today = timezone.localdate()
    if local.date() == today:
        return f"today, {local:%H:%M}"
    date = f"{local.day} {MONTHS[local.month - 1]}"
    return date if local.year == today.year else f"{date} {local.year}"


def joined(words: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *most, last = words or [""]
    return f"{', '.join(most)} and {last}" if most else last
