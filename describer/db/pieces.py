"""All rows of a query set, piece by piece along the key."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

_Row = TypeVar("_Row", bound=Model)
_PIECE = 500


def in_pieces(rows: QuerySet[_Row]) -> Iterator[_Row]:
    """Yield the rows, the newest first, by a statement for each piece.

    Django's `iterator` has a cursor that lies on one connection of the server: a pooler by transactions would give its next
    statement another one, and within a transaction it would keep the server from vacuuming for as long as it is read.
    """
    newest_first = rows.order_by("-pk")
    piece = list(newest_first[:_PIECE])
    while piece:
        yield from piece
        piece = list(newest_first.filter(pk__lt=piece[-1].pk)[:_PIECE])
