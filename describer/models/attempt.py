"""Attempts: the lines of the ledger."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from describer.db.clock import clock
from describer.models.endpoint import SANDBOX
from describer.models.statements import COMPLETE_ATTEMPT, COMPLETED, INSERT_ATTEMPT


class CostState(models.TextChoices):
    """What is known of a cost. Unpriced: no price was set, or what was used is not known; unknown: perhaps billed."""

    PRICED = "priced"
    FREE = "free"
    UNPRICED = "unpriced"
    UNKNOWN = "unknown"


class Attempt(models.Model):
    """One HTTP call to an endpoint on behalf of a description, written before the call is sent.

    Plain numbers and names, no foreign keys (0 = none): deleting a description takes pictures and words, while the
    ledger keeps its numbers. Rows are added and completed only, never deleted.

        sent -> answered (a whole 2xx came, readable or not)
             -> refused  (any other HTTP reply, or no connection)
             -> unknown  (sent, and no whole reply) -> answered, if the reply comes after all: it was paid
    """

    class State(models.TextChoices):
        SENT = "sent"
        ANSWERED = "answered"
        REFUSED = "refused"
        UNKNOWN = "unknown"

    class Billed(models.TextChoices):
        NO = "no"
        YES = "yes"
        UNKNOWN = "unknown"

    description = models.BigIntegerField(db_index=True)
    owner = models.BigIntegerField(default=0)
    key = models.BigIntegerField(default=0)
    endpoint = models.CharField(max_length=100)
    model_asked = models.CharField(max_length=200)
    model_answered = models.CharField(max_length=200, blank=True)
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENT)
    sent = models.DateTimeField(default=timezone.now, db_index=True)
    answered = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    changed = models.JSONField(default=list, blank=True)
    prompt_tokens = models.BigIntegerField(null=True, blank=True)
    completion_tokens = models.BigIntegerField(null=True, blank=True)
    total_tokens = models.BigIntegerField(null=True, blank=True)
    estimated_usage = models.JSONField(null=True, blank=True)
    raw_usage = models.JSONField(null=True, blank=True)
    pictures = models.PositiveIntegerField(
        null=True, blank=True
    )  # as sent; those of a conversation's earlier turns, too
    cost = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    price_used = models.JSONField(null=True, blank=True)
    billed = models.CharField(max_length=10, choices=Billed.choices, default=Billed.UNKNOWN)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("description", "number"), name="attempt_number_once")]
        indexes = [
            models.Index(fields=("sent",), name="attempt_open", condition=models.Q(state="sent")),
            models.Index(fields=("sent",), name="attempt_sent"),  # the last minute's, for a limit a minute
            models.Index(fields=("owner", "sent"), name="attempt_owner"),
            # Few, and counted on each look at usage.
            models.Index(
                fields=("owner", "sent"), name="attempt_maybe_billed", condition=models.Q(billed="unknown")
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of description {self.description}"

    @property
    def usage(self) -> dict[str, int | None] | None:
        """Return the tokens that the endpoint reported, or None; never an estimate."""
        if self.total_tokens is None and self.prompt_tokens is None and self.completion_tokens is None:
            return None
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
        }

    @property
    def seconds(self) -> float | None:
        """Return how long the endpoint took, in seconds; None while no reply has come."""
        return (self.answered - self.sent).total_seconds() if self.answered else None

    @property
    def may_be_billed(self) -> bool:
        """Tell whether the call was sent, and nobody knows whether it is on the bill."""
        return self.state != self.State.SENT and self.billed == self.Billed.UNKNOWN

    @property
    def cost_state(self) -> CostState | None:
        """Return what is known of the cost; None while the call is under way. What is on no bill is free."""
        if self.state == self.State.SENT:
            return None
        if self.endpoint == SANDBOX or self.billed == self.Billed.NO:
            return CostState.FREE
        if self.billed == self.Billed.UNKNOWN:
            return CostState.UNKNOWN
        if self.cost is None:
            return CostState.UNPRICED
        if (self.price_used or {}).get("state") == CostState.FREE:
            return CostState.FREE
        return CostState.PRICED

    def complete(self, state: "Attempt.State", **values: Any) -> "Attempt.State | None":
        """Write what the call came to; return the state it had, or None when it was complete before.

        A call given up as unknown may still be completed by its late reply: it was paid. `answered` is now, if not given.
        """
        held = {name: getattr(self, name) for name in COMPLETED}
        written = held | {"answered": clock.now()} | values | {"state": state}
        for before in (self.State.SENT, self.State.UNKNOWN):
            if COMPLETE_ATTEMPT(pk=self.pk, before=before, **written):
                self._set(**written)
                return before
        return None

    def send(self) -> None:
        """Write the call as `sent`, to be committed before its bytes leave."""
        self.sent = clock.now()
        INSERT_ATTEMPT(self)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def sent_before(moment: datetime) -> "models.QuerySet[Attempt]":
    """Return the attempts still open that were sent before `moment`."""
    return Attempt.objects.filter(state=Attempt.State.SENT, sent__lt=moment)


def cost_state_of(attempts: Iterable[Attempt]) -> CostState:
    """Return what is known of the cost of several calls together: the least that is known of any."""
    states = {attempt.cost_state for attempt in attempts}
    for state in (CostState.UNKNOWN, CostState.UNPRICED, CostState.PRICED):
        if state in states:
            return state
    return CostState.FREE
