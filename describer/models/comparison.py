"""Comparisons: the same pictures and question asked in two to four variants, and which answer was the best."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone


class ComparisonQuerySet(models.QuerySet["Comparison"]):
    def of(self, person: Any) -> "ComparisonQuerySet":
        """Return what this person may see: their own comparisons; an admin sees everybody's."""
        return self if person.is_superuser else self.filter(owner=person)

    def untrashed(self) -> "ComparisonQuerySet":
        """Return those of which not all descriptions are in the trash: what lists and counts hold."""
        rows = apps.get_model("describer.Description")._default_manager.filter(trashed=None)
        return self.filter(Exists(rows.filter(comparison=OuterRef("pk"))))


class Comparison(models.Model):
    """Descriptions of the same pictures, each asked in a variant of its own.

    `variants` say in what each was asked: `{model, preset, parameters, long_side}`, where long values of parameters stand
    in short. `judged` is when a person said which is the best: `winner`, a variant's number from 0, or None for none of
    them; before that both are None.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="comparisons", db_index=False
    )
    question = models.TextField(blank=True)
    variants = models.JSONField(default=list)
    winner = models.PositiveSmallIntegerField(null=True, blank=True)
    judged = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=("owner", "id"), name="comparison_owner"),
            models.Index(
                fields=("owner", "id"), name="comparison_judged", condition=models.Q(judged__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"comparison {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("comparison", args=[self.pk])

    @classmethod
    def held(cls, numbers: Iterable[int]) -> list[int]:
        """Hold these comparisons until the transaction ends, and return their numbers.

        Of two processes that delete the last descriptions of one, the second then sees that none is left.
        """
        known = sorted(set(numbers))
        if not known:
            return []
        rows = cls.objects.select_for_update(no_key=True).filter(pk__in=known).order_by("pk")
        return list(rows.values_list("pk", flat=True))

    @classmethod
    def let_go_of(cls, comparisons: Iterable[int]) -> None:
        """Delete those of these comparisons whose descriptions are all gone."""
        if known := list(comparisons):
            cls.objects.filter(pk__in=known, descriptions=None).delete()

    def judge(self, winner: int | None) -> None:
        """Say which variant is the best, or, with None, that none is; what was said last counts."""
        self.winner, self.judged = winner, timezone.now()
        Comparison.objects.filter(pk=self.pk).update(winner=self.winner, judged=self.judged)
