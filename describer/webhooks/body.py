"""What a receiver is told: what became of which description, and what it cost.

Words and pictures are asked for by API.
"""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from describer.models import Description, WebhookDelivery
from describer.serializers import serialize

_FINISHED, _TEST = "description.finished", "webhook.test"
_TOLD = {
    "id",
    "status",
    "via",
    "endpoint",
    "model",
    "error",
    "usage",
    "cost",
    "created_at",
    "started_at",
    "finished_at",
}


def body_of(delivery: WebhookDelivery) -> bytes | None:
    """Return the JSON of a delivery; None when its description was deleted meanwhile."""
    description = None
    if not delivery.is_test:
        row = Description.objects.filter(pk=delivery.description, owner=delivery.webhook.owner_id).first()
        if row is None:
            return None
        description = _description_part(row)
    event = {"event": event_of(delivery), "delivery": delivery.pk, "description": description}
    return json.dumps(event, cls=DjangoJSONEncoder).encode()  # with times as the API writes them


def event_of(delivery: WebhookDelivery) -> str:
    if delivery.is_test:
        return _TEST
    return _FINISHED


def _description_part(row: Description) -> dict[str, Any]:
    """Return some of the JSON that the description's address in the API answers, and this address."""
    whole = serialize([row])[0]
    return whole.model_dump(include=_TOLD) | {"url": f"/api/descriptions/{row.pk}"}
