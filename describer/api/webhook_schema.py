"""The JSON of webhooks and of their deliveries."""

from datetime import datetime
from typing import Annotated, Self

from ninja import Schema
from pydantic import BaseModel, Field

from describer.api.listing import Cursor, Unset
from describer.lib.guard import LONGEST
from describer.models import Webhook, WebhookDelivery
from describer.webhooks import event_of

_State = WebhookDelivery.State


class WebhookIn(Schema):
    """What a webhook is made of."""

    url: str = Field(
        max_length=LONGEST,
        description="An http or https address. It must lead to a public one, "
        "or to a network that the admin has opened.",
    )


class Paused(BaseModel):
    since: datetime
    reason: str


class WebhookOut(BaseModel):
    """An address that is told of the end of each description."""

    id: int
    url: str
    key: int | None = Field(
        description="The key that it was made with, and ends with; null when a page made it."
    )
    created_at: datetime
    failing_since: datetime | None = Field(
        description="Since when nothing has arrived; null when all is well."
    )
    paused: Paused | None = Field(
        description="Not null: nothing is sent, until a test that you ask for arrives."
    )
    ended_at: datetime | None = Field(
        description="When the key that it was made with was revoked or expired: nothing is sent any more."
    )

    @classmethod
    def of(cls, row: Webhook) -> Self:
        paused = None
        if row.paused:
            paused = Paused(since=row.paused, reason=row.why)
        return cls(
            id=row.pk,
            url=row.url,
            key=row.key_id,
            created_at=row.created,
            failing_since=row.failing_since,
            paused=paused,
            ended_at=row.ended,
        )


class WebhookMade(WebhookOut):
    """A new one."""

    secret: str = Field(description="Signs each delivery. Keep it: it is not shown again.")


class WebhookList(BaseModel):
    items: list[WebhookOut]


class DeliveryOut(BaseModel):
    """One telling. `pending` ones are tried again at `next_try_at` for a day."""

    id: int = Field(description="As in the header `X-Describer-Delivery`; the same with every try.")
    event: str = Field(description="`description.finished` or `webhook.test`.")
    description_id: int | None = Field(description="Null for a test.")
    state: _State
    tries: int
    http_status: int | None = Field(description="Of the last try's reply; null when none came.")
    error: str | None = Field(description="Why the last try failed, or why there are no more.")
    created_at: datetime
    tried_at: datetime | None
    next_try_at: datetime | None = Field(description="Not null while it is `pending`.")
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: WebhookDelivery) -> Self:
        next_try = None
        if row.state == _State.PENDING:
            next_try = row.not_before
        return cls(
            id=row.pk,
            event=event_of(row),
            description_id=row.description or None,
            state=_State(row.state),
            tries=row.tries,
            http_status=row.http_status,
            error=row.error or None,
            created_at=row.created,
            tried_at=row.tried,
            next_try_at=next_try,
            delivered_at=row.delivered,
        )


class DeliveryList(BaseModel):
    items: list[DeliveryOut]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class DeliveryQuery(Schema):
    """What a list is narrowed to."""

    limit: int = Field(20, ge=1, le=100, description="How many at most.")
    cursor: Annotated[Cursor | None, Unset] = Field(None, description="`next` of the page before.")
    state: Annotated[_State | None, Unset] = Field(None, description="Only those in this state.")
