"""What `manage.py usage` prints: totals under the names that people know their groups by."""

from dataclasses import dataclass

from describer.ledger.totals import Breakdown, Totals
from describer.models import ApiKey, User
from describer.templatetags.figures import money

BY = {"day": "day", "model": "model", "user": "owner", "key": "key", "endpoint": "endpoint"}
HEADS = ["Asks", "Calls", "Failed", "Input", "Output", "Tokens", "Cost"]
_NONE = {"user": "nobody", "key": "no key (pages)"}


@dataclass(frozen=True)
class UsageLine:
    """The totals of one group under its name."""

    name: str
    totals: Totals

    @property
    def cells(self) -> list[str]:
        """Return name and figures for people."""
        return [self.name, *cells_of(self.totals)]


def cells_of(totals: Totals) -> list[str]:
    """Return the figures for people, in the order of HEADS; a dash where no price is set."""
    counts = (
        totals.asks,
        totals.attempts,
        totals.failed,
        totals.prompt_tokens,
        totals.completion_tokens,
        totals.total_tokens,
    )
    cost = "-" if totals.known_cost is None else money(totals.known_cost)
    return [*(f"{count:,}" for count in counts), cost]


def lines_of(breakdown: Breakdown, by: str) -> list[UsageLine]:
    """Return a line for each group: days in their order, all else with the most tokens first."""
    groups = sorted(breakdown.groups.items()) if by == "day" else breakdown.ranked()
    if by not in _NONE:
        return [UsageLine(str(group), totals) for group, totals in groups]
    names = _names(by)
    return [UsageLine(names.get(row_id) or _unnamed(by, row_id), totals) for row_id, totals in groups]


def _unnamed(by: str, row_id: int) -> str:
    """Name the group of a row that is gone, or of none."""
    return f"{by} {row_id}, gone" if row_id else _NONE[by]


def _names(by: str) -> dict[int, str]:
    """Return names of people or keys by id. Two keys may have one name, but no two have the same prefix."""
    if by == "user":
        return dict(User.objects.values_list("pk", "username"))
    keys = ApiKey.objects.values_list("pk", "name", "prefix")
    return {row_id: f"{prefix}… {name}" for row_id, name, prefix in keys}
