"""Usage by day, model, endpoint, key or person: from the roll-up alone, so a year of it is quick."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from describer.api.access import owner_of
from describer.api.auth import caller
from describer.api.errors import Error
from describer.api.listing import Day, Name, Unset, in_order
from describer.ledger.rollup import cost_of
from describer.models import ApiKey, UsageDay, User

router = Router(tags=["Usage"])
COUNTS = ("attempts", "asks", "failed", "prompt_tokens", "completion_tokens", "total_tokens")
SUMS = {name: Sum(name) for name in (*COUNTS, "cost")}
BEFORE = timedelta(days=29)
By = Literal["day", "model", "endpoint", "key", "user"]
COLUMNS: dict[By, str] = {"user": "owner"}


class UsageQuery(Schema):
    """Whose usage, of which days, in which groups."""

    first: Annotated[Day | None, Unset] = Field(
        None,
        alias="from",
        description="The first day, in the site's time zone; without it, 29 days before the last.",
    )
    last: Annotated[Day | None, Unset] = Field(
        None, alias="to", description="The last day, included; without it, today."
    )
    by: By = Field("day", description="What to sum up by.")
    user: Name | None = Field(
        None,
        description="For admins' keys: the name or id of the person whose usage to tell; empty for everybody's. "
        "Without it you are told your own.",
    )


class Named(BaseModel):
    id: int
    name: str | None = Field(description="Null when it is gone.")


class Sums(BaseModel):
    """What came to pass, as endpoints reported it."""

    attempts: int = Field(description="Calls to an endpoint; an ask may take several.")
    asks: int
    failed: int = Field(description="Calls that were not answered.")
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: str | None = Field(description="A decimal number in text, as far as prices are known; else null.")


class UsageItem(Sums):
    """The sums of one group; of `day`, `model`, `endpoint`, `key` and `user` it has the one that was asked for."""

    day: date | None = None
    model: str | None = None
    endpoint: str | None = None
    key: Named | None = Field(None, description="Null: asked on the pages, with no key.")
    user: Named | None = None


class UsageOut(BaseModel):
    """Days without usage are left out."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    by: By
    items: list[UsageItem] = Field(description="Days in their order; else the most tokens first.")
    total: Sums


@router.get(
    "/usage",
    response={200: UsageOut, 400: Error, 401: Error, 403: Error},
    summary="Usage by day, model, endpoint, key or person",
    exclude_unset=True,
    by_alias=True,
)
def usage(request: HttpRequest, query: Query[UsageQuery]) -> UsageOut:
    """The sums of the ledger, deleted descriptions included. Asks of the sandbox count as endpoint `sandbox`."""
    key = caller(request)
    last = query.last or timezone.localdate()
    first = query.first or last - BEFORE
    in_order(first, last)
    days = UsageDay.objects.filter(day__range=(first, last)).order_by()
    owner = owner_of(key, query.user)
    days = days if owner is None else days.filter(owner=owner)
    return UsageOut(
        **{"from": first, "to": last},
        by=query.by,
        items=_items(days, query.by),
        total=_sums(days.aggregate(**SUMS)),
    )


def _items(days: QuerySet[UsageDay], by: By) -> list[UsageItem]:
    column = COLUMNS.get(by, by)
    groups = list(days.values(column).annotate(**SUMS))
    groups.sort(key=lambda row: row["day"] if by == "day" else (-row["total_tokens"], str(row[column])))
    names = _group_names(by, [row[column] for row in groups])
    return [
        UsageItem(**_sums(row).model_dump(), **{by: _group_name(by, row[column], names)}) for row in groups
    ]


def _group_names(by: By, ids: Iterable[Any]) -> dict[int, str]:
    if by == "user":
        return dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))
    return dict(ApiKey.objects.filter(pk__in=ids).values_list("pk", "name")) if by == "key" else {}


def _group_name(by: By, value: Any, names: dict[int, str]) -> Any:
    """The group's name; 0 is no key."""
    if by not in ("key", "user"):
        return value
    return Named(id=value, name=names.get(value)) if value else None


def _sums(row: dict[str, Any]) -> Sums:
    """Sums of no rows are None; a cost of 0 is one that is not known."""
    return Sums(**{name: row[name] or 0 for name in COUNTS}, cost=cost_of([row["cost"] or None]))
