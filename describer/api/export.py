"""All that a list holds in one reply: JSON lines or CSV."""

from typing import Annotated, Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router
from pydantic import Field

from describer.api.auth import caller
from describer.api.errors import Error
from describer.api.listing import Cursor, Filters, Unset, selected
from describer.desk.exports import LINES, TABLE, ExportKind, exported
from describer.lib.route_traits import EXPORT, route

router = Router(tags=["Descriptions"])
_RESPONSES: dict[int, Any] = dict.fromkeys((400, 401, 403, 429), Error)


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
    openapi_extra=_reply_of(LINES.media_type, {"$ref": "#/components/schemas/DescriptionOut"}),
)
@route(EXPORT)
def lines(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """Export all that a list with these filters holds, newest first.

    Each line is exactly the JSON of a description. A reply that breaks off has lost nothing but its end: go on
    with `cursor`.
    """
    return _streamed(request, query, LINES)


@router.get(
    "/descriptions.csv",
    response=_RESPONSES,
    summary="Export descriptions as CSV",
    openapi_extra=_reply_of(TABLE.media_type, {"type": "string"}),
)
@route(EXPORT)
def rows(request: HttpRequest, query: Query[ExportQuery]) -> StreamingHttpResponse:
    """Export the same as a table in UTF-8, with a line of names and one row for each description.

    Every cell is in quotes. A text that begins as a formula does (`=`, `+`, `-`, `@`, a tab or a new line, also after
    quotes, blanks or what is not seen), or holds such a beginning behind a `;`, a tab or a line's end, has an apostrophe
    there, so that no spreadsheet runs it; for exact texts take JSON lines. `answer`
    is the first choice, `more_answers` a JSON list of the others. Of usage and cost, what is not known is empty.
    """
    return _streamed(request, query, TABLE)


def _streamed(request: HttpRequest, query: ExportQuery, kind: ExportKind) -> StreamingHttpResponse:
    key = caller(request)
    return exported(key.user_id, selected(key, query), kind, int(query.cursor or 0))
