"""A person's keys as the account page lists them: what each is limited to, and what was used with it."""

from dataclasses import dataclass, field

from django.utils import timezone

from describer.ledger.totals import Totals, totals
from describer.models import ApiKey, User


@dataclass
class KeyRow:
    """A key with what was used with it; of one that only asked the sandbox, what it asked there."""

    key: ApiKey
    today: Totals = field(default_factory=Totals)
    month: Totals = field(default_factory=Totals)
    is_sandbox_only: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether the key opens anything."""
        return self.key.revoked is None and not self.key.is_expired

    def add(self, sums: Totals, *, is_today: bool) -> None:
        """Count what was used on a day of this month."""
        self.month.add(sums)
        if is_today:
            self.today.add(sums)


def key_rows(user: User) -> list[KeyRow]:
    """Return all keys of a person, the newest first, with what was used this month."""
    rows = {key.pk: KeyRow(key) for key in user.api_keys.all()}
    today = timezone.localdate()
    used = totals(today.replace(day=1), today, "key", "day", owner=user.pk)
    for (key, day), sums in used.groups.items():
        if row := rows.get(key):
            row.add(sums, is_today=day == today)
    asked = {key for key, _ in used.groups}
    for (key, day), sums in used.sandbox_groups.items():
        if key not in asked and (row := rows.get(key)):
            row.is_sandbox_only = True
            row.add(sums, is_today=day == today)
    return list(rows.values())
