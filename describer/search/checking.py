"""Whether the index and the rows agree: the newest descriptions and some at random are compared, word by word."""

import random
from collections.abc import Sequence

from django.db import connection

from describer.models import Description
from describer.search.entry import WordEntry, entries_of
from describer.search.index import newest_id
from describer.search.tables import table

_SOME = 200


def disagreeing(some: int = _SOME) -> list[int]:
    """Return the ids of descriptions whose entries are not what their rows say, among so many newest and as many others."""
    newest = newest_id()
    picked = random.sample(range(1, newest + 1), min(some, newest))  # no secret
    rows = {row.pk: row for row in Description.objects.order_by("-pk")[:some]}
    rows |= {row.pk: row for row in Description.objects.filter(pk__in=picked)}
    entries = entries_of([*rows.values()])
    there = _as_written(entries)
    return sorted(entry.description for entry in entries if entry.description not in there)


def _as_written(entries: Sequence[WordEntry]) -> set[int]:
    """Return the ids of those entries that stand in the index as they are given."""
    way, there = table(), set()
    with connection.cursor() as cursor:
        for entry in entries:
            cursor.execute(way.stored, way.row(entry))
            there |= {pk for (pk,) in cursor.fetchall()}
    return there
