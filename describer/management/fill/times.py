"""When things were asked: months of time, more by day than by night, more on working days, more each month."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.utils import timezone

DAYS = 365
_HOUR = 3600.0
_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 9, 14, 16, 15, 13, 11, 13, 15, 15, 14, 11, 8, 7, 7, 6, 4, 2)
_WEEKEND = 0.35
_GROWTH = 1.5  # by which the last day is busier than the first, beside it
_EPOCH = datetime(1970, 1, 1)
_QUARTER = 900  # seconds; no time zone is set off by less


def moments(count: int, begin: float, end: float) -> Iterator[float]:
    """Yield so many moments in order, as seconds of the epoch, all before `end`."""
    hours = max(1, int((end - begin) / _HOUR))
    span = (end - begin) / hours
    weights = [_weight(begin + hour * span, hour / hours) for hour in range(hours)]
    step, hour, before = sum(weights) / max(count, 1), 0, 0.0
    for number in range(count):
        place = (number + 0.5) * step
        while before + weights[hour] < place and hour < hours - 1:
            before += weights[hour]
            hour += 1
        yield begin + span * (hour + min((place - before) / weights[hour], 0.999999))


def _weight(second: float, part: float) -> float:
    moment = _EPOCH + timedelta(seconds=second)
    weight = _BY_HOUR[moment.hour] * (1 + _GROWTH * part)
    if moment.weekday() > 4:
        return weight * _WEEKEND
    return weight


def written(second: float) -> str:
    """Write a moment in UTC as both databases take it: SQLite keeps it as text, PostgreSQL's connections are set to UTC."""
    return str(_EPOCH + timedelta(seconds=round(second, 3)))


class LocalDays:
    """Days in the site's time zone, remembered by quarters of an hour."""

    def __init__(self) -> None:
        self.known: dict[int, str] = {}

    def day(self, second: float) -> str:
        """Return the day of a moment, as 2026-01-31."""
        quarter = int(second // _QUARTER)
        if quarter not in self.known:
            moment = datetime.fromtimestamp(quarter * _QUARTER, UTC)
            self.known[quarter] = str(timezone.localdate(moment))
        return self.known[quarter]
