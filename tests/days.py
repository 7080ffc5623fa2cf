"""Days of usage made again from the ledger, apart from the code that rolls each attempt up."""

from collections import Counter

from django.db import transaction
from django.utils import timezone

from describer.models import Attempt, UsageDay

NAMES = ("day", "owner", "key", "endpoint", "model")
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
STATES = ("priced", "free", "unpriced", "unknown")


def state_of(attempt):
    """What is known of the attempt's cost."""
    if attempt.endpoint == "sandbox" or attempt.billed == "no":
        return "free"
    if attempt.billed == "unknown":
        return "unknown"
    if attempt.cost is None:
        return "unpriced"
    return "free" if (attempt.price_used or {}).get("state") == "free" else "priced"


def group_of(attempt):
    """What tells the attempt's day apart, as (name, value) pairs."""
    day = timezone.localdate(attempt.sent)
    return tuple(
        zip(NAMES, (day, attempt.owner, attempt.key, attempt.endpoint, attempt.model_asked), strict=True)
    )


def days_of(attempts):
    """What UsageDay must hold for these attempts; those under way are not counted yet."""
    days = {}
    for attempt in attempts:
        if attempt.state == Attempt.State.SENT:
            continue
        counts = {name: getattr(attempt, name) or 0 for name in (*TOKENS, "cost")}
        counts |= {"attempts": 1, "asks": int(attempt.number == 1)}
        counts["failed"] = int(attempt.state != Attempt.State.ANSWERED)
        counts |= dict.fromkeys(STATES, 0) | {state_of(attempt): 1}
        days.setdefault(group_of(attempt), Counter()).update(counts)
    return days


def write_days():
    """Write UsageDay anew from all attempts."""
    with transaction.atomic():
        UsageDay.objects.all().delete()
        days = days_of(Attempt.objects.iterator())
        UsageDay.objects.bulk_create(UsageDay(**dict(group), **counts) for group, counts in days.items())
