"""The days of the roll-up that a fill's attempts come to."""

from describer.management.fill.rows import FilledAttempt, FilledDay
from describer.management.fill.times import LocalDays
from describer.models import Attempt, UsageDay
from describer.models.endpoint import SANDBOX

_Group = tuple[str, int, int, str, str]
_COUNTS = (
    "attempts",
    "asks",
    "failed",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "priced",
    "free",
    "unpriced",
    "unknown",
)
_STATE_OF = {Attempt.Billed.NO: 7, Attempt.Billed.YES: 8, Attempt.Billed.UNKNOWN: 9}  # a fill sets no prices
_GROUP = ("day", "owner", "key", "endpoint", "model")


class DayCounts:
    """Counts attempts as ledger/rollup.py does, group by group in memory: statement by statement a million take half an hour."""

    def __init__(self) -> None:
        self.days = LocalDays()
        self.counts: dict[_Group, list[int]] = {}

    def count(self, attempt: FilledAttempt, second: float) -> None:
        """Add an attempt that was sent at this moment; one under way is not counted yet."""
        if attempt.state == Attempt.State.SENT:
            return
        group = (self.days.day(second), attempt.owner, attempt.key, attempt.endpoint, attempt.model_asked)
        counts = self.counts.get(group)
        if counts is None:
            counts = self.counts[group] = [0] * len(_COUNTS)
        counts[0] += 1
        counts[1] += attempt.number == 1
        counts[2] += attempt.state != Attempt.State.ANSWERED
        counts[3] += attempt.prompt_tokens or 0
        counts[4] += attempt.completion_tokens or 0
        counts[5] += attempt.total_tokens or 0
        counts[_state_place(attempt)] += 1

    def take(self) -> list[FilledDay]:
        """Return the lines of what was counted since the last time, added to the days that are there.

        Those are taken out, within the caller's transaction, to be written again with the others.
        """
        counted, self.counts = self.counts, {}
        costs: dict[_Group, str] = {}
        there = UsageDay.objects.filter(
            day__in={group[0] for group in counted}, owner__in={group[1] for group in counted}
        )
        for values in there.values_list(*_GROUP, *_COUNTS, "cost"):
            group = (str(values[0]), *values[1:5])
            more = counted.get(group, [0] * len(_COUNTS))
            counted[group] = [before + count for before, count in zip(values[5:-1], more, strict=True)]
            costs[group] = str(values[-1])
        there.delete()
        return [_day_of(group, counts, costs.get(group, "0")) for group, counts in counted.items()]


def _state_place(attempt: FilledAttempt) -> int:
    """Return which of the counts tells what is known of the call's cost."""
    if attempt.endpoint == SANDBOX:
        return _STATE_OF[Attempt.Billed.NO]
    return _STATE_OF[Attempt.Billed(attempt.billed)]


def _day_of(group: _Group, counts: list[int], cost: str) -> FilledDay:
    return FilledDay._make((*group, *counts, cost))
