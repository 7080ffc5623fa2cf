"""What the site keeps beside a piece's rows so that it need not look at them all: written with them, in one transaction.

Whoever adds a table of this kind, an index of words for instance, adds what a piece comes to in `derive`: rows by table for those
of TABLES, or statements of its own for the descriptions `piece.first` to `piece.last`, in `derive_afterwards`.
"""

from describer.management.fill.asks import FilledPiece
from describer.management.fill.usage import DayCounts
from describer.models import UsageDay


def derive(piece: FilledPiece, counts: DayCounts) -> None:
    """Add to a piece the rows that follow from its rows, before they are written."""
    piece.rows[UsageDay] += counts.take()


def derive_afterwards(piece: FilledPiece) -> None:
    """Write what follows from the rows of a piece, which are written by now, within their transaction: nothing yet."""
