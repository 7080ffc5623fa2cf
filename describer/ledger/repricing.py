"""Pricing calls of the past anew: first what it would change, then, if so wished, done and written down, day by day.

A day is one transaction: done with the line that says so, or not at all. What was interrupted is taken up by doing it again:
days that are done have nothing to change any more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from describer.db.clock import clock
from describer.ledger.costs import cost_columns
from describer.ledger.prices import PriceTable, prices
from describer.ledger.rollup import MovedCosts
from describer.ledger.totals import cost_of
from describer.models import Attempt, Repricing
from describer.models.endpoint import SANDBOX
from describer.models.statements import REPRICE_ATTEMPT

_AT_ONCE = 500
_UNREAD = ("error_message", "changed", "request_id")


@dataclass
class Repriced:
    """The calls of a day and model whose cost changes, what they cost before and after, and by which rows."""

    day: date
    model: str
    calls: int = 0
    before: Decimal | None = None
    after: Decimal | None = None
    by_before: set[int] = field(default_factory=set)
    by_after: set[int] = field(default_factory=set)

    def add(self, attempt: Attempt, columns: dict[str, Any]) -> None:
        """Count a call that gets these columns."""
        self.calls += 1
        self.before = total_of((self.before, attempt.cost))
        self.after = total_of((self.after, columns["cost"]))
        self.by_before |= _row_of(attempt.price_used)
        self.by_after |= _row_of(columns["price_used"])

    @property
    def kept(self) -> dict[str, Any]:
        """Return the line of a model, as it is written down."""
        return {
            "model": self.model,
            "calls": self.calls,
            "before": cost_of([self.before]),
            "after": cost_of([self.after]),
            "prices_before": sorted(self.by_before),
            "prices_after": sorted(self.by_after),
        }


Change = tuple[Attempt, dict[str, Any]]


def reprice(begins: datetime, *, apply: bool = False, made_by: int = 0) -> list[Repriced]:
    """Price the calls sent since then anew, by the prices as they stand now; return what changes, by day and model.

    Without `apply` nothing is written. What may be billed or not keeps having no cost.
    """
    table = prices.now()
    first = _billed(begins).aggregate(first=Min("sent"))["first"]
    found: list[Repriced] = []
    if first is None:
        return found
    for day, start, end in _days(max(begins, first)):
        calls = _billed(start).filter(sent__lt=end)
        if apply:
            found += _applied(calls, table, day, begins, made_by)
        else:
            attempts = calls.order_by("pk").defer(*_UNREAD).iterator(_AT_ONCE)
            found += _summed(day, _repriced(attempts, table))
    return found


def _billed(begins: datetime) -> "QuerySet[Attempt]":
    """Return the calls sent since then that cost something."""
    calls = Attempt.objects.filter(sent__gte=begins, billed=Attempt.Billed.YES)
    return calls.exclude(state=Attempt.State.SENT).exclude(endpoint=SANDBOX)


def _days(begins: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield each day of the site's time zone from then to now, with the moments between which its calls were sent."""
    day, start = timezone.localdate(begins), begins
    now = clock.now()
    while start <= now:
        following = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
        yield day, start, following
        day, start = day + timedelta(days=1), following


def _repriced(attempts: Iterable[Attempt], table: PriceTable) -> Iterator[Change]:
    """Yield the calls whose cost is another now, each with its new columns."""
    for attempt in attempts:
        columns = cost_columns(attempt, {}, table)
        held = (attempt.cost, _state_in(attempt.price_used))
        if (columns["cost"], _state_in(columns["price_used"])) != held:
            yield attempt, columns


def _summed(day: date, changes: Iterable[Change]) -> list[Repriced]:
    by_model: dict[str, Repriced] = {}
    for attempt, columns in changes:
        model = attempt.model_asked
        by_model.setdefault(model, Repriced(day, model)).add(attempt, columns)
    return [by_model[model] for model in sorted(by_model)]


def _applied(
    calls: "QuerySet[Attempt]", table: PriceTable, day: date, begins: datetime, made_by: int
) -> list[Repriced]:
    """Price the calls of one day anew, with what they add to the day's usage and the line that says so, or not at all."""
    with transaction.atomic():
        found = _summed(day, _written(calls, table))
        if found:
            Repricing.objects.create(
                made_by=made_by,
                begins=begins,
                day=day,
                calls=sum(one.calls for one in found),
                before=total_of(one.before for one in found),
                after=total_of(one.after for one in found),
                by_model=[one.kept for one in found],
            )
    return found


def _written(calls: "QuerySet[Attempt]", table: PriceTable) -> Iterator[Change]:
    """Write the new columns of a day's calls, some at a time in memory; yield each call as it was, with its columns."""
    numbers = list(calls.order_by("pk").select_for_update().values_list("pk", flat=True))
    moved = MovedCosts()
    for place in range(0, len(numbers), _AT_ONCE):
        some = Attempt.objects.filter(pk__in=numbers[place : place + _AT_ONCE]).order_by("pk")
        for attempt, columns in _repriced(some.defer(*_UNREAD), table):
            REPRICE_ATTEMPT(pk=attempt.pk, **columns)
            moved.add(attempt, columns)
            yield attempt, columns
    moved.write()


def total_of(costs: Iterable[Decimal | None]) -> Decimal | None:
    """Add up costs; None where none is known."""
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if known else None


def _row_of(price_used: dict[str, Any] | None) -> set[int]:
    """Return the number of the price that an attempt was priced by, if it was."""
    if not price_used or "price" not in price_used:
        return set()
    return {price_used["price"]}


def _state_in(price_used: dict[str, Any] | None) -> str | None:
    """Return whether a price is one, or says that it is free."""
    state: str | None = (price_used or {}).get("state")
    return state
