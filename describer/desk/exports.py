"""All that a list holds in one reply, written piece by piece, so that its length costs no memory."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.http import StreamingHttpResponse
from ninja.responses import NinjaJSONEncoder

from describer.desk import csv_export
from describer.errors import Refusal
from describer.models import Description
from describer.models.description_rows import DescriptionQuerySet
from describer.search import index
from describer.search.matching import newest_first, older_than
from describer.serializers import DescriptionOut, serialize

PIECE = 50  # descriptions; they may hold long texts
Pieces = Iterator[Sequence[Description]]


@dataclass(frozen=True)
class ExportKind:
    """A form in which a list is exported; `write` makes its bytes of the rows, which come piece by piece."""

    name: str
    media_type: str
    write: Callable[[Pieces], Iterator[bytes]]


def exported(owner: int, rows: DescriptionQuerySet, kind: ExportKind, last: int = 0) -> StreamingHttpResponse:
    """Return what a list holds, newest first, behind the description `last` where it is given.

    The first piece is made before the reply begins, so that what cannot be read is told by a status. Raises Refusal.
    """
    rows = newest_first(rows.select_related("owner", "endpoint"))
    parts = _with_place(owner, kind.write(_pieces_of(rows, last)))
    first = next(parts, b"")
    headers = {"Content-Disposition": f'attachment; filename="descriptions.{kind.name}"'}
    return StreamingHttpResponse(_all(first, parts), content_type=kind.media_type, headers=headers)


def _all(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces from a generator, which a response closes: whoever hangs up counts no longer."""
    yield first
    yield from others


def _pieces_of(rows: DescriptionQuerySet, last: int) -> Pieces:
    """Yield pieces along the key, each by statements of its own.

    No transaction is held while a slow reader takes a piece.
    """
    while piece := _piece_after(rows, last):
        last = piece[-1].pk
        yield piece


def _piece_after(rows: DescriptionQuerySet, last: int) -> Sequence[Description]:
    if last:
        rows = older_than(rows, last)
    with index.loss_told():
        return list(rows[:PIECE])


def _json_lines(pieces: Pieces) -> Iterator[bytes]:
    for piece in pieces:
        # A lone half of a pair, which JSON can escape and UTF-8 cannot write, becomes a question mark.
        yield "".join(map(_json_line, serialize(piece))).encode(errors="replace")


def _json_line(description: DescriptionOut) -> str:
    return json.dumps(description.model_dump(), cls=NinjaJSONEncoder) + "\n"


def _csv_lines(pieces: Pieces) -> Iterator[bytes]:
    head = csv_export.head().encode()
    texts = ("".join(map(csv_export.row, serialize(piece))).encode(errors="replace") for piece in pieces)
    yield head + next(texts, b"")
    yield from texts


LINES = ExportKind("jsonl", "application/x-ndjson", _json_lines)
TABLE = ExportKind("csv", "text/csv; charset=utf-8", _csv_lines)

under_way: Counter[int] = Counter()
_lock = threading.Lock()


def _with_place(owner: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    with _place_for(owner):
        yield from parts


@contextmanager
def _place_for(owner: int) -> Iterator[None]:
    """Count an export of this person's until it is read or given up.

    Raises Refusal (429) for one too many in this process.
    """
    most = settings.EXPORTS_PER_PERSON
    with _lock:
        if under_way[owner] >= most:
            message = f"{most} exports of yours are under way already; try again when one is done."
            raise Refusal(message, code="rate_limit_exceeded", status=429, retry_after=10)
        under_way[owner] += 1
    try:
        yield
    finally:
        with _lock:
            under_way[owner] -= 1
            if not under_way[owner]:
                del under_way[owner]
