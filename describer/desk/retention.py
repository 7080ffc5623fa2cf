"""How long descriptions are kept: what is older goes to the trash, favourites stay, and a person is told before the first time."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from describer.db.clock import clock
from describer.db.pieces import in_pieces
from describer.desk.filters import OPEN, Selection
from describer.desk.trash import trash
from describer.models import User
from describer.models.description_rows import DescriptionQuerySet

_NOTICE = timedelta(days=settings.RETENTION_NOTICE_DAYS)


def retain() -> int:
    """Put into the trash what is older than its person's descriptions are kept; return how many."""
    theirs = Q(retention_days__gt=0) | Q(retention_begins__isnull=False)
    if settings.RETENTION_DAYS:
        theirs |= Q(retention_days=None)
    return sum(_retained(person) for person in in_pieces(User.objects.filter(theirs)))


def is_told(person: User) -> bool:
    """Tell whether pages say that this person's old descriptions will go: in the days before the first time."""
    begins = person.retention_begins
    return bool(person.retention and begins and begins > clock.now())


def _retained(person: User) -> int:
    if not person.retention:
        User.objects.filter(pk=person.pk).update(retention_begins=None, retention_told=None)
        return 0
    if person.retention_begins is None or person.retention < (person.retention_told or 0):
        _tell(person)
        return 0
    if clock.now() < person.retention_begins:
        return 0
    return trash(_older(person)).count


def _tell(person: User) -> None:
    """Let pages tell a person, once something of theirs is near the end of its days, that this begins."""
    if _older(person, _NOTICE).exists():
        rows = User.objects.filter(pk=person.pk, retention_told=person.retention_told)
        rows.update(retention_begins=clock.now() + _NOTICE, retention_told=person.retention)


def _older(person: User, early: timedelta = timedelta()) -> DescriptionQuerySet:
    """Return what of a person's goes to the trash; with `early`, what does within that time. What is under way never does."""
    rows = Selection(
        person.pk
    ).rows()  # not by `last`: a clock that was wrong once shall hide nothing for good
    return rows.filter(~Q(status__in=OPEN), favourite=False, created__lt=person.kept_since + early)
