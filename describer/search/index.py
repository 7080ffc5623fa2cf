"""The index is kept: entries are written in the transaction that changes the words, and what lacks one is caught up with.

An index that is lost or broken costs no ask and no answer: it is left alone for a minute, made anew by upkeep, and filled
from the newest description on. A search meanwhile finds what has its entry.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Max

from describer.db.unavailable import is_unavailable
from describer.errors import Refusal
from describer.models import Choice, Description, SearchEntry, SearchGap
from describer.search.entry import WordEntry, answer_words, entries_of, newborn_entry
from describer.search.tables import NAME, drop_table, look_up, make_table, table

logger = logging.getLogger(__name__)

REST_SECONDS = 60.0  # in which a broken index is left alone
PIECE = 200  # descriptions that are caught up with in a transaction
_NEWEST = 2000  # descriptions that are looked through for missing entries


class _Trouble:
    """Since when the index refuses to be written, and the oldest description whose entry it did not take."""

    def __init__(self) -> None:
        self.until = 0.0
        self.oldest: int | None = None

    @property
    def lasts(self) -> bool:
        return time.monotonic() < self.until

    def note(self, number: int, error: Exception | None = None) -> None:
        self.oldest = min(number, self.oldest or number)
        if error:
            self.until = time.monotonic() + REST_SECONDS
            logger.error("the index of words cannot be written, and is left alone for a while: %s", error)

    def over(self) -> None:
        self.until, self.oldest = 0.0, None


trouble = _Trouble()


def write_newborn(rows: Sequence[Description], tags: Iterable[str] = ()) -> None:
    """Write the entries of descriptions that were just born, in the transaction of their birth."""
    _try(rows, lambda: _insert([newborn_entry(row, tags) for row in rows]))


def write_answer(row: Description, choice: Choice | None) -> None:
    """Write the answer of a description into its entry, in the transaction that records the answer."""
    _try([row], lambda: _put_answer(row, choice))


def write(rows: Sequence[Description]) -> None:
    """Write the entries of descriptions anew, as their rows stand in this transaction."""
    _try(rows, lambda: _replace(rows))


def write_entries(entries: Sequence[WordEntry]) -> None:
    """Write entries of descriptions that have none. Raises what the database says."""
    _insert(entries)


def _try(rows: Sequence[Description], work: Callable[[], None]) -> None:
    """Write entries, if the index takes them; nothing else of the transaction is lost where it does not."""
    if not rows:
        return
    oldest = min(row.pk for row in rows)
    if trouble.lasts:
        trouble.note(oldest)
        return
    try:
        with transaction.atomic():
            work()
    except (DatabaseError, InterfaceError) as error:
        if not _is_of_index(error):
            raise
        trouble.note(oldest, error)


def _insert(entries: Sequence[WordEntry]) -> None:
    way = table()
    with connection.cursor() as cursor:
        cursor.executemany(way.insert, [way.row(entry) for entry in entries])


def _replace(rows: Sequence[Description]) -> None:
    SearchEntry.objects.filter(pk__in=[row.pk for row in rows]).delete()
    _insert(entries_of([*Description.objects.filter(pk__in=[row.pk for row in rows])]))


def _put_answer(row: Description, choice: Choice | None) -> None:
    way = table()
    with connection.cursor() as cursor:
        cursor.execute(way.answer, [way.answer_of(answer_words(choice)), row.pk])
        if cursor.rowcount:
            return
    _replace([row])


# Catching up.


def start_over() -> None:
    """Begin the index anew, empty; upkeep fills it."""
    with transaction.atomic():
        drop_table()
        make_table()
        SearchGap.objects.all().delete()
        _leave_gap(0)
    trouble.over()


def catch_up(seconds: float = 0.5) -> int:
    """Mend an index that is lost, then write entries that are missing, for about so many seconds; return how many."""
    _mend()
    written, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        count = _filled()
        if count is None:
            break
        written += count
    return written


def look_for_missing() -> None:
    """Note a gap where one of the newest descriptions has no entry: another version, which knows of no index, asked it."""
    newest = newest_id()
    rows = Description.objects.filter(pk__gt=newest - _NEWEST, pk__lte=newest)
    known = SearchEntry.objects.filter(pk__gt=newest - _NEWEST, pk__lte=newest).values_list("pk", flat=True)
    missing = set(rows.values_list("pk", flat=True)) - set(known)
    if missing:
        _leave_gap(min(missing))


@contextmanager
def loss_told() -> Iterator[None]:
    """Tell who searches while the index is lost or broken that it is being made anew. Raises Refusal (503)."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        if not (_is_of_index(error) and is_lost()):
            raise
        message = (
            "The index of words is being made anew. Searches work again in a few seconds; all else goes on."
        )
        raise Refusal(message, code="search_unavailable", status=503, retry_after=10) from error


def is_lost() -> bool:
    """Tell whether the index cannot be read."""
    try:
        with transaction.atomic():
            look_up()
    except (DatabaseError, InterfaceError) as error:
        if not _is_of_index(error):
            raise
        logger.error("the index of words cannot be read: %s", error)
        return True
    return False


def lacking() -> int:
    """Return how many descriptions are still without an entry, at most."""
    return sum(gap.below - gap.last for gap in SearchGap.objects.to_fill())


def newest_id() -> int:
    """Return the id of the newest description; 0 where there is none."""
    return Description.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _leave_gap(last: int) -> None:
    """Note that descriptions from this number on are to be caught up with."""
    SearchGap.objects.create(last=last, below=newest_id() + 1)


def _mend() -> None:
    """Make an index that is lost or broken anew, and note what it did not take."""
    if is_lost():
        start_over()
    if trouble.oldest is not None and not trouble.lasts:
        oldest = trouble.oldest
        trouble.over()
        _leave_gap(oldest)


def _filled() -> int | None:
    """Fill a piece of a gap, into an index that is made anew where it takes nothing."""
    try:
        return _fill_piece()
    except (DatabaseError, InterfaceError) as error:
        if not _is_of_index(error):
            raise
        logger.error("the index of words is made anew: %s", error)
        start_over()
        return 0


def _is_of_index(error: Exception) -> bool:
    """Tell whether the index is what failed, not the database; SQLite says of a missing table what it says of a locked one."""
    return NAME in str(error) or not is_unavailable(error)


def _fill_piece() -> int | None:
    """Write the entries of the newest piece of a gap; return how many, or None where there is no gap.

    Rows that are being written at this moment are passed over: whoever writes them writes their entries.
    """
    gap = SearchGap.objects.to_fill().order_by("-below").first()
    if gap is None:
        return None
    with transaction.atomic():
        numbers = Description.objects.filter(pk__gte=gap.last, pk__lt=gap.below).order_by("-pk")
        piece = list(numbers.values_list("pk", flat=True)[:PIECE])
        if not _is_taken(gap, piece):
            return 0
        rows = list(
            Description.objects.filter(pk__in=piece).select_for_update(skip_locked=True, of=("self",))
        )
        if rows:
            _replace(rows)
    return len(piece)


def _is_taken(gap: SearchGap, piece: Sequence[int]) -> bool:
    """Take a piece out of a gap; False when another process took it first."""
    same = SearchGap.objects.filter(pk=gap.pk, below=gap.below)
    if not piece or piece[-1] <= gap.last:
        return bool(same.delete()[0]) and bool(piece)
    return bool(same.update(below=piece[-1]))
