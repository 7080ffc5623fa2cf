"""Webhooks: addresses of a person's that are told when a description of theirs is at its end, and each such telling."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from describer.db.clock import SLACK_SECONDS
from describer.models.person import ApiKey
from describer.models.sealed import SealedField
from describer.models.statements import INSERT_DELIVERIES

if TYPE_CHECKING:
    from describer.models.description import Description

_SECRET_PREFIX = "whsec_"  # noqa: S105  what every secret begins with
_WELL: dict[str, Any] = {"failures": 0, "failing_since": None, "rests_until": None, "paused": None, "why": ""}
TOO_OLD = "Not delivered within a day."
_CLOSED = "Not delivered: the webhook was paused."


class Webhook(models.Model):
    """An address that is told. The secret signs, so it is stored, sealed; it is shown once, and in no list or log.

    `failures` are those in a row; while it `rests_until` a time, nothing is sent to it. `paused`, with the reason in
    `why`, it gets no deliveries any more, until a test that it asked for arrives.

    One that was made with a key is told of what that key may read, and ends with it; one of a page has none.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks")
    key = models.ForeignKey(ApiKey, models.CASCADE, null=True, editable=False, related_name="webhooks")
    url = models.TextField()
    secret = SealedField(max_length=255, editable=False)
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
    def issue(cls, owner: Any, url: str, key: ApiKey | None = None) -> "Webhook":
        """Make a webhook with a secret of its own."""
        secret = _SECRET_PREFIX + secrets.token_urlsafe(32)
        return cls.objects.create(owner=owner, url=url, key=key, secret=secret)

    @property
    def ended(self) -> datetime | None:
        """Return when the key that the webhook was made with ended, as the webhook did with it."""
        if self.key is None:
            return None
        if self.key.is_expired:
            return self.key.revoked or self.key.expires
        return self.key.revoked

    @property
    def is_over(self) -> bool:
        """Tell whether the webhook is told nothing any more: its key has ended, or its person is disabled."""
        return bool(self.ended) or not self.owner.is_active

    def test(self) -> "WebhookDelivery":
        """Return a delivery about no description: the test under way if there is one, else a new delivery."""
        under_way = self.deliveries.filter(description=0, state=WebhookDelivery.State.PENDING).first()
        return under_way or self.deliveries.create(description=0)

    def be_well(self) -> None:
        """Open the webhook, which took a delivery: what waited for its rest to end may go."""
        if self._rows.exclude(failures=0, paused=None).update(**_WELL):
            self.waiting.filter(tries=0).update(not_before=Now())

    def rest(self, until: datetime) -> None:
        """Let all that waits for the webhook, which failed, wait until then."""
        since = Coalesce(F("failing_since"), Now())
        self._rows.update(failures=F("failures") + 1, failing_since=since, rests_until=until)
        self.waiting.filter(not_before__lt=until).update(not_before=until)

    def pause(self, why: str) -> bool:
        """Send the webhook nothing more, and give up what waits; False when it was paused already."""
        paused = bool(self._rows.filter(paused=None).update(paused=Now(), why=why))
        if paused:
            self.waiting.update(state=WebhookDelivery.State.GIVEN_UP, error=_CLOSED)
        return paused

    @property
    def waiting(self) -> "models.QuerySet[WebhookDelivery]":
        """Return what is to be delivered and not under way just now; tests wait for nothing."""
        return self.deliveries.exclude(description=0).pending().exclude(_UNDER_WAY)

    @property
    def _rows(self) -> "models.QuerySet[Webhook]":
        return Webhook.objects.filter(pk=self.pk)


def _has_come() -> Q:
    """Return deliveries whose time has come, or is further ahead than any rest is long: a wrong clock wrote that."""
    latest = Now() + timedelta(seconds=settings.WEBHOOK_BACKOFF_MOST_SECONDS * 2 + SLACK_SECONDS)
    return Q(not_before__lte=Now()) | Q(not_before__gt=latest)


class DeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def pending(self) -> "DeliveryQuerySet":
        return self.filter(state=WebhookDelivery.State.PENDING)

    def due(self) -> "DeliveryQuerySet":
        """Return the deliveries that may be sent now, the oldest first; of a paused webhook tests only."""
        sent = Q(webhook__paused=None) | Q(description=0)
        due = self.pending().filter(sent, _has_come())
        return due.select_related("webhook__key", "webhook__owner").order_by("not_before", "id")

    def old(self, seconds: float) -> "DeliveryQuerySet":
        """Return the deliveries made before so many seconds, by the database's clock."""
        return self.filter(created__lt=Now() - timedelta(seconds=seconds))

    def hand_back(self) -> int:
        """Let all go again that was under way before the start of the one process that there is."""
        return self.pending().filter(_UNDER_WAY).update(not_before=Now())


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
        """Take the delivery for a try that ends within so many seconds; False when another process was quicker."""
        rows = self._rows.filter(_has_come())
        lease = {"not_before": Now() + timedelta(seconds=seconds), "tried": Now()}
        claimed = bool(rows.update(tries=self.tries + 1, http_status=None, error="", **lease))
        self.tries += int(claimed)
        return claimed

    def arrive(self, http_status: int) -> bool:
        """Move the delivery from pending to delivered."""
        return self._move(state=self.State.DELIVERED, http_status=http_status, delivered=Now())

    def put_off(self, until: datetime, error: str, http_status: int | None) -> bool:
        """Let the delivery be tried again, not before then."""
        return self._move(not_before=until, error=error, http_status=http_status)

    def give_up(self, error: str, http_status: int | None = None) -> bool:
        """Move the delivery from pending to given up."""
        return self._move(state=self.State.GIVEN_UP, error=error, http_status=http_status)

    @property
    def _rows(self) -> "models.QuerySet[WebhookDelivery]":
        return WebhookDelivery.objects.pending().filter(pk=self.pk, tries=self.tries)

    def _move(self, **values: Any) -> bool:
        return bool(self._rows.update(**values))


# A try that failed has said why.
_UNDER_WAY = Q(tries__gt=0, error="")


def tell_webhooks(description: "Description") -> None:
    """Write down that its person's webhooks, as far as each may know of it, are to be told of the description's end.

    It happens in the transaction that ends the description.
    """
    INSERT_DELIVERIES(owner=description.owner_id, key=description.key_id, description=description.pk)
