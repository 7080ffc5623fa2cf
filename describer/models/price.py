"""Prices, dated rows that are never changed, and what re-pricing by them changed."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from describer.db.exact_decimal import ExactDecimalField, digits_of
from describer.models.endpoint import SANDBOX

PATTERN_CHARACTERS = 200
PER_MILLION = ("input", "cached_input", "output")
AMOUNTS = (*PER_MILLION, "picture", "request")


def _amount(words: str) -> "ExactDecimalField":
    return ExactDecimalField(
        words, max_digits=21, decimal_places=12, default=Decimal(0), validators=[MinValueValidator(0)]
    )


class Price(models.Model):
    """What models cost whose names fit a pattern, from a time on, at one endpoint or ("") at any.

    Amounts are in the site's currency: for a million tokens, for a picture, for a request. A row is never changed: a change
    is a new row, and of two with the same beginning the later one counts.
    """

    class State(models.TextChoices):
        PRICED = "priced"
        FREE = "free"

    class Source(models.TextChoices):
        TYPED = "typed"
        FILE = "file"
        MAP = "map"

    endpoint = models.CharField(
        max_length=100, blank=True, help_text="The endpoint's name; empty: any endpoint."
    )
    model = models.CharField(
        max_length=PATTERN_CHARACTERS,
        help_text="A model's name; * stands for any letters. The most exact pattern counts, the endpoint's own before any.",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.PRICED)
    input = _amount("input")
    cached_input = _amount("cached input")
    output = _amount("output")
    picture = _amount("picture")
    request = _amount("request")
    begins = models.DateTimeField("from", default=timezone.now)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.TYPED, editable=False)
    made_by = models.BigIntegerField(default=0, editable=False)  # a person's number, 0 for the shell
    made = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("endpoint", "model", "begins", "id")

    def __str__(self) -> str:
        return f"price of {self.model} from {self.begins:%Y-%m-%d %H:%M}"

    def clean(self) -> None:
        """Refuse what could never be meant."""
        if self.endpoint == SANDBOX:
            raise ValidationError({"endpoint": "The sandbox never costs anything."})
        if not self.model or self.model != "".join(self.model.split()):
            raise ValidationError({"model": "A model's name, or a pattern of it, has no blanks."})
        if self.state == self.State.FREE and any(self.amounts.values()):
            raise ValidationError({"state": "What is free has no amounts."})

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Return the amounts by name."""
        return {name: getattr(self, name) for name in AMOUNTS}

    @property
    def key(self) -> tuple[str, str]:
        """Return what tells this price apart from those of other models: rows of one key follow each other in time."""
        return self.endpoint, self.model

    def says_as(self, other: "Price | None") -> bool:
        """Tell whether another row says the same."""
        return other is not None and (other.state, other.amounts) == (self.state, self.amounts)

    @property
    def kept(self) -> dict[str, Any]:
        """Return what an attempt keeps of the row it was priced by; amounts of 0 are left out."""
        amounts = {name: digits_of(amount) for name, amount in self.amounts.items() if amount}
        row = {"price": self.pk, "endpoint": self.endpoint, "model": self.model, "state": self.state}
        return row | amounts | {"currency": settings.CURRENCY, "from": self.begins.isoformat()}


class Repricing(models.Model):
    """What re-pricing changed of one day: who, when, from which to which. Written in the transaction that changed it."""

    made_by = models.BigIntegerField(default=0)
    made = models.DateTimeField(default=timezone.now, editable=False)
    begins = models.DateTimeField("from")
    day = models.DateField()
    calls = models.PositiveIntegerField()
    before = ExactDecimalField(max_digits=30, decimal_places=10, null=True)
    after = ExactDecimalField(max_digits=30, decimal_places=10, null=True)
    by_model = models.JSONField(default=list)

    class Meta:
        verbose_name = "re-pricing"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"re-pricing of {self.day}"


def in_force(rows: Iterable[Price], moment: datetime) -> Price | None:
    """Return which of the rows of one key counts at a moment."""
    begun = [row for row in rows if row.begins <= moment]
    return max(begun, key=lambda row: (row.begins, row.pk or 0), default=None)
