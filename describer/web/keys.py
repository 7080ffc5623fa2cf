"""A person's keys as the account page lists them: what each is limited to, and what was used with it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils import timezone

from describer.models import ApiKey, UsageDay, User
from describer.models.endpoint import SANDBOX


@dataclass
class Used:
    """What was used in a span of days. The cost is 0 where no price is set."""

    asks: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)

    def add(self, day: UsageDay) -> None:
        self.asks += day.asks
        self.tokens += day.total_tokens
        self.cost += day.cost


@dataclass(frozen=True)
class KeyRow:
    key: ApiKey
    today: Used = field(default_factory=Used)
    month: Used = field(default_factory=Used)

    @property
    def is_open(self) -> bool:
        return self.key.revoked is None and not self.key.is_expired


def key_rows(user: User) -> list[KeyRow]:
    """All keys of a person, the newest first, with what was used this month."""
    rows = {key.pk: KeyRow(key) for key in user.api_keys.all()}
    today = timezone.localdate()
    for day in _days(user, today.replace(day=1), today):
        if row := rows.get(day.key):
            row.month.add(day)
            if day.day == today:
                row.today.add(day)
    return list(rows.values())


def _days(user: User, first: date, last: date) -> list[UsageDay]:
    """Of calls with a key. As on the usage page, the sandbox counts only where nothing else was asked."""
    days = list(UsageDay.objects.filter(owner=user.pk, day__range=(first, last)).exclude(key=0))
    real = {day.key for day in days if day.endpoint != SANDBOX}
    return [day for day in days if day.endpoint != SANDBOX or day.key not in real]
