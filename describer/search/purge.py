"""Words of deleted descriptions leave the index's file, too: FTS5 notes that an entry is gone, and keeps its words until it merges.

All of it merged at once takes ten seconds at a million descriptions, and nobody could write meanwhile. So it is merged
in steps: some at the deletion, which is all of it for a small index, and the rest by upkeep. PostgreSQL's own vacuum
does that there.
"""

import logging
import time

from django.db import DatabaseError, connection, transaction

from describer.models import SearchGap

logger = logging.getLogger(__name__)

_PAGES = 200  # of the index, written in one transaction
_SECONDS = 0.3
_UNCHANGED = 2  # fewer rows are written by a step with nothing left to do


def purge_words() -> None:
    """Merge for a moment, if words of deleted descriptions are left in the index."""
    left = list(SearchGap.objects.left_words().order_by("pk").values_list("pk", flat=True))
    if not left:
        return
    ends = time.monotonic() + _SECONDS
    try:
        _merge(-_PAGES)  # all that is there by now, not only what FTS5 would merge by itself
        while time.monotonic() < ends:
            if not _merge(_PAGES):
                SearchGap.objects.filter(pk__in=left).delete()
                return
    except DatabaseError as error:  # a broken index is made anew, without these words
        logger.warning("words of deleted descriptions stay in the index for now: %s", error)


def _merge(pages: int) -> bool:
    """Merge so many pages, fewer than none of all segments; tell whether there was something to merge."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = connection.connection.total_changes
        cursor.execute("INSERT INTO describer_search (describer_search, rank) VALUES ('merge', %s)", [pages])
        changes: int = connection.connection.total_changes - before
    return changes >= _UNCHANGED
