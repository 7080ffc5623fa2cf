"""All that a list holds in one reply: JSON lines or CSV.

The reply is written piece by piece, so that its length costs no memory.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router
from ninja.responses import NinjaJSONEncoder
from pydantic import Field

from describer.api import csv_export
from describer.api.auth import caller
from describer.api.errors import Error
from describer.api.listing import Cursor, Filters, Unset, older, selected
from describer.errors import Refusal
from describer.lib.route_traits import EXPORT, route
from describer.models import Description
from describer.search import index
from describer.serializers import DescriptionOut, serialize

router = Router(tags=["Descriptions"])
PIECE = 50  # descriptions; they may hold long texts
_LINES, _CSV = "application/x-ndjson", "text/csv; charset=utf-8"
_RESPONSES: dict[int, Any] = dict.fromkeys((400, 401, 403, 429), Error)
_Write = Callable[[Sequence[DescriptionOut]], str]


class ExportQuery(Filters):
    """The same filters as a list has."""

    cursor: Annotated[Cursor | None, Unset] = Field(
        None, description="Go on behind this id, where an export broke off: the last one that came whole."
    )


def _reply_of(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Describe a successful reply for OpenAPI."""
    return {"responses": {200: {"description": "OK", "content": {media_type: {"schema": schema}}}}}


@router.get(
    "/descriptions.jsonl",
    response=_RESPONSES,
    summary="Export descriptions as JSON lines",
    openapi_extra=_reply_of(_LINES, {"$ref": "#/components/schemas/DescriptionOut"}),
)
@route(EXPORT)
def lines(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """Export all that a list with these filters holds, newest first.

    Each line is exactly the JSON of a description. A reply that breaks off has lost nothing but its end: go on
    with `cursor`.
    """
    return _streamed(request, query, _json_lines, _LINES, "descriptions.jsonl")


@router.get(
    "/descriptions.csv",
    response=_RESPONSES,
    summary="Export descriptions as CSV",
    openapi_extra=_reply_of(_CSV, {"type": "string"}),
)
@route(EXPORT)
def rows(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """Export the same as a table in UTF-8, with a line of names and one row for each description.

    Every cell is in quotes. A text that begins as a formula does (`=`, `+`, `-`, `@`, a tab or a new line, also after
    quotes, blanks or what is not seen), or holds such a beginning behind a `;`, a tab or a line's end, has an apostrophe
    there, so that no spreadsheet runs it; for exact texts take JSON lines. `answer`
    is the first choice, `more_answers` a JSON list of the others. Of usage and cost, what is not known is empty.
    """
    return _streamed(request, query, _csv_lines, _CSV, "descriptions.csv", before=csv_export.head())


def _json_lines(descriptions: Sequence[DescriptionOut]) -> str:
    return "".join(
        json.dumps(description.model_dump(), cls=NinjaJSONEncoder) + "\n" for description in descriptions
    )


def _csv_lines(descriptions: Sequence[DescriptionOut]) -> str:
    return "".join(map(csv_export.row, descriptions))


def _streamed(
    request: HttpRequest, query: ExportQuery, write: _Write, media_type: str, name: str, before: str = ""
) -> StreamingHttpResponse:
    """Make the first piece before the reply begins, so that what cannot be read is told by a status."""
    key = caller(request)
    parts = _counted(key.user_id, _export_pieces(selected(key, query), query.cursor, write))
    first = before.encode() + next(parts, b"")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_all(first, parts), content_type=media_type, headers=headers)


def _all(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces from a generator, which a response closes: whoever hangs up counts no longer."""
    yield first
    yield from others


def _export_pieces(rows: Any, cursor: str | None, write: _Write) -> Iterator[bytes]:
    """Yield pieces along the key, each by statements of its own.

    No transaction is held while a slow reader takes a piece.
    """
    while piece := _piece_after(rows, cursor):
        cursor = str(piece[-1].pk)
        # A lone half of a pair, which JSON can escape and UTF-8 cannot write, becomes a question mark.
        yield write(serialize(piece)).encode(errors="replace")


def _piece_after(rows: Any, cursor: str | None) -> Sequence[Description]:
    with index.loss_told():
        return list(older(rows, cursor)[:PIECE])


under_way: Counter[int] = Counter()
_lock = threading.Lock()


def _counted(owner: int, parts: Iterator[bytes]) -> Iterator[bytes]:
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
