"""A list of descriptions: what it is narrowed to, and its pages by key."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BeforeValidator, Field

from describer.api.access import owner_of
from describer.db.row_id import BIGGEST_ID
from describer.desk.filters import OPEN, Selection
from describer.engine.submit import Refusal
from describer.models import ApiKey, Description, Status, Via
from describer.search import index
from describer.search.matching import newest_first, older_than
from describer.search.query import read_query


def _set_or_none(value: Any) -> Any:
    """Return None for an empty query parameter, which counts as not set."""
    if value == "":
        return None
    return value


Unset = BeforeValidator(_set_or_none)
Cursor = Annotated[str, Field(pattern=r"^\d{1,18}$")]
_Model = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(max_length=150)]
_Number = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
_State = Literal["queued", "waiting", "running", "done", "failed", "cancelled", "open"]
_Flag = Literal["cut_off", "refused", "empty", "changed"]
_SEARCH = (
    "Only those that hold these words in question, answer, names of files or tags: all of them, the last one's beginning. "
    '`"a phrase"`, `-not`, `file:scan`, `tag:harbour`, `model:gpt`, `is:failed` narrow further.'
)
_WHOSE = (
    "For admins' keys: the name or id of the person whose descriptions to list; empty for everybody's. "
    "Without it a list holds your own."
)


class Filters(Schema):
    """What a list is narrowed to."""

    status: Annotated[_State | None, Unset] = Field(
        None, description="Only those in this state; `open` are all that are not at their end."
    )
    model: Annotated[_Model | None, Unset] = Field(None, description="Only those asked of this model.")
    via: Annotated[Via | None, Unset] = Field(None, description="Only those that came in this way.")
    key: Annotated[_Number | None, Unset] = Field(
        None, description="Only those asked with the key of this id."
    )
    first: Annotated[Day | None, Unset] = Field(
        None, alias="from", description="Only those asked on this day or later, in the site's time zone."
    )
    last: Annotated[Day | None, Unset] = Field(
        None, alias="to", description="Only those asked on this day or earlier."
    )
    favourite: bool = Field(False, description="Only favourites.")
    tag: Annotated[_Model | None, Unset] = Field(None, description="Only those with this tag.")
    preset: Annotated[_Model | None, Unset] = Field(
        None, description="Only those asked by the preset of this name."
    )
    trashed: bool = Field(False, description="Only those in the trash; without it none of them.")
    flag: Annotated[_Flag | None, Unset] = Field(
        None,
        description="Only those whose answer was cut off, refused or empty, or that were asked otherwise than wanted.",
    )
    q: Annotated[str | None, Unset] = Field(None, max_length=10_000, description=_SEARCH)
    user: Name | None = Field(None, description=_WHOSE)


class ListQuery(Filters):
    """A page of them."""

    limit: int = Field(20, ge=1, le=100, description="How many at most.")
    cursor: Annotated[Cursor | None, Unset] = Field(None, description="`next` of the page before.")


def selected(key: ApiKey, filters: Filters) -> Any:
    """Return the descriptions that the filters leave of what the key may see, newest first.

    Raises Refusal.
    """
    in_order(filters.first, filters.last)
    selection = Selection(
        owner=owner_of(key, filters.user),
        statuses=_statuses(filters.status),
        model=filters.model or "",
        via=filters.via or "",
        key=filters.key or 0,
        first=filters.first,
        last=filters.last,
        favourite=filters.favourite,
        tag=filters.tag or "",
        preset=filters.preset or "",
        trashed=filters.trashed,
        flag=filters.flag or "",
        query=read_query(filters.q or ""),
    )
    return newest_first(selection.rows().select_related("owner", "endpoint"))


def _statuses(state: _State | None) -> tuple[Status, ...]:
    """Return the statuses that a state stands for; none of them for None, which narrows nothing."""
    if state is None:
        return ()
    if state == "open":
        return OPEN
    return (Status(state),)


def in_order(first: date | None, last: date | None) -> None:
    """Raise Refusal when the days are the wrong way round."""
    if first and last and first > last:
        raise Refusal("The day `from` comes after the day `to`.", code="invalid_value", param="from")


def older(rows: Any, cursor: str | None) -> Any:
    """Return what comes after a page: page after page costs the same, however long the history."""
    if not cursor:
        return rows
    return older_than(rows, int(cursor))


def list_page(rows: Any, query: ListQuery) -> tuple[Sequence[Description], str | None]:
    """Return the rows of one page, and the cursor of the next page if there is one."""
    with index.loss_told():
        fetched = list(older(rows, query.cursor)[: query.limit + 1])
    page = fetched[: query.limit]
    following = None
    if len(fetched) > query.limit:
        following = str(page[-1].pk)
    return page, following
