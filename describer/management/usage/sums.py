"""Days of usage added up by what they have in common. Decimal by Decimal: SQLite itself would add costs as floats."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from describer.models import ApiKey, UsageDay, User
from describer.models.endpoint import SANDBOX
from describer.templatetags.figures import money

BY = {"day": "day", "model": "model", "user": "owner", "key": "key", "endpoint": "endpoint"}
NONE = {"user": "nobody", "key": "no key (pages)"}


@dataclass
class Sums:
    """Asks, calls, calls that were not answered, tokens as endpoints reported them, and cost as far as prices are set."""

    asks: int = 0
    attempts: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cost: Decimal = Decimal(0)

    def add(self, day: UsageDay) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(day, one.name))

    @property
    def values(self) -> dict[str, Any]:
        """For programs. The cost is a decimal string; None where no price is set, which is not 0."""
        counts = {one.name: getattr(self, one.name) for one in fields(self)}
        return counts | {"cost": f"{self.cost.normalize():f}" if self.cost else None}

    @property
    def cells(self) -> list[str]:
        """For people."""
        counts = [getattr(self, one.name) for one in fields(self) if one.name != "cost"]
        return [*(f"{count:,}" for count in counts), money(self.cost) if self.cost else "-"]


@dataclass
class Report:
    """Sums by name in the order in which they are shown, of all together, and of the sandbox's part of it."""

    rows: dict[str, Sums] = field(default_factory=dict)
    total: Sums = field(default_factory=Sums)
    sandbox: Sums = field(default_factory=Sums)


def report(days: Iterable[UsageDay], by: str) -> Report:
    """What these days come to, by one of BY: days in their order, all else with the most tokens first."""
    found, groups = Report(), dict[Any, Sums]()
    for day in days:
        groups.setdefault(getattr(day, BY[by]), Sums()).add(day)
        found.total.add(day)
        if day.endpoint == SANDBOX:
            found.sandbox.add(day)
    names = _names(by)
    for one in sorted(groups, key=lambda one: one if by == "day" else (-groups[one].total_tokens, str(one))):
        gone = f"{by} {one}, gone" if one else NONE[by]
        found.rows[names.get(one, gone) if by in NONE else str(one)] = groups[one]
    return found


def _names(by: str) -> dict[int, str]:
    """Names of people and keys. Two keys may have one name, but no two have the same prefix."""
    if by == "user":
        return dict(User.objects.values_list("pk", "username"))
    keys = ApiKey.objects.values_list("pk", "name", "prefix") if by == "key" else []
    return {number: f"{prefix}… {name}" for number, name, prefix in keys}
