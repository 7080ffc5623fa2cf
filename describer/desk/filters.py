"""Which descriptions a list holds: one rule for the history, for scripts and for exports.

At a million rows a page is still one short index range: by key, never an OFFSET and never a count.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q
from django.utils import timezone

from describer.db.row_id import BIGGEST_ID
from describer.models import Description, Flag, Status
from describer.models.description_rows import DescriptionQuerySet
from describer.models.tag import folded
from describer.search.matching import matching, newer_than, older_than
from describer.search.query import Query

OPEN = (Status.QUEUED, Status.WAITING, Status.RUNNING)
_DAY = timedelta(days=1)
_SLACK = _DAY  # by which the clocks of all processes, and a row's birth and its number, may disagree


@dataclass(frozen=True)
class Selection:
    """What is empty narrows nothing.

    `owner` None means everybody's, `first` and `last` are days in the site's time zone. What is in the trash is in no list
    but in one of the trash alone (`trashed`).
    """

    owner: int | None = None
    statuses: tuple[Status, ...] = ()
    model: str = ""
    via: str = ""
    key: int = 0
    first: date | None = None
    last: date | None = None
    favourite: bool = False
    tag: str = ""
    preset: str = ""
    trashed: bool = False
    flag: str = ""
    query: Query = field(default_factory=Query)

    def rows(self) -> DescriptionQuerySet:
        """Return the descriptions, in no order yet; `listed_by` is what a list is ordered by and read on."""
        rows = Description.objects.untrashed()
        if self.trashed:
            rows = Description.objects.restorable()
        rows = matching(rows, self.query, self.owner)
        if self.owner is not None:
            rows = rows.filter(**{self._owner_column(): self.owner})
        if self.statuses:
            rows = rows.filter(status__in=self.statuses)
            if Status.DONE not in self.statuses:
                # Says what the partial index of unfinished rows holds, so that it can be used.
                rows = rows.filter(~Q(status=Status.DONE))
        if self.tag:
            rows = rows.filter(tagged__tag__folded=folded(self.tag), tagged__tag__owner=F("owner"))
        wanted: dict[str, object] = {
            "model": self.model,
            "via": self.via,
            "key": self.key,
            "favourite": self.favourite,
            "preset": self.preset,
        }
        rows = rows.filter(**{name: value for name, value in wanted.items() if value})
        for flag in filter(None, (self.flag, *self.query.flags)):
            rows = _flagged(rows, Flag[flag.upper()])
        return _between(_narrowed_by(rows, self.query), self.first, self.last)

    def _owner_column(self) -> str:
        """Return the column that names whose rows are meant.

        Where a key is named, this is the key's own person: with the rows' owner too, SQLite walks all of the
        owner's.
        """
        if self.key:
            return "key__user"
        return "owner"


def _flagged(rows: DescriptionQuerySet, flag: Flag) -> DescriptionQuerySet:
    """Return the rows with a flag; that some is set is what the partial index holds."""
    flagged: DescriptionQuerySet = (
        rows.filter(flags__gt=0).alias(bit=F("flags").bitand(flag)).filter(bit__gt=0)
    )
    return flagged


def _narrowed_by(rows: DescriptionQuerySet, query: Query) -> DescriptionQuerySet:
    """Narrow rows by the typed filters of a search; each narrows further."""
    for name in query.values("tag"):
        rows = rows.filter(tagged__tag__folded=folded(name), tagged__tag__owner=F("owner"))
    for name in query.values("model"):
        rows = rows.filter(model__icontains=name)
    for state in query.states:
        if state == "favourite":
            rows = rows.filter(favourite=True)
        elif state == "open":
            rows = rows.filter(status__in=OPEN)
        else:
            rows = rows.filter(status=state)
    return rows


def _between(rows: DescriptionQuerySet, first: date | None, last: date | None) -> DescriptionQuerySet:
    """Return the rows that were asked on these days, both included; a day that is None sets no bound.

    Numbers follow times but for some slack, so the walk along the key begins and ends near them; without
    that, a day of long ago costs a walk over all that came after it.
    """
    if first:
        start = _midnight(first)
        rows = newer_than(rows.filter(created__gte=start), _before(start - _SLACK))
    if last:
        end = _midnight(last + _DAY)
        rows = older_than(rows.filter(created__lt=end), _after(end + _SLACK))
    return rows


def _midnight(day: date) -> datetime:
    """Return when this day begins in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time()))


def _before(moment: datetime) -> int:
    """Return a number below those of all descriptions that are younger by more than the slack.

    A row whose clock had lost its time does not count.
    """
    oldest = Description.objects.order_by("id").values_list("created", flat=True).first() or moment
    older = Description.objects.filter(created__gte=oldest, created__lt=moment).order_by("-created")
    return older.values_list("pk", flat=True).first() or 0


def _after(moment: datetime) -> int:
    """Return a number above those of all descriptions that are older by more than the slack.

    A row from the future does not count.
    """
    younger = Description.objects.filter(created__gte=moment, created__lte=timezone.now()).order_by("created")
    return younger.values_list("pk", flat=True).first() or BIGGEST_ID
