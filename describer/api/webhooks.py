"""Webhooks of one's own: made, listed, removed, tried, and what became of each delivery."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from describer import webhooks
from describer.api.auth import caller, minding_webhooks, seeing_webhooks
from describer.api.errors import Error
from describer.api.webhook_schema import (
    DeliveryList,
    DeliveryOut,
    DeliveryQuery,
    WebhookIn,
    WebhookList,
    WebhookMade,
    WebhookOut,
)
from describer.engine.submit import Refusal
from describer.models import ApiKey, Scope, Webhook, WebhookDelivery
from describer.models.webhook import DeliveryQuerySet

router = Router(tags=["Webhooks"])
_ERRORS: dict[int, Any] = {401: Error, 403: Error}
_ERRORS_OF_ONE = _ERRORS | {404: Error}


@router.get("/webhooks", auth=seeing_webhooks, response={200: WebhookList} | _ERRORS, summary="List webhooks")
def webhooks_index(request: HttpRequest) -> WebhookList:
    """List your own webhooks, the newest first, without their secrets.

    A key without the scope `read` is shown those that were made with it.
    """
    rows = _known_to(caller(request))
    return WebhookList(items=[WebhookOut.of(row) for row in rows])


@router.post(
    "/webhooks",
    auth=minding_webhooks,
    response={201: WebhookMade, 400: Error, 409: Error} | _ERRORS,
    summary="Make a webhook",
)
def webhooks_create(request: HttpRequest, response: HttpResponse, body: WebhookIn) -> Status[WebhookMade]:
    """Have a POST sent to this address from now on, when a description of yours is done, failed or cancelled.

    The `secret` signs each of them. It is in this reply and nowhere else.

    The webhook ends with the key that it was made with. Where that key has no scope `read`, the webhook is told
    only of what was asked with it.
    """
    key = caller(request)
    made = webhooks.make_webhook(key.user, body.url, key)
    response["Cache-Control"] = "no-store"
    return Status(201, WebhookMade(**WebhookOut.of(made).model_dump(), secret=made.secret))


@router.delete(
    "/webhooks/{int:webhook_id}",
    auth=minding_webhooks,
    response={204: None} | _ERRORS_OF_ONE,
    summary="Remove a webhook",
)
def webhook_delete(request: HttpRequest, webhook_id: int) -> Status[None]:
    """Remove a webhook with its deliveries; what was not delivered yet is not delivered any more."""
    own_webhook(caller(request), webhook_id).delete()
    return Status(204, None)


@router.post(
    "/webhooks/{int:webhook_id}/test",
    auth=minding_webhooks,
    response={202: DeliveryOut} | _ERRORS_OF_ONE,
    summary="Try a webhook",
)
def webhook_test(request: HttpRequest, webhook_id: int) -> Status[DeliveryOut]:
    """Send one delivery of the event `webhook.test`, tried once.

    When it arrives, a paused webhook is open again.
    """
    delivery = own_webhook(caller(request), webhook_id).test()
    return Status(202, DeliveryOut.of(delivery))


@router.get(
    "/webhooks/{int:webhook_id}/deliveries",
    auth=seeing_webhooks,
    response={200: DeliveryList, 400: Error} | _ERRORS_OF_ONE,
    summary="List deliveries",
)
def webhook_deliveries(request: HttpRequest, webhook_id: int, query: Query[DeliveryQuery]) -> DeliveryList:
    """List the deliveries of the last thirty days, newest first.

    Pass `next` on as `cursor` for the following page.
    """
    rows = list(_deliveries_of(own_webhook(caller(request), webhook_id), query)[: query.limit + 1])
    page = rows[: query.limit]
    following = None
    if len(rows) > query.limit:
        following = str(page[-1].pk)
    return DeliveryList(items=[DeliveryOut.of(row) for row in page], next=following)


def own_webhook(key: ApiKey, webhook_id: int) -> Webhook:
    """Return the webhook if the key's person, admin or not, has it and the key may know of it. Raises Refusal (404)."""
    webhook = _known_to(key).filter(pk=webhook_id).first()
    if webhook is None:
        raise Refusal("No webhook with this id.", code="not_found", param="id", status=404)
    return webhook


def _known_to(key: ApiKey) -> "QuerySet[Webhook]":
    """Return the webhooks of the key's person; for a key without the scope `read`, those that were made with it."""
    rows = key.user.webhooks.select_related("key", "owner")
    if Scope.READ not in key.scopes:
        rows = rows.filter(key=key)
    return rows


def _deliveries_of(webhook: Webhook, query: DeliveryQuery) -> DeliveryQuerySet:
    rows = WebhookDelivery.objects.filter(webhook=webhook).order_by("-pk")
    if query.cursor:
        rows = rows.filter(pk__lt=int(query.cursor))
    if query.state:
        rows = rows.filter(state=query.state)
    return rows
