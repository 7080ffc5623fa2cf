"""Webhooks: addresses of a person's that are told when a description of theirs is at its end, and each such telling."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from describer.models.statements import INSERT_DELIVERIES

SECRET_PREFIX = "whsec_"  # noqa: S105  what every secret begins with
WELL: dict[str, Any] = {"failures": 0, "failing_since": None, "rests_until": None, "paused": None, "why": ""}
TOO_OLD = "Not delivered within a day."
CLOSED = "Not delivered: the webhook was paused."


class Webhook(models.Model):
    """An address that is told. The secret signs, so it is stored; it is shown once, and in no list or log.

    `failures` are those in a row; while it `rests_until` a time, nothing is sent to it. `paused`, with the reason in
    `why`, it gets no deliveries any more, until a test that it asked for arrives.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks")
    url = models.TextField()
    secret = models.CharField(max_length=100, editable=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    paused = models.DateTimeField(null=True, editable=False)
    why = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @classmethod
    def issue(cls, owner: Any, url: str) -> "Webhook":
        """A new one with a secret of its own."""
        return cls.objects.create(owner=owner, url=url, secret=SECRET_PREFIX + secrets.token_urlsafe(32))

    def test(self) -> "WebhookDelivery":
        """A delivery about no description; the one that is under way already, if there is one."""
        open_one = self.deliveries.filter(description=0, state=WebhookDelivery.State.PENDING).first()
        return open_one or self.deliveries.create(description=0)

    def be_well(self) -> None:
        """It took a delivery: it is open, and what waited for its rest to end may go."""
        if self._rows.exclude(failures=0, paused=None).update(**WELL):
            self.waiting.filter(tries=0).update(not_before=Now())

    def rest(self, until: datetime) -> None:
        """It failed: all that waits for it waits until then."""
        since = Coalesce(F("failing_since"), Now())
        self._rows.update(failures=F("failures") + 1, failing_since=since, rests_until=until)
        self.waiting.filter(not_before__lt=until).update(not_before=until)

    def pause(self, why: str) -> bool:
        """Send it nothing more, and give up what waits; False when it was paused already."""
        paused = bool(self._rows.filter(paused=None).update(paused=Now(), why=why))
        if paused:
            self.waiting.update(state=WebhookDelivery.State.GIVEN_UP, error=CLOSED)
        return paused

    @property
    def waiting(self) -> "models.QuerySet[WebhookDelivery]":
        """What is to be delivered and not under way just now; tests wait for nothing."""
        return self.deliveries.exclude(description=0).pending().exclude(UNDER_WAY)

    @property
    def _rows(self) -> "models.QuerySet[Webhook]":
        return Webhook.objects.filter(pk=self.pk)


class DeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def pending(self) -> "DeliveryQuerySet":
        return self.filter(state=WebhookDelivery.State.PENDING)

    def due(self) -> "DeliveryQuerySet":
        """What may be sent now with its webhook, the oldest first; of a paused one tests only."""
        sent = Q(webhook__paused=None) | Q(description=0)
        due = self.pending().filter(sent, not_before__lte=Now())
        return due.select_related("webhook").order_by("not_before", "id")

    def old(self, seconds: float) -> "DeliveryQuerySet":
        """Those made before so many seconds, by the database's clock."""
        return self.filter(created__lt=Now() - timedelta(seconds=seconds))

    def hand_back(self) -> int:
        """At the start of the one process that there is: whatever was under way is not any more, and goes again."""
        return self.pending().filter(UNDER_WAY).update(not_before=Now())


class WebhookDelivery(models.Model):
    """What a webhook is told: that a description, a plain number, is at its end. 0 is a test.

        pending -> delivered (a 2xx came)
                -> given_up  (a day of tries, the description or the webhook is gone, or it was a test)

    A try is claimed by moving `not_before` beyond its end and counting it: nobody else takes it meanwhile, and what the
    try came to is written only while `tries` is still its number. A worker that dies leaves it to be tried again.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    # No constraint in the database: a webhook that is removed at that moment must not undo the end of an ask.
    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    description = models.BigIntegerField()
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PENDING, db_default=State.PENDING
    )
    tries = models.PositiveIntegerField(default=0, db_default=0)
    not_before = models.DateTimeField(default=timezone.now, db_default=Now())
    http_status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True, default="", db_default="")
    created = models.DateTimeField(default=timezone.now, db_default=Now(), db_index=True)
    tried = models.DateTimeField(null=True)
    delivered = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ("-id",)
        indexes = [
            models.Index(fields=("webhook", "id"), name="delivery_webhook"),
            models.Index(fields=("not_before",), name="delivery_due", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def is_test(self) -> bool:
        return self.description == 0

    def claim(self, seconds: float) -> bool:
        """Take it for one try that lasts no longer than so many seconds; False when another was quicker."""
        rows = self._rows.filter(not_before__lte=Now())
        lease = {"not_before": Now() + timedelta(seconds=seconds), "tried": Now()}
        claimed = bool(rows.update(tries=self.tries + 1, http_status=None, error="", **lease))
        self.tries += int(claimed)
        return claimed

    def arrive(self, http_status: int) -> bool:
        """pending -> delivered."""
        return self._move(state=self.State.DELIVERED, http_status=http_status, delivered=Now())

    def put_off(self, until: datetime, error: str, http_status: int | None) -> bool:
        """To be tried again, not before then."""
        return self._move(not_before=until, error=error, http_status=http_status)

    def give_up(self, error: str, http_status: int | None = None) -> bool:
        """pending -> given up."""
        return self._move(state=self.State.GIVEN_UP, error=error, http_status=http_status)

    @property
    def _rows(self) -> "models.QuerySet[WebhookDelivery]":
        return WebhookDelivery.objects.pending().filter(pk=self.pk, tries=self.tries)

    def _move(self, **values: Any) -> bool:
        return bool(self._rows.update(**values))


# A try that failed has said why.
UNDER_WAY = Q(tries__gt=0, error="")


def tell_webhooks(description: int, owner: int) -> None:
    """Write down that this person's webhooks are to be told of the end of this description, in the transaction that ends it."""
    INSERT_DELIVERIES(owner=owner, description=description)
