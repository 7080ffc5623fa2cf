"""All that a list holds in one reply: JSON lines or CSV, written piece by piece, so that its length costs no memory."""

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
from describer.engine.submit import Refusal
from describer.serializers import DescriptionOut, serialize

router = Router(tags=["Descriptions"])
PIECE = 50  # descriptions; they may hold long texts
LINES, CSV = "application/x-ndjson", "text/csv; charset=utf-8"
RESPONSES: dict[int, Any] = dict.fromkeys((400, 401, 403, 429), Error)
Write = Callable[[Sequence[DescriptionOut]], str]


class ExportQuery(Filters):
    """The same filters as a list has."""

    cursor: Annotated[Cursor | None, Unset] = Field(
        None, description="Go on behind this id, where an export broke off: the last one that came whole."
    )


def file_of(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What a successful reply is, for OpenAPI."""
    return {"responses": {200: {"description": "OK", "content": {media_type: {"schema": schema}}}}}


@router.get(
    "/descriptions.jsonl",
    response=RESPONSES,
    summary="Export descriptions as JSON lines",
    openapi_extra=file_of(LINES, {"$ref": "#/components/schemas/DescriptionOut"}),
)
def lines(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """All that a list with these filters holds, newest first; each line is exactly the JSON of a description.

    A reply that breaks off has lost nothing but its end: go on with `cursor`.
    """
    return _streamed(request, query, _json_lines, LINES, "descriptions.jsonl")


@router.get(
    "/descriptions.csv",
    response=RESPONSES,
    summary="Export descriptions as CSV",
    openapi_extra=file_of(CSV, {"type": "string"}),
)
def rows(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """The same as a table in UTF-8 with a line of names, one row for each description.

    A text that begins as a formula does (`=`, `+`, `-`, `@`, a tab or a new line, also after blanks or quotes) is led by an
    apostrophe, so that no spreadsheet runs it; for exact texts take JSON lines. `answer` is the first choice,
    `more_answers` a JSON list of the others. Of usage and cost, what is not known is empty.
    """
    return _streamed(request, query, _csv_lines, CSV, "descriptions.csv", before=csv_export.head())


def _json_lines(found: Sequence[DescriptionOut]) -> str:
    return "".join(json.dumps(one.model_dump(), cls=NinjaJSONEncoder) + "\n" for one in found)


def _csv_lines(found: Sequence[DescriptionOut]) -> str:
    return "".join(map(csv_export.row, found))


def _streamed(
    request: HttpRequest, query: ExportQuery, write: Write, media_type: str, name: str, before: str = ""
) -> StreamingHttpResponse:
    """The first piece is made before the reply begins, so that what cannot be read is told by a status."""
    key = caller(request)
    parts = _counted(key.user_id, _export_pieces(selected(key, query), query.cursor, write))
    first = before.encode() + next(parts, b"")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_all(first, parts), content_type=media_type, headers=headers)


def _all(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """A generator, since a response closes what can be closed: whoever hangs up counts no longer."""
    yield first
    yield from others


def _export_pieces(rows: Any, cursor: str | None, write: Write) -> Iterator[bytes]:
    """By key, each piece with statements of its own: no transaction is held while a slow reader takes one."""
    while found := list(older(rows, cursor)[:PIECE]):
        cursor = str(found[-1].pk)
        # A lone half of a pair, which JSON can escape and UTF-8 cannot write, becomes a question mark.
        yield write(serialize(found)).encode(errors="replace")


under_way: Counter[int] = Counter()
lock = threading.Lock()


def _counted(owner: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    with _one_of(owner):
        yield from parts


@contextmanager
def _one_of(owner: int) -> Iterator[None]:
    """One export of this person's, until it is read or given up. Raises Refusal (429) for one too many in this process."""
    most = settings.EXPORTS_PER_PERSON
    with lock:
        if under_way[owner] >= most:
            words = f"{most} exports of yours are under way already; try again when one is done."
            raise Refusal(words, code="rate_limit_exceeded", status=429, retry_after=10)
        under_way[owner] += 1
    try:
        yield
    finally:
        with lock:
            under_way[owner] -= 1
            if not under_way[owner]:
                del under_way[owner]
