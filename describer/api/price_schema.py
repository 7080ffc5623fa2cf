"""The JSON of prices and of re-pricing."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from ninja import Schema
from pydantic import BaseModel, BeforeValidator, Field

from describer.ledger.price_rows import values_of
from describer.ledger.repricing import Repriced, total_of
from describer.ledger.totals import cost_of
from describer.models import Price


def _exact(value: Any) -> Any:
    """Take a number as text, or a whole one: what JSON reads of another is a float, which is not exact."""
    if isinstance(value, float | bool):
        raise ValueError('write it as text, like "0.15"')
    return value


Amount = Annotated[Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False)]
_PER_MILLION = "For a million tokens, as text."


class PriceIn(Schema):
    """A new row; what counts now stays as it is until `from`."""

    model: str = Field(
        description="A model's name; `*` stands for any letters. The most exact pattern counts."
    )
    endpoint: str = Field("", description="The name of the endpoint that it is for; empty: any.")
    state: Price.State = Field(Price.State.PRICED, description="`free` has no amounts.")
    input: Amount = Field(Decimal(0), description=_PER_MILLION)
    cached_input: Amount = Field(
        Decimal(0), description=f"Of the prompt's tokens those cached. {_PER_MILLION}"
    )
    output: Amount = Field(Decimal(0), description=f"Thoughts are output. {_PER_MILLION}")
    picture: Amount = Field(Decimal(0), description="For each picture that is sent, as text.")
    request: Amount = Field(Decimal(0), description="For each call that is billed, as text.")
    begins: datetime | None = Field(
        None,
        alias="from",
        description="From when it counts; without it, now. Earlier: for what is re-priced.",
    )


class PriceOut(BaseModel):
    """A row of prices; amounts are in the site's currency (`CURRENCY`)."""

    id: int
    endpoint: str
    model: str
    state: Price.State
    input: str
    cached_input: str
    output: str
    picture: str
    request: str
    begins: datetime = Field(alias="from")
    source: Price.Source = Field(description="`typed`, or read from a `file` or from LiteLLM's `map`.")

    @classmethod
    def of(cls, row: Price) -> Self:
        """Return the JSON of a price."""
        return cls(id=row.pk, source=Price.Source(row.source), **{"from": row.begins}, **values_of(row))


class PriceList(BaseModel):
    items: list[PriceOut]


class RepriceIn(Schema):
    """From when on calls are priced anew, and whether that is done or only told."""

    begins: datetime = Field(alias="from", description="Calls sent since then.")
    apply: bool = Field(False, description="True: it is done, each day whole or not at all.")


class RepricedItem(BaseModel):
    day: date
    model: str
    before: str | None
    after: str | None


class RepricedOut(BaseModel):
    """What changes: calls whose cost is another, and their sums; null where no cost was, or is, known."""

    calls: int
    before: str | None
    after: str | None
    by: list[RepricedItem]

    @classmethod
    def of(cls, found: Sequence[Repriced]) -> Self:
        """Return the JSON of what re-pricing changes."""
        return cls(
            calls=sum(one.calls for one in found),
            before=cost_of([total_of(one.before for one in found)]),
            after=cost_of([total_of(one.after for one in found)]),
            by=[
                RepricedItem(
                    day=one.day, model=one.model, before=cost_of([one.before]), after=cost_of([one.after])
                )
                for one in found
            ],
        )
