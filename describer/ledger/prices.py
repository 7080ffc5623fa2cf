"""Which price counts for a call: of a process's table of prices, looked at anew where it may be behind.

A row is never changed, so the table is as good as its last look. A call has to know the rows that begin before it was
sent: those were there by then, or begin earlier than they were made, which is for re-pricing. So a look that is later
than the call was sent is late enough, and one look does for all calls that are under way together.
"""

import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from describer.db.clock import clock
from describer.models import Price
from describer.models.statements import LOOK_AT_PRICES

_MOST_REMEMBERED = 1000  # names that people made up shall not fill the memory


class _PriceLine:
    """The rows of one endpoint and pattern, one after the other in time. Of a larger `rank` is the more exact pattern."""

    def __init__(self, pattern: str, rows: list[Price]) -> None:
        self.first, *self.others = pattern.lower().split("*")
        self.rows = sorted(rows, key=lambda row: (row.begins, row.pk or 0))
        self.begins = [row.begins for row in self.rows]
        stars, letters = len(self.others), len(pattern.replace("*", ""))
        self.rank = (not stars, letters, -stars, pattern)

    def fits(self, model: str) -> bool:
        """Tell whether the pattern stands for this name, in any letter case; no pattern takes longer than its length."""
        name = model.lower()
        if not self.others:
            return name == self.first
        *between, last = self.others
        if not name.startswith(self.first):
            return False
        place = len(self.first)
        for part in between:
            place = name.find(part, place)
            if place < 0:
                return False
            place += len(part)
        return len(name) - len(last) >= place and name.endswith(last)

    def at(self, moment: datetime) -> Price | None:
        """Return the row that counts at a moment: of two with one beginning the later one."""
        place = bisect_right(self.begins, moment)
        return self.rows[place - 1] if place else None


class PriceTable:
    """All prices, to be looked up by endpoint, model and time."""

    def __init__(self, rows: Iterable[Price]) -> None:
        keyed: dict[tuple[str, str], list[Price]] = defaultdict(list)
        for row in rows:
            keyed[row.key].append(row)
        self.lines: dict[str, list[_PriceLine]] = defaultdict(list)
        for (endpoint, pattern), of_key in keyed.items():
            self.lines[endpoint].append(_PriceLine(pattern, of_key))
        for lines in self.lines.values():
            lines.sort(key=lambda line: line.rank, reverse=True)
        self.remembered: dict[tuple[str, str], list[_PriceLine]] = {}

    def find(self, endpoint: str, model: str, moment: datetime) -> Price | None:
        """Return the price of a call: the endpoint's own before any, then the most exact that had begun."""
        fitting = self.remembered.get((endpoint, model))
        if fitting is None:
            fitting = self._remember(endpoint, model)
        for line in fitting:
            row = line.at(moment)
            if row is not None:
                return row
        return None

    def _remember(self, endpoint: str, model: str) -> list[_PriceLine]:
        if len(self.remembered) >= _MOST_REMEMBERED:
            self.remembered.clear()
        offered = [*self.lines.get(endpoint, []), *(self.lines.get("", []) if endpoint else [])]
        fitting = [line for line in offered if line.fits(model)]
        self.remembered[endpoint, model] = fitting
        return fitting


class Prices:
    """The table as this process knows it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Know nothing, as a process that begins."""
        self.table = PriceTable(())
        self.seen: tuple[int | None, int] = (None, 0)
        self.looked = datetime.min.replace(tzinfo=UTC)

    def since(self, sent: datetime) -> PriceTable:
        """Return the table as it was looked at after a call was sent."""
        if self.looked <= sent:
            with self.lock:
                if self.looked <= sent:
                    self._look()
        return self.table

    def now(self) -> PriceTable:
        """Return the table as it stands."""
        with self.lock:
            self._look()
        return self.table

    def _look(self) -> None:
        began = clock.now()
        newest, count = LOOK_AT_PRICES()
        if (newest, count) != self.seen:
            self.table = PriceTable(Price.objects.all())
            self.seen = (newest, count)
        self.looked = began


prices = Prices()
