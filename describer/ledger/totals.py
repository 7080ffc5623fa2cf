"""What was used, added up in one way for all who tell of it: the page, the account, the API, the command, the admin.

Summed from the roll-up alone, so that a year is quick. Money is Decimal from the column to the last digit. The sandbox
always stands apart: no model was asked there, and nothing costs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from describer.db.decimal_sum import DecimalSum
from describer.models import UsageDay
from describer.models.endpoint import SANDBOX

Group = Any  # the value of the one column that was grouped by, or a tuple of several columns' values
COUNTS = ("attempts", "asks", "failed", "prompt_tokens", "completion_tokens", "total_tokens")
STATES = ("priced", "free", "unpriced", "unknown")
SUMS: dict[str, Aggregate] = {**{name: Sum(name) for name in (*COUNTS, *STATES)}, "cost": DecimalSum("cost")}


@dataclass
class Totals:
    """Calls, asks, calls that were not answered, tokens as endpoints reported them, and cost as far as prices are set.

    The last four count the calls by what is known of their cost.
    """

    asks: int = 0
    attempts: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cost: Decimal = Decimal(0)
    priced: int = 0
    free: int = 0
    unpriced: int = 0
    unknown: int = 0

    def add(self, other: "Totals") -> None:
        """Add the figures of `other` to these."""
        for column in fields(Totals):
            setattr(self, column.name, getattr(self, column.name) + getattr(other, column.name))

    @property
    def answered(self) -> int:
        """Return how many calls were answered."""
        return self.attempts - self.failed

    @property
    def values(self) -> dict[str, Any]:
        """Return the figures for programs; the cost is a decimal string, null where no price is set, which is not 0."""
        figures = {column.name: getattr(self, column.name) for column in fields(Totals)}
        return figures | {"cost": cost_of([self.known_cost])}

    @property
    def known_cost(self) -> Decimal | None:
        """Return the cost; None where nothing is known of it, which is not 0."""
        if self.cost or self.priced or self.free:
            return self.cost
        return None


@dataclass
class Breakdown:
    """Totals by group, of all groups together, and, in none of these, of the sandbox."""

    groups: dict[Group, Totals] = field(default_factory=dict)
    total: Totals = field(default_factory=Totals)
    sandbox: Totals = field(default_factory=Totals)
    sandbox_groups: dict[Group, Totals] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was used at all, not even the sandbox."""
        return not (self.groups or self.sandbox_groups)

    @property
    def is_sandbox_only(self) -> bool:
        """Tell whether the sandbox was asked, and nothing else."""
        return bool(self.sandbox_groups) and not self.groups

    def ranked(self) -> list[tuple[Group, Totals]]:
        """Return the groups, those with the most tokens first; of equals the one whose name comes first."""
        return sorted(self.groups.items(), key=lambda item: (-item[1].total_tokens, str(item[0])))


def totals(first: date, last: date, *by: str, owner: int | None = None, key: int | None = None) -> Breakdown:
    """Sum up the days `first` to `last`, both within it, by columns of UsageDay, in one statement.

    `owner` and `key` narrow it to one person's and one key's usage; without them it is everybody's.
    """
    days = UsageDay.objects.filter(day__range=(first, last))
    if owner is not None:
        days = days.filter(owner=owner)
    if key is not None:
        days = days.filter(key=key)
    breakdown = Breakdown()
    for row in days.order_by().values("endpoint", *by).annotate(**SUMS):
        _count(breakdown, row, by)
    return breakdown


def totals_apart(rows: "QuerySet[Any]", columns: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sum up columns of any rows that name an `endpoint`: those of endpoints, and those of the sandbox."""
    of_sandbox = Q(endpoint=SANDBOX)
    return rows.exclude(of_sandbox).aggregate(**columns), rows.filter(of_sandbox).aggregate(**columns)


def key_total(column: str, *, since: date) -> Coalesce:
    """Return an expression for a list of API keys: what `column` comes to for each key from a day on, sandbox left out.

    It narrows by owner and day, as the roll-up is indexed.
    """
    days = UsageDay.objects.filter(owner=OuterRef("user"), day__gte=since, key=OuterRef("pk"))
    sums = days.exclude(endpoint=SANDBOX).values("key").annotate(sum=Sum(column)).values("sum")
    return Coalesce(Subquery(sums), 0, output_field=IntegerField())


def cost_of(costs: Iterable[Decimal | None]) -> str | None:
    """Return the sum in plain digits, without zeros at its end; None when no cost is known."""
    known = [cost for cost in costs if cost is not None]
    if not known:
        return None
    return f"{sum(known, Decimal()).normalize():f}"


def _count(breakdown: Breakdown, row: dict[str, Any], by: tuple[str, ...]) -> None:
    """Add one row of sums to its group and to the total it belongs to."""
    sums = Totals(**{name: row[name] for name in SUMS})
    group: Group = tuple(row[name] for name in by)
    if len(by) == 1:
        group = group[0]
    groups, total = breakdown.groups, breakdown.total
    if row["endpoint"] == SANDBOX:
        groups, total = breakdown.sandbox_groups, breakdown.sandbox
    groups.setdefault(group, Totals()).add(sums)
    total.add(sums)
