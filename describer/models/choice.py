"""The answers of a description."""

from typing import Any

from django.db import models

from describer.models.description import Description
from describer.models.statements import INSERT_CHOICE

RENDERED = ("rendered_lead", "rendered_page")


class _ChoiceManager(models.Manager["Choice"]):
    """Leaves out what was rendered, which is asked for where it is shown: exports would read all words twice."""

    def get_queryset(self) -> "models.QuerySet[Choice]":
        return super().get_queryset().defer(*RENDERED)


class Choice(models.Model):
    """One of the `n` answers of a description, as it came. `reasoning` is kept apart: a thought is not an answer.

    `rendered_lead` and `rendered_page` keep what lists and its page show of it, with the renderer that made it.
    """

    description = models.ForeignKey(Description, models.CASCADE, related_name="choices", db_index=False)
    index = models.PositiveSmallIntegerField()
    content = models.TextField(null=True, blank=True)
    finish_reason = models.CharField(max_length=100, null=True, blank=True)
    refusal = models.TextField(null=True, blank=True)
    tool_calls = models.JSONField(null=True, blank=True)
    reasoning = models.TextField(null=True, blank=True)
    rendered_lead = models.JSONField(null=True, blank=True, editable=False)
    rendered_page = models.JSONField(null=True, blank=True, editable=False)

    objects = _ChoiceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("description", "index"), name="choice_index_once")]

    def __str__(self) -> str:
        return f"choice {self.index} of description {self.description_id}"

    def keep(self) -> None:
        """Write the answer down."""
        INSERT_CHOICE(self)

    @classmethod
    def keep_rendered(cls, column: str, made: "dict[int, dict[str, Any]]") -> None:
        """Keep what was rendered of these choices, by their ids; of one that is gone nothing is kept."""
        rows = [cls(pk=pk, **{column: rendered}) for pk, rendered in made.items()]
        cls.objects.bulk_update(rows, [column])
