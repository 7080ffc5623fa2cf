"""API keys in words: what one is limited to, and until when."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from describer.models import ApiKey, Scope
from describer.templatetags.figures import MONTHS, exact

register = template.Library()

_DOES = {
    Scope.ASK: "asks",
    Scope.READ: "reads",
    Scope.WEBHOOKS: "makes webhooks",
    Scope.ADMIN: "sees everybody's",
}


@register.filter
def limits(key: ApiKey) -> str:
    """Tell what a key does and what narrows the key: "asks and reads · vision-1 only · 60 a minute"."""
    parts = [_listed([verb for scope, verb in _DOES.items() if scope in key.scopes]) or "opens nothing"]
    if key.model_names:
        parts.append(f"{_models(key.model_names)} only")
    if key.asks_per_minute:
        parts.append(f"{key.asks_per_minute:,} a minute")
    return " · ".join(parts)


def _models(names: list[str]) -> str:
    if len(names) < 3:
        return _listed(names)
    return f"{len(names):,} models"


@register.filter
def expiry(key: ApiKey) -> SafeString | str:
    """Tell until when: "never expires", "expires 25 Dec" or "expired 3 Mar 2025", the exact time on hover."""
    if key.expires is None:
        return "never expires"
    local = timezone.localtime(key.expires)
    return format_html(
        '{} <time datetime="{}" title="{}">{}</time>',
        "expired" if key.is_expired else "expires",
        local.isoformat(),
        exact(local),
        _day(local),
    )


def _day(local: datetime) -> str:
    """Write a day as "today, 23:59" or "25 Dec", with the year where it is not this year."""
    today = timezone.localdate()
    if local.date() == today:
        return f"today, {local:%H:%M}"
    date = f"{local.day} {MONTHS[local.month - 1]}"
    if local.year == today.year:
        return date
    return f"{date} {local.year}"


def _listed(names: list[str]) -> str:
    """Join names as "a", "a and b" or "a, b and c"."""
    *most, last = names or [""]
    if not most:
        return last
    return f"{', '.join(most)} and {last}"
