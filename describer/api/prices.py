"""Prices for admins' scripts: listed, added, and calls of the past priced anew by them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from describer.api.auth import administering, caller
from describer.api.errors import Error
from describer.api.price_schema import PriceIn, PriceList, PriceOut, RepricedOut, RepriceIn
from describer.ledger import price_rows
from describer.ledger.repricing import reprice
from describer.lib.route_traits import EXPORT, Body, route
from describer.models import Price

router = Router(tags=["Prices"], auth=administering)
_ERRORS: dict[int, Any] = {401: Error, 403: Error}


@router.get("/prices", response={200: PriceList} | _ERRORS, summary="List prices", by_alias=True)
def prices_index(request: HttpRequest) -> PriceList:
    """List all rows, also those that do not count yet or any more: of one endpoint and pattern, in the order of time."""
    return PriceList(items=[PriceOut.of(row) for row in Price.objects.all()])


@router.post("/prices", response={201: PriceOut, 400: Error} | _ERRORS, summary="Add a price", by_alias=True)
def prices_create(request: HttpRequest, body: PriceIn) -> Status[PriceOut]:
    """Add a row. No row is ever changed: what is to be otherwise, from a time on, is a new one."""
    values = body.dict() | {"begins": _aware(body.begins), "made_by": caller(request).user_id}
    return Status(201, PriceOut.of(price_rows.add_price(**values)))


@router.post(
    "/prices/reprice", response={200: RepricedOut, 400: Error} | _ERRORS, summary="Price past calls anew"
)
@route(replace(EXPORT, body=Body.WORDS))
def prices_reprice(request: HttpRequest, body: RepriceIn) -> RepricedOut:
    """Tell what the calls sent since `from` would cost by the prices of now; with `apply`, make it so.

    Each day is done whole or not at all, with a line that says who did it, when, from which to which. After an
    interruption do it again: days that are done do not change any more.
    """
    begins = _aware(body.begins) or timezone.now()
    return RepricedOut.of(reprice(begins, apply=body.apply, made_by=caller(request).user_id))


def _aware(moment: datetime | None) -> datetime | None:
    """Take a time without its zone as one of the site's."""
    if moment is None or moment.tzinfo:
        return moment
    return timezone.make_aware(moment)
