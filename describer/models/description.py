"""Descriptions: one ask and its answer in one row. What it shows its model is in description_image.py, its answers in choice.py."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from describer.models.attempt import Attempt
from describer.models.comparison import Comparison
from describer.models.description_rows import DescriptionQuerySet, letting_go
from describer.models.endpoint import Endpoint
from describer.models.person import ApiKey
from describer.models.preset import NAME_CHARACTERS
from describer.models.statements import (
    BEGIN_CALL,
    ENDED,
    RUN_TO,
    SELECT_LINKS,
    SELECT_PICTURES,
    WAIT_INLINE,
    WAITED,
)
from describer.models.states import Lane, Status, Via, ViaPolicy
from describer.models.webhook import tell_webhooks

if TYPE_CHECKING:
    from describer.models.description_image import DescriptionImage, DescriptionLink
    from describer.models.tag import DescriptionTag

UNLEASED: dict[str, Any] = {"lease_token": "", "lease_until": None}


class Description(models.Model):
    """One ask and its answer: images + question + model + parameters -> choices. The job and the result in one row.

        queued -> running -> done | failed | cancelled
           ^         |
           +- waiting (until `not_before`, or, without one, until its endpoint is open again)
        a lease that ran out: running -> queued

    One that somebody waits for in this process (our own endpoint, the shell) is born running, and keeps its lease while it
    waits; when that process dies it has failed.

    Every change of state is a conditional update whose row count is checked. `trashed` is when it was put into the trash:
    it was cancelled before, where it was not at its end.
    """

    shown_tags: "list[DescriptionTag]"  # where they were looked up

    FINAL = (Status.DONE, Status.FAILED, Status.CANCELLED)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="descriptions", db_index=False
    )
    via = models.CharField(max_length=10, choices=Via.choices, default=Via.PAGE)
    key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, blank=True)
    endpoint = models.ForeignKey(Endpoint, models.PROTECT)
    question = models.TextField()
    system_prompt = models.TextField(blank=True)
    model = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict, blank=True)
    preset = models.CharField(max_length=NAME_CHARACTERS, default="", db_default="", blank=True)
    variables = models.JSONField(null=True, blank=True)
    is_plain = models.BooleanField(default=False, db_default=False, editable=False)
    favourite = models.BooleanField(default=False, db_default=False)
    kept = models.PositiveSmallIntegerField(default=0, db_default=0)
    flags = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    trashed = models.DateTimeField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices, default=Lane.INTERACTIVE)
    turn = models.BigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    calls = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    waiting_reason = models.TextField(blank=True)
    lease_token = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    submit_token = models.CharField(max_length=255, null=True, blank=True)
    submit_hash = models.CharField(max_length=64, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    comparison = models.ForeignKey(
        Comparison, models.SET_NULL, null=True, blank=True, related_name="descriptions", db_index=False
    )
    variant = models.PositiveSmallIntegerField(default=0, db_default=0)
    long_side = models.PositiveIntegerField(null=True, blank=True)
    follows = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="followed_by")
    # The number of its conversation's first description, 0 in that one; it stays when the first is deleted.
    root = models.BigIntegerField(default=0, db_default=0, editable=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    objects = DescriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("owner", "submit_token", "position"), name="one_ask_per_submit_token"
            )
        ]
        indexes = [
            models.Index(fields=("owner", "id"), name="description_owner"),
            models.Index(fields=("owner", "model", "id"), name="description_owner_model"),
            models.Index(fields=("owner", "status", "model", "id"), name="description_owner_status"),
            models.Index(fields=("created",), name="description_created"),
            models.Index(
                fields=("owner", "id"), name="description_not_done", condition=~models.Q(status="done")
            ),
            models.Index(
                fields=("owner", "id"), name="description_favourite", condition=models.Q(favourite=True)
            ),
            models.Index(fields=("owner", "id"), name="description_flags", condition=models.Q(flags__gt=0)),
            models.Index(
                fields=("owner", "preset", "id"),
                name="description_preset",
                condition=~models.Q(preset=""),
            ),
            models.Index(
                fields=("comparison", "variant"),
                name="description_comparison",
                condition=models.Q(comparison__isnull=False),
            ),
            models.Index(
                fields=("owner", "id"), name="description_trash", condition=models.Q(trashed__isnull=False)
            ),
            # Whose time there is over, and what one act put there.
            models.Index(
                fields=("trashed",), name="description_trashed", condition=models.Q(trashed__isnull=False)
            ),
            models.Index(
                fields=("root", "id"), name="description_conversation", condition=models.Q(root__gt=0)
            ),
            # Everybody's that is not at its end, for admins.
            models.Index(
                fields=("id",),
                name="description_open",
                condition=models.Q(status__in=("queued", "waiting", "running")),
            ),
            models.Index(
                fields=("lane", "turn", "id"), name="description_next", condition=models.Q(status="queued")
            ),
            # Behind another endpoint's shut gate.
            models.Index(
                fields=("endpoint", "lane", "turn", "id"),
                name="description_next_of",
                condition=models.Q(status="queued"),
            ),
            models.Index(
                fields=("owner", "lane", "turn"),
                name="description_owner_turn",
                condition=models.Q(status="queued"),
            ),
            models.Index(
                fields=("not_before",), name="description_due", condition=models.Q(status="waiting")
            ),
            models.Index(
                fields=("lease_until",), name="description_lease", condition=~models.Q(lease_token="")
            ),
        ]

    def __str__(self) -> str:
        return f"description {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("description", args=[self.pk])

    @property
    def first(self) -> int:
        """Return the number of the first description of its conversation, which may be its own."""
        return self.root or self.pk

    @property
    def policy(self) -> ViaPolicy:
        """Return how asks of its way in are treated."""
        return Via(self.via).policy

    @property
    def streams_words(self) -> bool:
        """Tell whether its calls are streamed, for whoever looks at a page meanwhile."""
        return self.policy.is_watched and self.endpoint.streams_pages

    @property
    def is_final(self) -> bool:
        return self.status in self.FINAL

    @cached_property
    def shown_pictures(self) -> "list[DescriptionImage]":
        """Return the pictures in the order in which the model is sent them, with image and sent copy.

        Read once. Lists prefetch them into this name, a birth sets it, and `del` makes the next look read them again.
        """
        return SELECT_PICTURES(description=self.pk)

    @cached_property
    def shown_links(self) -> "list[DescriptionLink]":
        """Return the links in their order; read once, as the pictures are."""
        return SELECT_LINKS(description=self.pk)

    @property
    def waiting_links(self) -> "list[DescriptionLink]":
        """Return the links whose pictures were not fetched yet, in order. A done description has none."""
        return [] if self.status == Status.DONE else self.bare_links

    @property
    def bare_links(self) -> "list[DescriptionLink]":
        """Return the links that no picture came from: yet, or at all where their endpoint is sent links as they are."""
        there = {shown.position for shown in self.shown_pictures}
        return [link for link in self.shown_links if link.position not in there]

    def reread(self, *fields: str) -> None:
        """Read the row again, or these fields of it; a row that was deleted meanwhile was cancelled before."""
        try:
            self.refresh_from_db(fields=fields or None)
        except Description.DoesNotExist:
            self.status = Status.CANCELLED

    def begin_call(self, token: str) -> bool:
        """Count one call more; False when the run lost its lease or was cancelled."""
        return bool(BEGIN_CALL(pk=self.pk, token=token))

    def attempts(self) -> "models.QuerySet[Attempt]":
        """Return the description's lines in the ledger, in order."""
        return Attempt.objects.filter(description=self.pk).order_by("number")

    def may_be_billed(self) -> bool:
        """Tell whether a call of it is, or may be, on the bill."""
        return self.attempts().exclude(billed=Attempt.Billed.NO).exists()

    def cancel(self) -> bool:
        """Cancel the ask if it is not at its end. The lease stays: a call under way is still accounted for."""
        open_states = (Status.QUEUED, Status.WAITING, Status.RUNNING)
        return self._move(open_states, status=Status.CANCELLED, finished=timezone.now())

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the description with what it alone had."""
        with letting_go(Description.objects.filter(pk=self.pk)):
            return super().delete(*args, **options)

    def hold(self, reason: str, not_before: datetime | None = None) -> bool:
        """Move the ask from queued to waiting: until a time, or, without it, until its endpoint is open again."""
        return self._move(
            (Status.QUEUED,), status=Status.WAITING, waiting_reason=reason, not_before=not_before
        )

    def run_to(self, token: str, status: Status, **values: Any) -> bool:
        """End or interrupt the run that holds `token`; False when that run lost its lease or was cancelled."""
        values |= UNLEASED | {"status": status}
        if status in self.FINAL:
            values["finished"] = timezone.now()
        held = {name: getattr(self, name) for name in ENDED}
        with transaction.atomic(savepoint=False):
            moved = bool(RUN_TO(pk=self.pk, token=token, **held | values))
            if moved:
                self._set(**values)
        return moved

    def wait_inline(self, token: str, **values: Any) -> bool:
        """Move the run from running to waiting under the same lease: its caller waits in this process."""
        held = {name: getattr(self, name) for name in WAITED}
        values |= {"status": Status.WAITING}
        moved = bool(WAIT_INLINE(pk=self.pk, token=token, **held | values))
        if moved:
            self._set(**values)
        return moved

    def resume(self, token: str) -> bool:
        """Move the run from waiting under this lease to running; False when it was cancelled."""
        values: dict[str, Any] = {"status": Status.RUNNING, "waiting_reason": "", "not_before": None}
        waiting = Description.objects.filter(pk=self.pk, status=Status.WAITING, lease_token=token)
        moved = bool(waiting.update(**values))
        if moved:
            self._set(**values)
        return moved

    def release(self, token: str) -> None:
        """Give up the lease of a run that is over, whatever the row's state is by now."""
        Description.objects.filter(pk=self.pk, lease_token=token).update(**UNLEASED)

    def _move(self, states: tuple[Status, ...], **values: Any) -> bool:
        with transaction.atomic(savepoint=False):
            moved = bool(Description.objects.filter(pk=self.pk, status__in=states).update(**values))
            if moved:
                self._set(**values)
        return moved

    def _set(self, **values: Any) -> None:
        """Take on what was just written, and tell webhooks of an end in the transaction that brought it."""
        for name, value in values.items():
            setattr(self, name, value)
        if self.is_final:
            tell_webhooks(self)
