"""The roll-up of attempts into days: written with each attempt, and made again from all of them to prove it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from describer.db.statements import Param, Update
from describer.models import Attempt, UsageDay

TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
COUNTED = ("attempts", "asks", "failed", *TOKENS, "cost")
KEYED = ("day", "owner", "key", "endpoint", "model")
Key = tuple[tuple[str, Any], ...]
ADD_TO_DAY = Update(
    lambda: UsageDay.objects.filter(**{name: Param(name) for name in KEYED}),
    **{name: F(name) + Param(f"more_{name}", UsageDay._meta.get_field(name)) for name in COUNTED},
)


def roll_up(attempt: Attempt, before: Attempt.State) -> None:
    """Add a just completed attempt to its day, within the transaction that completed it.

    `before` is the state it had: one given up as unknown has been counted and is only set right.
    """
    counted = _counts(attempt)
    if before == Attempt.State.UNKNOWN:
        counted |= {"attempts": 0, "asks": 0, "failed": counted["failed"] - 1}
    _add(key_of(attempt), counted)


def rebuilt(attempts: Iterable[Attempt]) -> dict[Key, Counter[str]]:
    """What UsageDay must hold for these attempts. Attempts still under way are not counted yet."""
    days: dict[Key, Counter[str]] = {}
    for attempt in attempts:
        if attempt.state != Attempt.State.SENT:
            days.setdefault(key_of(attempt), Counter()).update(_counts(attempt))
    return days


def rebuild() -> None:
    """Write UsageDay anew from the ledger, in one transaction."""
    with transaction.atomic():
        UsageDay.objects.all().delete()
        days = rebuilt(Attempt.objects.iterator())
        UsageDay.objects.bulk_create(UsageDay(**dict(key), **counts) for key, counts in days.items())


def used(attempts: Sequence[Attempt]) -> dict[str, Any] | None:
    """Tokens of the answering one of a description's attempts: as reported, else our estimate, which is marked as one."""
    answered = [attempt for attempt in attempts if attempt.state == Attempt.State.ANSWERED]
    if not answered:
        return None
    reported = answered[-1].usage
    tokens = reported or answered[-1].estimated_usage
    return {**tokens, "estimated": not reported} if tokens else None


def cost_of(costs: Iterable[Decimal | None]) -> str | None:
    """The sum in plain digits, without zeros at its end; None when no cost is known."""
    known = [cost for cost in costs if cost is not None]
    return f"{sum(known, Decimal()).normalize():f}" if known else None


def order_of(attempt: Attempt) -> tuple[Any, ...]:
    """What tells the days of attempts apart, for `together`: many processes add to the same ones."""
    return tuple(value for _, value in key_of(attempt))


def key_of(attempt: Attempt) -> Key:
    return (
        ("day", timezone.localdate(attempt.sent)),
        ("owner", attempt.owner),
        ("key", attempt.key),
        ("endpoint", attempt.endpoint),
        ("model", attempt.model_asked),
    )


def _counts(attempt: Attempt) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "attempts": 1,
        "asks": int(attempt.number == 1),
        "failed": int(attempt.state != Attempt.State.ANSWERED),
        "cost": attempt.cost or 0,
    }
    return counts | {name: getattr(attempt, name) or 0 for name in TOKENS}


def _add(key: Key, counts: dict[str, Any]) -> None:
    """One update where the day is known; else a row, and where another was quicker with it, the update after all."""
    values = dict(key)
    changes = {f"more_{name}": count for name, count in counts.items()}
    if not any(counts.values()) or ADD_TO_DAY(**values, **changes):
        return
    try:
        with transaction.atomic():
            UsageDay.objects.create(**values, **counts)
    except IntegrityError:
        ADD_TO_DAY(**values, **changes)
