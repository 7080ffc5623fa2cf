"""Spans of days that usage is looked at by: seven days, a calendar month, a calendar year."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
KINDS = {"week": "7 days", "month": "Month", "year": "Year"}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both within it.

    `before` is the span that it is compared with, `than` says so in words.
    """

    kind: str
    title: str
    first: date
    last: date
    before: tuple[date, date]
    than: str

    @property
    def days(self) -> list[date]:
        return [self.first + DAY * number for number in range((self.last - self.first).days + 1)]

    @property
    def earlier(self) -> date:
        """Return a day of the period before this one."""
        return self.first - DAY

    def later(self, today: date) -> date | None:
        """Return a day of the period after this one, if that has begun."""
        if self.last >= today:
            return None
        return self.last + DAY


def period(kind: str, on: date, today: date) -> Period:
    """Return the period of this kind that holds (or, for seven days, ends at) the day `on`.

    A period that is not over yet is compared with just as many days of the period before.
    """
    if kind == "week":
        return _week(on, today)
    if kind == "year":
        return _year(on, today)
    return _month(on, today)


def _week(on: date, today: date) -> Period:
    first = on - 6 * DAY
    before = (first - 7 * DAY, first - DAY)
    title = f"7 days to {on.day} {MONTHS[on.month - 1]} {on.year}"
    if on == today:
        title = "The last 7 days"
    return Period("week", title, first, on, before, "than in the 7 days before")


def _month(on: date, today: date) -> Period:
    first, last = month_of(on)
    before_first, before_last = month_of(first - DAY)
    name = MONTHS[before_first.month - 1]
    title = MONTHS[on.month - 1]
    if on.year != today.year:
        title += f" {on.year}"
    if last < today:
        return Period("month", title, first, last, (before_first, before_last), f"than in {name}")
    until = min(before_first + (today - first), before_last)
    return Period("month", title, first, last, (before_first, until), f"than in the same days of {name}")


def _year(on: date, today: date) -> Period:
    first, last = date(on.year, 1, 1), date(on.year, 12, 31)
    before = (date(on.year - 1, 1, 1), date(on.year - 1, 12, 31))
    if last < today:
        return Period("year", str(on.year), first, last, before, f"than in {on.year - 1}")
    until = (before[0], before[0] + (today - first))
    return Period("year", str(on.year), first, last, until, f"than in the same days of {on.year - 1}")


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of this day's month."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def day_of(text: str, today: date) -> date:
    """Read a day from an address; today when the text is no day.

    Never after today, nor so early that no period lies before it.
    """
    try:
        return max(min(date.fromisoformat(text), today), date(2000, 1, 1))
    except ValueError:
        return today
