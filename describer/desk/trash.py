"""The trash: what was put there is in no list any more, can be restored for a while, and is deleted by upkeep after it.

All of it takes rows as an unsliced query set, of any number, and works on them piece by piece, each in a transaction of
its own. What one act put there shares a moment, by which an undo names it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from describer.db.clock import clock
from describer.db.row_id import read_row_id
from describer.engine import events
from describer.media.storage import drop_copies, drop_let_go
from describer.models import Description, DescriptionImage, User
from describer.models.description_rows import DOOMED, DescriptionQuerySet
from describer.search.purge import purge_words

_PIECE = 500
_DELETED_AT_ONCE = 50  # with their files
_PIECES_AT_ONCE = 20
_PATIENCE_SECONDS = 2.0  # whoever deletes for good waits no longer; what is left then, upkeep deletes
_UNIT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Act:
    """What was put into the trash at once: when, and how many descriptions."""

    moment: datetime
    count: int

    @property
    def name(self) -> str:
        """Return what names the act in a form; "" where nothing can be undone."""
        if not (self.count and settings.UNDO_MINUTES):
            return ""
        return str((self.moment - DOOMED) // _UNIT)


def trash(rows: DescriptionQuerySet, moment: datetime | None = None) -> Act:
    """Put descriptions into the trash, or, on a site without one, delete them for good.

    What is under way is cancelled: its call is accounted for, its answer thrown away. `moment` is that of an act which goes
    on.
    """
    moment = moment or clock.now()
    if not settings.UNDO_MINUTES:
        return Act(moment, delete_for_good(rows))
    return Act(moment, sum(_moved(piece, moment) for piece in _in_order(rows.untrashed())))


def restore(rows: DescriptionQuerySet) -> int:
    """Take descriptions out of the trash again, as far as they can be restored; return how many.

    What is older than its person's things are kept becomes a favourite: else it would go back there at once.
    """
    count = 0
    for piece in _in_order(rows.restorable()):
        with transaction.atomic():
            rows = Description.objects.restorable().filter(pk__in=piece)
            _keep_old(rows)
            count += rows.update(trashed=None)
    return count


def restore_act(person: User, name: str) -> list[int]:
    """Undo an act by its name, as far as it was this person's to see; return the numbers of what is back."""
    moment = DOOMED + min(read_row_id(name), 2**57) * _UNIT
    rows = Description.objects.of(person).filter(trashed=moment)
    numbers = list(rows.order_by("pk").values_list("pk", flat=True))
    restore(rows)
    return numbers


def delete_for_good(rows: DescriptionQuerySet) -> int:
    """Delete descriptions for good, those in the trash too; return how many.

    From now on they are there for nobody. Files and words go at once as far as that is done in a moment, the rest by upkeep.
    """
    ends = time.monotonic() + _PATIENCE_SECONDS
    count, waiting = 0, []
    for piece in _in_order(rows.present()):
        count += _moved(piece, DOOMED)
        waiting.extend(piece)
    while waiting and time.monotonic() < ends:
        _delete_piece(Description.objects.filter(pk__in=waiting[:_DELETED_AT_ONCE]))
        waiting = waiting[_DELETED_AT_ONCE:]
    return count


def delete_due() -> int:
    """Delete some of what was in the trash for its time; return how many. It is short, and called again and again."""
    count = 0
    for _ in range(_PIECES_AT_ONCE):
        deleted = _delete_piece(Description.objects.all())
        if not deleted:
            break
        count += deleted
    return count


def _keep_old(rows: DescriptionQuerySet) -> None:
    for person in User.objects.filter(pk__in=rows.values("owner"), retention_begins__lte=clock.now()):
        if person.retention:
            rows.filter(owner=person, created__lt=person.kept_since).update(favourite=True)


def _in_order(rows: DescriptionQuerySet) -> Iterator[list[int]]:
    """Yield the numbers of the rows, the oldest first, so many at once."""
    in_order, last = rows.order_by("pk").values_list("pk", flat=True), 0
    while piece := list(in_order.filter(pk__gt=last)[:_PIECE]):
        yield piece
        last = piece[-1]


def _moved(piece: list[int], moment: datetime) -> int:
    """Put a piece into the trash as of a moment; return how many of it were not deleted meanwhile."""
    with transaction.atomic():
        rows = Description.objects.filter(pk__in=piece)
        for row in rows.exclude(status__in=Description.FINAL).defer(
            "question", "system_prompt", "parameters"
        ):
            if row.cancel():
                events.publish(row)
        if moment == DOOMED:  # the same ask under the same token is a new one from now on
            return rows.present().update(trashed=moment, submit_token=None)
        return rows.untrashed().update(trashed=moment)


def _delete_piece(rows: DescriptionQuerySet) -> int:
    """Delete some of these rows whose time in the trash is over, with their files; return how many.

    What another process is about to delete is left to it.
    """
    with transaction.atomic():
        due = rows.due().select_for_update(skip_locked=True).order_by("trashed")
        piece = list(due.values_list("pk", flat=True)[:_DELETED_AT_ONCE])
        shown = DescriptionImage.objects.filter(description__in=piece)
        files = list(shown.values_list("image", "sent_copy"))
        Description.objects.filter(pk__in=piece).only("pk").delete()
    if piece:
        purge_words()
    drop_let_go({image for image, _ in files})
    drop_copies({copy for _, copy in files if copy})
    return len(piece)
