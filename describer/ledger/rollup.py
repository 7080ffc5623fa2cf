"""The roll-up of attempts into days, written in the transaction that completes the attempt."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from describer.models import Attempt, CostState, UsageDay
from describer.models.endpoint import SANDBOX
from describer.models.statements import add_to_day

_COUNTS = ("attempts", "asks", "failed")
_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")
Key = tuple[tuple[str, Any], ...]


def roll_up(attempt: Attempt, before: Attempt.State) -> None:
    """Add a just completed attempt to its day, within the transaction that completed it.

    `before` is the state it had: one given up as unknown has been counted and is only set right.
    """
    counted = _counts(attempt)
    if before == Attempt.State.UNKNOWN:
        counted |= {"attempts": 0, "asks": 0, "failed": counted["failed"] - 1}
        counted[_state_given_up(attempt)] -= 1
    _add(_day_key(attempt), counted)


def _state_given_up(attempt: Attempt) -> CostState:
    """Return as what a call was counted that was given up: perhaps billed, unless nothing ever is."""
    return CostState.FREE if attempt.endpoint == SANDBOX else CostState.UNKNOWN


def roll_up_all(given_up: Iterable[Attempt]) -> None:
    """Add attempts that were just given up as unknown to their days, within the transaction that gave them up."""
    days: dict[Key, Counter[str]] = defaultdict(Counter)
    for attempt in given_up:
        days[_day_key(attempt)].update(_counts(attempt))
    for key in sorted(days, key=_order):
        _add(key, days[key])


class MovedCosts:
    """What the days are to say otherwise of cost, since calls cost something else by new columns."""

    def __init__(self) -> None:
        self.days: dict[Key, Counter[str]] = defaultdict(Counter)

    def add(self, attempt: Attempt, columns: Mapping[str, Any]) -> None:
        """Note that a call gets these columns."""
        moved = self.days[_day_key(attempt)]
        moved.subtract(_costs(attempt))
        moved.update(_costs(_with(attempt, columns)))

    def write(self) -> None:
        """Move the days, within the transaction that wrote the calls' columns."""
        for key in sorted(self.days, key=_order):
            _add(key, dict.fromkeys((*_COUNTS, *_TOKENS), 0) | self.days[key])


def _with(attempt: Attempt, columns: Mapping[str, Any]) -> Attempt:
    """Return a call as it is with other columns."""
    changed = copy(attempt)
    for name, value in columns.items():
        setattr(changed, name, value)
    return changed


def used(attempts: Sequence[Attempt]) -> dict[str, Any] | None:
    """Return the tokens of a description's answering attempt: as reported, else the site's estimate, marked as one."""
    answered = [attempt for attempt in attempts if attempt.state == Attempt.State.ANSWERED]
    if not answered:
        return None
    reported = answered[-1].usage
    tokens = reported or answered[-1].estimated_usage
    if not tokens:
        return None
    return {**tokens, "estimated": not reported}


def order_of(attempt: Attempt) -> tuple[Any, ...]:
    """Return what tells the days of attempts apart, for group commits: many processes add to the same days."""
    return _order(_day_key(attempt))


def _order(key: Key) -> tuple[Any, ...]:
    return tuple(value for _, value in key)


def _day_key(attempt: Attempt) -> Key:
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
    }
    return counts | _costs(attempt) | {name: getattr(attempt, name) or 0 for name in _TOKENS}


def _costs(attempt: Attempt) -> dict[str, Any]:
    """Return what a call adds to its day's cost, and to the count of calls of which as much is known."""
    states = {state.value: int(attempt.cost_state == state) for state in CostState}
    return {"cost": attempt.cost or 0} | states


def _add(key: Key, counts: dict[str, Any]) -> None:
    """Update the day where it is known; else make its row, and update after all where another was quicker with it."""
    values = dict(key)
    changes = {f"more_{name}": count for name, count in counts.items()}
    if not any(counts.values()) or add_to_day()(**values, **changes):
        return
    try:
        with transaction.atomic():
            UsageDay.objects.create(**values, **counts)
    except IntegrityError:
        add_to_day()(**values, **changes)
