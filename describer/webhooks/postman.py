"""Sending what is due, in a thread of each worker process.

Many deliveries are under way at once, so that a slow receiver holds up nobody else's. Each try has a thread
of its own, which touches no row. The round claims, starts, and writes down what came back.
"""

import logging
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import transaction

from describer.db.clock import clock
from describer.db.connections import release
from describer.engine.queue import backoff
from describer.lib.guard import host_of
from describer.models import WebhookDelivery
from describer.models.webhook import TOO_OLD
from describer.webhooks.body import body_of
from describer.webhooks.post import SECONDS, PostResult, post

logger = logging.getLogger(__name__)

_AT_ONCE = 16
EACH = 4  # of them for the webhooks of one person
_CLAIM_SECONDS = SECONDS * 3  # a try ends within a third, and what it came to is written soon after
_MOMENT = 0.2
_DELETED = "The description was deleted before it could be told."
_OVER = "Not delivered: the webhook ended with the key that it was made with, or its person is disabled."
_REFUSED = "It answered 410: it wants no more."
_SEALED = "The site's SECRET_KEY is another one now, and the webhook's secret cannot be read: remove it and make it anew."
_FAILING = "Nothing arrived for three days. The last try: {}"


class Postman:
    """The deliveries that this process has under way, by id, and those that are back."""

    def __init__(self) -> None:
        self.under_way: dict[int, WebhookDelivery] = {}
        self.back: SimpleQueue[tuple[WebhookDelivery, PostResult]] = SimpleQueue()
        self.stopping = threading.Event()

    def deliver(self) -> None:
        """Send and settle until nothing more may be started and nothing comes back within a moment."""
        while self._settle() + self._start():
            pass

    def finish(self) -> None:
        """Start nothing more, and wait for what is under way; what does not end in time is tried again."""
        self.stopping.set()
        while self.under_way:
            time.sleep(0.02)

    def _settle(self) -> int:
        """Write down all that is back, waiting a moment for the first; return how many there were."""
        count, patience = 0, _MOMENT
        release()
        with suppress(Empty):
            while self.under_way:
                delivery, outcome = self.back.get(timeout=patience)
                count, patience = count + 1, 0.0
                try:
                    _record_outcome(delivery, outcome)
                finally:
                    del self.under_way[delivery.pk]
        return count

    def _start(self) -> int:
        """Send what is due, as far as there is room; return how many left the list."""
        room = _AT_ONCE - len(self.under_way)
        if room <= 0 or self.stopping.is_set():
            return 0
        open_ = WebhookDelivery.objects.due().exclude(webhook__owner__in=self._full())
        due = open_.exclude(webhook__in=self._on_trial())[:room]
        return sum(self._sent(delivery) for delivery in due if self._has_room(delivery))

    def _full(self) -> list[int]:
        """Return the people whose webhooks have all the room that they may have."""
        counts = Counter(delivery.webhook.owner_id for delivery in self.under_way.values())
        return [owner for owner, count in counts.items() if count >= EACH]

    def _on_trial(self) -> list[int]:
        """Return the webhooks that failed last and now have a try, whose outcome the next one waits for."""
        return [delivery.webhook_id for delivery in self.under_way.values() if delivery.webhook.failures]

    def _has_room(self, delivery: WebhookDelivery) -> bool:
        on_trial = delivery.webhook_id in self._on_trial()
        return not on_trial and delivery.webhook.owner_id not in self._full()

    def _sent(self, delivery: WebhookDelivery) -> bool:
        if not delivery.claim(_CLAIM_SECONDS):
            return False
        if delivery.webhook.is_over:
            return delivery.give_up(_OVER)
        if not delivery.webhook.secret:
            delivery.webhook.pause(_SEALED)
            return delivery.give_up(_SEALED)
        body = body_of(delivery)
        if body is None:
            return delivery.give_up(_DELETED)
        threading.Thread(target=self._post, args=(delivery, body), name="webhook", daemon=True).start()
        self.under_way[delivery.pk] = delivery
        return True

    def _post(self, delivery: WebhookDelivery, body: bytes) -> None:
        self.back.put((delivery, post(delivery, body)))


postman = Postman()


def _record_outcome(delivery: WebhookDelivery, outcome: PostResult) -> None:
    """Write down what a try came to, of the delivery and of its webhook."""
    webhook, status = delivery.webhook, outcome.http_status
    with transaction.atomic():
        if outcome.arrived:
            if delivery.arrive(status or 0):
                webhook.be_well()
        elif delivery.is_test:
            delivery.give_up(outcome.error, status)
        elif outcome.is_gone:
            delivery.give_up(outcome.error, status)
            webhook.pause(_REFUSED)
        else:
            _put_off(delivery, outcome)
    logger.info(
        "delivery %s to %s: %s",
        delivery.pk,
        host_of(webhook.url),
        outcome.error or status,
        extra={"description": delivery.description},
    )


def _put_off(delivery: WebhookDelivery, outcome: PostResult) -> None:
    """Make all of the webhook's deliveries wait for its rest to end, and this one longer.

    This delivery may be the one that the receiver cannot take.
    """
    webhook, most = delivery.webhook, settings.WEBHOOK_BACKOFF_MOST_SECONDS
    rest = clock.now() + timedelta(seconds=backoff(webhook.failures + 1, most))
    again = rest + timedelta(seconds=backoff(delivery.tries, most))
    delivery.put_off(again, outcome.error, outcome.http_status)
    webhook.rest(rest)
    since = webhook.failing_since
    if since and (clock.now() - since).total_seconds() > settings.WEBHOOK_PATIENCE_SECONDS:
        webhook.pause(_FAILING.format(outcome.error))


def tidy() -> None:
    """Give up what could not be delivered for a day, and forget what is old."""
    deliveries = WebhookDelivery.objects
    late = deliveries.pending().old(settings.WEBHOOK_DELIVERY_SECONDS)
    late.update(state=WebhookDelivery.State.GIVEN_UP, error=TOO_OLD)
    deliveries.all().old(settings.WEBHOOK_KEEP_SECONDS).delete()
