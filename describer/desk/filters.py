"""Which descriptions a list holds: one rule for the history, for scripts and for exports.

At a million rows a page is still one short index range: by key, never an OFFSET and never a count.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from describer.models import Description, Status
from describer.models.description import DescriptionQuerySet

OPEN = (Status.QUEUED, Status.WAITING, Status.RUNNING)
DAY = timedelta(days=1)
SLACK = DAY  # by which the clocks of all processes, and a row's birth and its number, may disagree
BIGGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Selection:
    """What is empty narrows nothing. `owner` None means everybody's, `first` and `last` are days in the site's time zone."""

    owner: int | None = None
    statuses: tuple[Status, ...] = ()
    model: str = ""
    via: str = ""
    key: int = 0
    first: date | None = None
    last: date | None = None

    def rows(self) -> DescriptionQuerySet:
        """The descriptions, in no order yet."""
        rows = Description.objects.all()
        if self.owner is not None:
            # By the key's own person where a key is named: with the rows' owner too, SQLite walks all of the owner's.
            rows = rows.filter(**{"key__user" if self.key else "owner": self.owner})
        if self.statuses:
            rows = rows.filter(status__in=self.statuses)
            if Status.DONE not in self.statuses:
                # Says what the partial index of unfinished rows holds, so that it can be used.
                rows = rows.filter(~Q(status=Status.DONE))
        wanted = {"model": self.model, "via": self.via, "key": self.key}
        rows = rows.filter(**{name: value for name, value in wanted.items() if value})
        return between(rows, self.first, self.last) if self.first or self.last else rows


def between(rows: DescriptionQuerySet, first: date | None, last: date | None) -> DescriptionQuerySet:
    """Those that were asked on these days, both included.

    Numbers follow times but for some slack, so the walk along the key begins and ends near them; without that, a day of
    long ago costs a walk over all that came after it.
    """
    if first:
        start = midnight(first)
        rows = rows.filter(created__gte=start, id__gt=_before(start - SLACK))
    if last:
        end = midnight(last + DAY)
        rows = rows.filter(created__lt=end, id__lt=_after(end + SLACK))
    return rows


def midnight(day: date) -> datetime:
    """When this day begins in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time()))


def _before(moment: datetime) -> int:
    """A number below all that are younger by more than the slack. What a clock wrote that had lost its time does not count."""
    oldest = Description.objects.order_by("id").values_list("created", flat=True).first() or moment
    found = Description.objects.filter(created__gte=oldest, created__lt=moment).order_by("-created")
    return found.values_list("pk", flat=True).first() or 0


def _after(moment: datetime) -> int:
    """A number above all that are older by more than the slack, likewise."""
    found = Description.objects.filter(created__gte=moment, created__lte=timezone.now()).order_by("created")
    return found.values_list("pk", flat=True).first() or BIGGEST_ID
