"""Usage by day, model, endpoint, key or person: from the roll-up alone, so a year of it is quick."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import BaseModel, Field

from describer.api.access import owner_of
from describer.api.auth import caller
from describer.api.errors import Error
from describer.api.listing import Day, Name, Unset, in_order
from describer.ledger.totals import Breakdown, totals
from describer.models import ApiKey, User

router = Router(tags=["Usage"])
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


class SumsOut(BaseModel):
    """What came to pass, as endpoints reported it."""

    attempts: int = Field(description="Calls to an endpoint; an ask may take several.")
    asks: int
    failed: int = Field(description="Calls that were not answered.")
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: str | None = Field(
        description="A decimal number in text, as far as it is known; null where no call has a price, which is not 0."
    )
    priced: int = Field(description="Calls that are in `cost`.")
    free: int = Field(description="Calls that cost nothing: not billed, or free by their price.")
    unpriced: int = Field(description="Calls that `cost` lacks, since no price was set for them.")
    unknown: int = Field(description="Calls that `cost` lacks, since they may be billed or not.")


class UsageItem(SumsOut):
    """The sums of one group; of `day`, `model`, `endpoint`, `key` and `user` it has the one that was asked for."""

    day: date | None = None
    model: str | None = None
    endpoint: str | None = None
    key: Named | None = Field(None, description="Null: asked on the pages, with no key.")
    user: Named | None = None


class UsageReport(BaseModel):
    """Days without usage are left out. The sandbox stands apart: it is in no item and not in the total."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    by: By
    items: list[UsageItem] = Field(description="Days in their order; else the most tokens first.")
    total: SumsOut
    sandbox: SumsOut = Field(description="Asks of the sandbox: no model was asked, and nothing is billed.")


@router.get(
    "/usage",
    response={200: UsageReport, 400: Error, 401: Error, 403: Error},
    summary="Usage by day, model, endpoint, key or person",
    exclude_unset=True,
    by_alias=True,
)
def usage(request: HttpRequest, query: Query[UsageQuery]) -> UsageReport:
    """Tell the sums of the ledger, deleted descriptions included; asks of the sandbox are told apart, as `sandbox`."""
    key = caller(request)
    last = query.last or timezone.localdate()
    first = query.first or last - BEFORE
    in_order(first, last)
    sums = totals(first, last, COLUMNS.get(query.by, query.by), owner=owner_of(key, query.user))
    return UsageReport(
        **{"from": first, "to": last},
        by=query.by,
        items=_items(sums, query.by),
        total=SumsOut(**sums.total.values),
        sandbox=SumsOut(**sums.sandbox.values),
    )


def _items(sums: Breakdown, by: By) -> list[UsageItem]:
    """Return the groups: days in their order, all else with the most tokens first."""
    groups = sorted(sums.groups.items()) if by == "day" else sums.ranked()
    names = _group_names(by, sums.groups)
    return [UsageItem(**group.values, **{by: _group_name(by, value, names)}) for value, group in groups]


def _group_names(by: By, ids: Iterable[Any]) -> dict[int, str]:
    if by == "user":
        return dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))
    if by == "key":
        return dict(ApiKey.objects.filter(pk__in=ids).values_list("pk", "name"))
    return {}


def _group_name(by: By, value: Any, names: dict[int, str]) -> Any:
    """Return the group's name; 0 is no key."""
    if by not in ("key", "user"):
        return value
    return Named(id=value, name=names.get(value)) if value else None
