"""What a receiver is told: what became of which description, and what it cost. Words and pictures are asked for by API."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from describer import usage
from describer.models import Description, WebhookDelivery

FINISHED, TEST = "description.finished", "webhook.test"


def body_of(delivery: WebhookDelivery) -> bytes | None:
    """The JSON of a delivery; None when its description was deleted meanwhile."""
    told = None
    if not delivery.is_test:
        rows = Description.objects.filter(pk=delivery.description, owner=delivery.webhook.owner_id)
        row = rows.select_related("endpoint").first()
        if row is None:
            return None
        told = _told(row)
    event = {"event": event_of(delivery), "delivery": delivery.pk, "description": told}
    return json.dumps(event, cls=DjangoJSONEncoder).encode()


def event_of(delivery: WebhookDelivery) -> str:
    return TEST if delivery.is_test else FINISHED


def _told(row: Description) -> dict[str, Any]:
    """As GET /api/descriptions/<id> names and writes these."""
    attempts = list(row.attempts())
    return {
        "id": row.pk,
        "status": row.status,
        "via": row.via,
        "endpoint": row.endpoint.name,
        "model": row.model,
        "error": {"code": row.error_code, "message": row.error_message} if row.error_code else None,
        "usage": usage.used(attempts),
        "cost": usage.cost_of(attempt.cost for attempt in attempts),
        "created_at": row.created,
        "finished_at": row.finished,
        "url": f"/api/descriptions/{row.pk}",
    }
