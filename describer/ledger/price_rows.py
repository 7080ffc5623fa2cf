"""New rows of prices, and how they are written for scripts. No row is ever changed or taken away."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from describer.db.clock import clock
from describer.db.exact_decimal import digits_of
from describer.errors import Refusal
from describer.models import Price
from describer.models.price import in_force

Key = tuple[str, str]


def new_price(**values: Any) -> Price:
    """Return a price that is not written yet; it begins now, unless it is told when. Raises Refusal."""
    values["begins"] = values.get("begins") or clock.now()
    price = Price(**values)
    try:
        price.full_clean()
    except ValidationError as error:
        name, (message, *_) = next(iter(error.message_dict.items()))
        param = "from" if name == "begins" else name
        raise Refusal(f"{param}: {message}", code="invalid_value", param=param) from error
    return price


def add_price(**values: Any) -> Price:
    """Write a price down. Raises Refusal."""
    price = new_price(**values)
    price.save(force_insert=True)
    return price


def values_of(price: Price) -> dict[str, Any]:
    """Return a price as scripts are told it, but for its number and time: amounts as text."""
    amounts = {name: digits_of(amount) for name, amount in price.amounts.items()}
    return {"endpoint": price.endpoint, "model": price.model, "state": price.state, **amounts}


class Timelines:
    """Rows by what they are for, one after the other, as they are and as more would make them."""

    def __init__(self, rows: Iterable[Price]) -> None:
        self.rows: dict[Key, list[Price]] = defaultdict(list)
        for row in rows:
            self.rows[row.key].append(row)

    def before(self, price: Price) -> Price | None:
        """Return the row that counts when this one begins, without this one."""
        others = (row for row in self.rows[price.key] if row is not price)
        return in_force(others, price.begins)

    def ends(self, price: Price) -> datetime | None:
        """Return when a row stops to count; None while nothing follows it, its beginning where another took its place."""
        later = [
            row.begins
            for row in self.rows[price.key]
            if (row.begins, row.pk or 0) > (price.begins, price.pk or 0)
        ]
        return min(later, default=None)

    def add(self, price: Price) -> None:
        self.rows[price.key].append(price)


Change = tuple[Price, Price | None]


def changes_of(prices: Iterable[Price]) -> list[Change]:
    """Return which of these prices would change something, each with what counts in its place now."""
    timelines = Timelines(Price.objects.all())
    return list(_changing(timelines, sorted(prices, key=lambda price: price.begins)))


def _changing(timelines: Timelines, prices: Iterable[Price]) -> Iterator[Change]:
    for price in prices:
        before = timelines.before(price)
        if price.says_as(before):
            continue
        timelines.add(price)
        yield price, before


def write_prices(changes: Iterable[Change]) -> None:
    """Write all of these prices, or none."""
    with transaction.atomic():
        Price.objects.bulk_create([price for price, _ in changes], 500)
