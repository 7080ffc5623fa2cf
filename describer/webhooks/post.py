"""One try of one delivery: bytes and a reply, and no row."""

import logging
import time
from dataclasses import dataclass

from django.conf import settings

from describer import __version__
from describer.lib.deadline import Deadline
from describer.lib.guard import PORTS, GuardedClient, GuardError
from describer.models import WebhookDelivery
from describer.webhooks.signing import SIGNATURE, signature

logger = logging.getLogger(__name__)

SECONDS = 10.0  # for a whole try, the looking up of its name included
_GONE = 410
_OURS = "It could not be sent; the site's log says why."


@dataclass(frozen=True)
class PostResult:
    """What a try came to: the status of a reply, if one came, and why it was no success."""

    http_status: int | None
    error: str = ""

    @property
    def arrived(self) -> bool:
        return not self.error

    @property
    def is_gone(self) -> bool:
        """Tell whether the receiver wants no more."""
        return self.http_status == _GONE


def guarded_client() -> GuardedClient:
    """Return the guarded client as the admin has set it for webhooks."""
    return GuardedClient(ports=PORTS | settings.WEBHOOK_PORTS, trusted=settings.WEBHOOK_NETWORKS)


def post(delivery: WebhookDelivery, body: bytes) -> PostResult:
    """Send a delivery once.

    The address is judged now, whatever it was at other times; no redirect is followed.
    """
    guarded = guarded_client()
    try:
        link = guarded.link(delivery.webhook.url)
        headers = _headers(delivery, body)
        with guarded.ask("POST", link, Deadline(SECONDS, SECONDS, SECONDS), headers, body) as answer:
            # The status says all: a body is not read, however long it is.
            return _outcome(answer.status, link.host)
    except GuardError as error:
        return PostResult(None, error.message)
    except Exception:
        logger.exception("delivery %s could not be sent", delivery.pk)
        return PostResult(None, _OURS)


def _headers(delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Describer/{__version__}",
        "X-Describer-Delivery": str(delivery.pk),
        SIGNATURE: signature(delivery.webhook.secret, body, int(time.time())),
    }


def _outcome(status: int, host: str) -> PostResult:
    if 200 <= status < 300:
        return PostResult(status)
    if 300 <= status < 400:
        return PostResult(status, f"{host} answered {status}; redirects are not followed.")
    return PostResult(status, f"{host} answered {status}.")
